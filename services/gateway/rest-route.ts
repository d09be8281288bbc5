import type { IncomingMessage, ServerResponse } from "node:http";
import type { Context, Service } from "moleculer";
import type { WithApollo } from "../../mixins/apollo/apollo.mixin";
import type { Authenticator } from "./authenticate";
import { sendError, sendProblem } from "./rest-problem";
import { allowedMethods, paramsOf, REST_ROUTES, type RestRoute } from "./rest";

interface RestRequest extends IncomingMessage {
	$ctx: Context<unknown, Record<string, unknown>>;
	$params: unknown;
	$alias?: { action: string; method: string };
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

const BODY_BYTES_MAX = 100_000;

/** moleculer-web's route for REST: the same actions, rules and error codes as GraphQL. */
export function restRoute({ meta, addressOf }: Authenticator, cors: object | undefined): Record<string, unknown> {
	return {
		path: "/api",
		mappingPolicy: "restrict",
		mergeParams: false,
		...(cors && { cors }),
		bodyParsers: { json: { limit: BODY_BYTES_MAX } },
		aliases: Object.fromEntries(REST_ROUTES.map(({ method, path, action }) => [`${method} ${path}`, action])),
		onBeforeCall(ctx: Context<unknown, Record<string, unknown>>, _route: unknown, request: RestRequest) {
			Object.assign(ctx.meta, meta(request.headers.authorization, addressOf(request)));
			const { params, query, body } = request.$params as UnmergedParams;
			const key = request.headers["idempotency-key"];
			const idempotencyKey = Array.isArray(key) ? key[0] : key;
			request.$params = paramsOf(routeOf(request), { path: params, query, body: body ?? {}, idempotencyKey });
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
			const known = allowedMethods(request.originalUrl.replace(/^\/api/, ""));
			const isKnown = known.includes(request.method ?? "");
			if (known.length > 0 && !isKnown) return refuseMethod(response, known);
			sendProblem.call(this, request, response, error);
		},
	};
}

function routeOf({ $alias }: RestRequest): RestRoute {
	return REST_ROUTES.find(({ action, method }) => action === $alias?.action && method === $alias.method)!;
}

function refuseMethod(response: ServerResponse, allowed: readonly string[]): void {
	response.setHeader("allow", allowed.join(", "));
	sendError(response, 405, { code: "BAD_USER_INPUT", message: `Only ${allowed.join(", ")} is known here` });
}
