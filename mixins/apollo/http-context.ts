import type { IncomingMessage, ServerResponse } from "node:http";
import { HeaderMap, type ApolloServer } from "@apollo/server";
import { GraphQLError } from "graphql";
import type { Context, Service } from "moleculer";
import type { GraphQLContext } from "./context";
import type { HotQueries } from "./hot-queries";
import type { QueryReader } from "./limits";
import { requestInfo, type Settings } from "./options";
import { retryAfterOf, type Report } from "./report";

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
	hot(): HotQueries | undefined;
}

/** @throws {GraphQLError} for a bad token, say, with the status that the answer gets */
export async function contextOf(
	{ service, settings, report }: HttpParts,
	request: GatewayRequest,
): Promise<GraphQLContext> {
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

/** Services say by meta, as for REST, which headers go with their answer: a cookie, say. */
export function setServicesHeaders({ $ctx }: GatewayRequest, response: ServerResponse): void {
	for (const [name, value] of Object.entries($ctx.meta.$responseHeaders ?? {})) response.setHeader(name, value);
}
