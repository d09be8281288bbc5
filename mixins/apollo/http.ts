import type { IncomingMessage, ServerResponse } from "node:http";
import { HeaderMap, type ApolloServer, type HTTPGraphQLResponse } from "@apollo/server";
import { GraphQLError } from "graphql";
import type { Context, Service } from "moleculer";
import type { GraphQLContext } from "./context";
import type { QueryReader } from "./limits";
import { requestInfo, type Settings } from "./options";
import type { Problem } from "./problem";
import { formatted, retryAfterOf, type Report } from "./report";

/** A request as moleculer-web hands it on. */
export interface GatewayRequest extends IncomingMessage {
	$ctx: Context<unknown, { $responseHeaders?: Record<string, string | string[]> }>;
	body?: unknown;
	query?: Record<string, unknown>;
}

export interface HttpParts {
	service: Service;
	settings: Settings;
	reader: QueryReader;
	report: Report;
	/** The server for the current schema; undefined while there is none at all. Good for this turn of the event loop. */
	apollo(): ApolloServer<GraphQLContext> | undefined;
}

/** Answers one GraphQL request that came over HTTP. */
export async function answerHttp(parts: HttpParts, request: GatewayRequest, response: ServerResponse): Promise<void> {
	const tooComplex = refusalOf(parts, request);
	if (tooComplex) return sendProblem(response, tooComplex);
	const apollo = parts.apollo();
	if (!apollo) return sendProblem(response, parts.report(noSchema()));

	// No await until here: a server that is stopped after a swap finishes what it has begun, but begins nothing.
	const answer = await apollo.executeHTTPGraphQLRequest({
		httpGraphQLRequest: {
			method: request.method ?? "",
			headers: headersOf(request),
			search: /\?.*$/s.exec(request.url ?? "")?.[0] ?? "",
			body: request.body,
		},
		context: () => contextOf(parts, request),
	});
	send(request, response, answer);
}

/** Whatever failed before GraphQL began, such as a body that is no JSON, in the shape that GraphQL clients read. */
export function sendProblem(response: ServerResponse, problem: Problem): void {
	if (response.headersSent) return;
	const retryAfter = retryAfterOf(problem);
	if (retryAfter) response.setHeader("retry-after", retryAfter);
	response.setHeader("cache-control", "no-store");
	response.writeHead(problem.status, { "content-type": "application/json; charset=utf-8" });
	response.end(JSON.stringify({ errors: [formatted(undefined, problem)] }));
}

/** Only too big a query is refused here; any other mistake is Apollo's to explain. */
function refusalOf({ reader, report }: HttpParts, request: GatewayRequest): Problem | undefined {
	const { query, variables } =
		(request.method === "GET" ? request.query : (request.body as Record<string, unknown>)) ?? {};
	if (typeof query !== "string") return undefined;
	try {
		reader.read(query, typeof variables === "string" ? undefined : (variables as Record<string, unknown>));
	} catch (error) {
		const problem = report(error);
		if (problem.code === "QUERY_TOO_COMPLEX") return problem;
	}
	return undefined;
}

async function contextOf({ service, settings, report }: HttpParts, request: GatewayRequest): Promise<GraphQLContext> {
	const ctx = request.$ctx as Context;
	try {
		const meta = await settings.authenticate(ctx, request.headers.authorization, requestInfo(settings, request));
		Object.assign(ctx.meta, meta);
	} catch (error) {
		const problem = report(error, ctx.requestID);
		const { status } = problem;
		const retryAfter = retryAfterOf(problem);
		const headers = new HeaderMap(retryAfter ? [["retry-after", retryAfter]] : []);
		throw new GraphQLError("Not authenticated", {
			originalError: error as Error,
			extensions: { http: { status, headers } },
		});
	}
	return { ctx, service, dataLoaders: new Map() };
}

function headersOf(request: IncomingMessage): HeaderMap {
	const headers = new HeaderMap();
	for (const [name, value] of Object.entries(request.headers)) {
		if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(", ") : value);
	}
	return headers;
}

function send(request: GatewayRequest, response: ServerResponse, { status, headers, body }: HTTPGraphQLResponse): void {
	// The client may have gone while we worked.
	if (response.headersSent || response.destroyed) return;
	if (body.kind !== "complete") throw new Error("graphql 16 answers in one piece");
	response.setHeader("cache-control", "no-store");
	for (const [name, value] of headers) response.setHeader(name, value);
	// Services say by meta, as for REST, which headers go with their answer: a cookie, say.
	for (const [name, value] of Object.entries(request.$ctx.meta.$responseHeaders ?? {})) response.setHeader(name, value);
	response.writeHead(status ?? 200);
	response.end(body.string);
}

function noSchema(): GraphQLError {
	return new GraphQLError("No service has come yet", {
		extensions: { code: "UNAVAILABLE", http: { status: 503 }, retryAfter: 1 },
	});
}
