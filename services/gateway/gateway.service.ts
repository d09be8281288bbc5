import { randomUUID } from "node:crypto";
import fs from "node:fs";
import type { IncomingMessage } from "node:http";
import path from "node:path";
import type { Service, ServiceBroker, ServiceSchema } from "moleculer";
import ApiGateway from "moleculer-web";
import { Apollo, type WithApollo } from "../../mixins/apollo/apollo.mixin";
import { defineService } from "../../mixins/define";
import { projectRoot } from "../../node/project";
import type { Resources } from "../resources";
import { authenticator, type GatewayMeta } from "./authenticate";
import { corsOf, isAllowedOrigin } from "./origins";
import { orderSubscriptions } from "./follow-order";
import { DateTime } from "./gateway.graphql";
import { healthRoute } from "./health-route";
import { sendProblem } from "./rest-problem";
import { restRoute } from "./rest-route";
import { setSecurityHeaders } from "./security-headers";

/** What the handlers of this service find in `this`. */
export type GatewayService = Service & WithApollo;

/** A request id comes from outside into events and logs, so it has to look like one. */
const REQUEST_ID = /^[\w-]{8,64}$/;

/** The one door: GraphQL, REST, subscriptions, the web shop's files, and who is asking. */
export default function gateway({ settings, jwtSecret, missing }: Resources): ServiceSchema {
	let broker: ServiceBroker;
	const { production, http } = settings;
	const who = authenticator(jwtSecret, http.trustedProxies);
	const cors = corsOf(http.corsOrigins);

	return defineService<GatewayService>({
		name: "gateway",
		mixins: [
			Apollo({
				path: "/graphql",
				baseSchema: fs.readFileSync(path.join(projectRoot, "services/gateway/schema.graphql"), "utf8"),
				resolvers: { DateTime, Subscription: orderSubscriptions },
				development: !production,
				authenticate: async (_ctx, authorization, { ip }) => ({ ...who.meta(authorization, ip) }),
				addressOf: who.addressOf,
				allowOrigin: (origin, host) => isAllowedOrigin(origin, host, http.corsOrigins),
				expiresAt: (meta) => (meta as GatewayMeta).callerExpiresAtMs,
				route: cors && { cors },
			}),
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
			routes: [restRoute(who, cors), healthRoute(() => broker, missing)],
			assets: { folder: path.join(projectRoot, "public") },
			rootCallOptions(options: { requestID?: string | undefined }, _request: IncomingMessage) {
				if (!options.requestID || !REQUEST_ID.test(options.requestID)) options.requestID = randomUUID();
			},
		} as object,
		created() {
			broker = this.broker;
			// Before moleculer-web hears of a request, so that its files and refusals have the headers too.
			this.server!.prependListener("request", (_request, response) => setSecurityHeaders(response, production));
		},
	});
}
