import { randomUUID } from "node:crypto";
import fs from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import path from "node:path";
import type { Context, Service, ServiceSchema } from "moleculer";
import ApiGateway from "moleculer-web";
import { Apollo, type WithApollo } from "../../mixins/apollo/apollo.mixin";
import { defineService } from "../../mixins/define";
import { Door, type WithDoor } from "../../mixins/http/door.mixin";
import { projectRoot } from "../../node/project";
import type { Resources } from "../resources";
import { createAdmission } from "./admission";
import { authenticating, type GatewayMeta } from "./authenticate";
import { cookieScheme } from "./cookie-scheme";
import { corsFor, origins } from "./origins";
import { orderSubscriptions } from "./follow-order";
import { rememberEndedSessions, watchEndedSessions } from "./ended-sessions";
import { DateTime } from "./gateway.graphql";
import { eventsDocumentRoute } from "./events-document-route";
import { countForeignTokens } from "./foreign-tokens";
import { watchLoopDelay } from "./loop-delay";
import { healthRoute } from "./health-route";
import { pagesIn, pageStatus, shelvesOf } from "./page-status";
import { believing } from "./proxies";
import { countRefusals } from "./refusals";
import { sendProblem } from "./rest-problem";
import { restDocsRoutes } from "./rest-docs-route";
import { restRoute } from "./rest-route";
import { securityHeaders } from "./security-headers";
import { watchSigningSecrets } from "./signing-secrets";
import { urgencyOf } from "./urgency";
import { webShop, type Serve } from "./web-shop";

/** What the handlers of this service find in `this`. */
export type GatewayService = Service &
	WithApollo &
	WithDoor & {
		endSessions(sessionIds: string[]): void;
		endings: (() => void)[];
		serve: Serve;
	};

type ErrorListener = (request: IncomingMessage, response: ServerResponse, error: unknown) => void;

const moleculerWeb = ApiGateway.methods as unknown as { resolveAlias(url: string, method: string): unknown };

/** A request id comes from outside into events and logs, so it has to look like one. */
const REQUEST_ID = /^[\w-]{8,64}$/;

/** The one door: GraphQL, REST, subscriptions, the web shop's files, and who is asking. */
export default function gateway(
	{ settings, jwtSecret, shopId, missing, absent, publicUrl: shopUrl }: Resources,
	watchDelay: typeof watchLoopDelay = watchLoopDelay,
): ServiceSchema {
	const { production, http, publicUrl, jwtOtherSecret } = settings;
	const secrets = [jwtSecret, ...(jwtOtherSecret ? [jwtOtherSecret] : [])];
	const ended = rememberEndedSessions();
	const proxies = believing(http.trustedProxies);
	const pages = origins({ proxies, publicUrl, others: http.corsOrigins });
	let warn: (message: string) => void = () => undefined;
	const isCookieForHttpsAlone = cookieScheme({
		proxies,
		origins: pages,
		publicUrl: shopUrl,
		warn: (message) => warn(message),
	});
	const authenticate = authenticating({
		secrets,
		shopId,
		foreign: countForeignTokens((message) => warn(message)),
		proxies,
		origins: pages,
		isCookieForHttpsAlone,
		ended,
	});
	const cors = corsFor(http.corsOrigins);
	const refusals = countRefusals();
	const admission = createAdmission({ refused: refusals.count });

	return defineService<GatewayService>({
		name: "gateway",
		mixins: [
			Apollo({
				path: "/graphql",
				baseSchema: fs.readFileSync(path.join(projectRoot, "services/gateway/schema.graphql"), "utf8"),
				resolvers: { DateTime, Subscription: orderSubscriptions },
				development: !production,
				authenticate: async (_ctx, authorization, { request }) => ({ ...authenticate(authorization, request) }),
				addressOf: proxies.addressOf,
				allowOrigin: pages.allows,
				admit: (rootFields) => admission.enter(urgencyOf(...rootFields)),
				expiresAt: (meta) => (meta as GatewayMeta).callerExpiresAtMs,
				route: { use: [cors] },
			}),
			Door({ keepAliveMs: http.keepAliveS * 1_000 }),
			ApiGateway,
		],
		settings: {
			port: http.port,
			ip: http.host,
			logRequest: "debug",
			logResponse: "debug",
			logRequestParams: null,
			logRouteRegistration: "debug",
			onError: sendProblem,
			routes: [
				...restDocsRoutes(path.join(projectRoot, "services/gateway/openapi.json"), { development: !production }),
				eventsDocumentRoute([cors]),
				restRoute({ authenticate, cors, admission }),
				healthRoute({ missing, absent }),
			],
			rootCallOptions(options: { requestID?: string | undefined }, _request: IncomingMessage) {
				if (!options.requestID || !REQUEST_ID.test(options.requestID)) options.requestID = randomUUID();
			},
		} as object,
		methods: {
			/** moleculer-web's takes an OPTIONS that is no preflight for a GET, and would do what that does; HEAD it knows not. */
			resolveAlias(url: string, method = "OPTIONS") {
				const found = moleculerWeb.resolveAlias.call(this, url, method);
				return found || method !== "HEAD" ? found : moleculerWeb.resolveAlias.call(this, url, "GET");
			},
			/** moleculer-web's, with the length, which is all that HEAD learns of a body. */
			encodeResponse(_request: IncomingMessage, response: ServerResponse, data: unknown) {
				const text = JSON.stringify(data);
				response.setHeader("Content-Length", Buffer.byteLength(text));
				return text;
			},
			/** In the place of moleculer-web's, which writes an error for each refusal, and a second one for each fault. */
			errorHandler(request: IncomingMessage, response: ServerResponse, error: unknown) {
				(this as unknown as { sendError: ErrorListener }).sendError(request, response, error);
			},
			/** Their tokens are refused from now on, and their sockets close. */
			endSessions(sessionIds: string[]) {
				const news = new Set(ended.add(sessionIds));
				if (news.size > 0) this.endSockets(({ sessionId }) => news.has(sessionId as string));
			},
		},
		events: {
			"sessions.ended"(ctx: Context<{ sessionIds: string[] }>) {
				this.endSessions(ctx.params.sessionIds);
			},
		},
		started() {
			refusals.show(this.broker);
			this.endings = [
				watchDelay(admission.look),
				watchEndedSessions(this, (sessionIds) => this.endSessions(sessionIds)),
				watchSigningSecrets(this, secrets),
			];
		},
		stopped() {
			for (const end of this.endings ?? []) end();
		},
		created() {
			// Before moleculer-web hears of a request, so that its files and refusals have the headers too.
			this.server!.prependListener("request", securityHeaders({ proxies, publicUrl, production }));
			warn = (message) => this.logger.warn(message);
			// Whatever no route answers.
			const pages = path.join(projectRoot, "dist/public");
			this.serve = webShop(pages, pageStatus(pagesIn(pages), shelvesOf(this.broker, admission)));
		},
	});
}
