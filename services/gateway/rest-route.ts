import type { IncomingMessage, ServerResponse } from "node:http";
import type { ActionParams, Context, Service } from "moleculer";
import { refuseUnusable } from "../../mixins/access/usable";
import type { WithApollo } from "../../mixins/apollo/apollo.mixin";
import { withoutNulls } from "../../mixins/apollo/arguments";
import { jsonBody } from "../../mixins/apollo/json-body";
import type { Admission } from "./admission";
import type { Authenticate } from "./authenticate";
import type { corsFor } from "./origins";
import { refuseMethod, sendProblem } from "./rest-problem";
import { paramsOf, REST_ROUTES, routesAt, type RestRoute } from "./rest";
import { urgencyOf } from "./urgency";

interface RestRequest extends IncomingMessage {
	$ctx: Context<unknown, Record<string, unknown>>;
	$params: unknown;
	$alias?: { action: string; method: string };
	$action?: { params?: ActionParams };
	body?: unknown;
	query: Record<string, unknown>;
	originalUrl: string;
}

/** What moleculer-web puts together when it is told not to merge. */
interface UnmergedParams {
	params: Record<string, string>;
	query: Record<string, unknown>;
	body: unknown;
}

export interface RestParts {
	authenticate: Authenticate;
	cors: ReturnType<typeof corsFor>;
	admission: Admission;
}

const BODY_BYTES_MAX = 100_000;

/** moleculer-web's route for REST: the same actions, rules and error codes as GraphQL. */
export function restRoute({ authenticate, cors, admission }: RestParts): Record<string, unknown> {
	return {
		path: "/api",
		mappingPolicy: "restrict",
		mergeParams: false,
		use: [cors, jsonBody({ bytesMax: BODY_BYTES_MAX, tooLarge: "BAD_USER_INPUT" }), admitting(admission)],
		bodyParsers: false,
		aliases: Object.fromEntries(REST_ROUTES.map(({ method, path, action }) => [`${method} ${path}`, action])),
		onBeforeCall(ctx: Context<unknown, Record<string, unknown>>, _route: unknown, request: RestRequest) {
			Object.assign(ctx.meta, authenticate(request.headers.authorization, request));
			const { params, query, body } = request.$params as UnmergedParams;
			refuseUnusable({ ...query, ...Object(body) });
			const key = request.headers["idempotency-key"];
			const idempotencyKey = Array.isArray(key) ? key[0] : key;
			const given = paramsOf(routeOf(request), { path: params, query, body: body ?? {}, idempotencyKey });
			request.$params = withoutNulls(given, request.$action?.params);
		},
		onAfterCall(
			ctx: Context<unknown, Record<string, unknown>>,
			_route: unknown,
			request: RestRequest,
			_response: unknown,
			data: unknown,
		) {
			const { creates } = routeOf(request);
			if (creates) Object.assign(ctx.meta, { $statusCode: 201, $location: creates(data as { id: string }) });
			return data;
		},
		onError(this: Service & WithApollo, request: RestRequest, response: ServerResponse, error: unknown) {
			const known = routesAt(pathOf(request)).map(({ method }) => method);
			const isKnown = known.some((method) => method === methodOf(request));
			if (known.length > 0 && !isKnown) return refuseMethod(response, known);
			sendProblem.call(this, request, response, error);
		},
	};
}

/** Before anything is asked of a service. An address that nobody answers is as well told so at once. */
function admitting({ enter }: Admission) {
	return (request: RestRequest, response: ServerResponse, next: (error?: unknown) => void): void => {
		const route = routesAt(pathOf(request)).find(({ method }) => method === methodOf(request));
		try {
			if (route) response.once("close", enter(urgencyOf(route.action)));
			next();
		} catch (error) {
			next(error);
		}
	};
}

/** The route's: HEAD is answered as GET, without the body. */
function methodOf({ method }: RestRequest): string | undefined {
	return method === "HEAD" ? "GET" : method;
}

/** Below `/api`, as the routes have it. */
function pathOf({ originalUrl }: RestRequest): string {
	return originalUrl
		.split("?")[0]!
		.replace(/^\/api/, "")
		.replace(/\/+$/, "");
}

function routeOf({ $alias }: RestRequest): RestRoute {
	return REST_ROUTES.find(({ action, method }) => action === $alias?.action && method === $alias.method)!;
}
