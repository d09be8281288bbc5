import type { ServerResponse } from "node:http";
import type { GraphQLContext } from "./context";
import { asGraphQLError, type HotQuery } from "./hot-queries";
import { contextOf, setServicesHeaders, type GatewayRequest, type HttpParts } from "./http-context";
import { formatted } from "./report";

export type Variables = Record<string, unknown>;

interface PlainQuestion {
	operationName: string | undefined;
	variables: Variables;
}

/** What nearly every client sends: JSON that asks for JSON. Whatever else HTTP allows is Apollo's to weigh. */
export function plainQuestion({ headers }: GatewayRequest, asked: Record<string, unknown>): PlainQuestion | undefined {
	const { operationName, variables, extensions } = asked;
	const { accept = "*/*", "content-type": type = "" } = headers;
	if (!type.startsWith("application/json") || extensions !== undefined) return undefined;
	if (accept !== "*/*" && !accept.startsWith("application/json")) return undefined;
	if (operationName !== undefined && operationName !== null && typeof operationName !== "string") return undefined;
	if (variables !== undefined && variables !== null && (typeof variables !== "object" || Array.isArray(variables)))
		return undefined;
	return { operationName: operationName ?? undefined, variables: (variables as Variables | null) ?? {} };
}

/** Answers what is asked again and again without Apollo's many steps, and as Apollo would. @returns whether it did */
export async function answerHot(
	parts: HttpParts,
	{ request, response, hot }: { request: GatewayRequest; response: ServerResponse; hot: HotQuery },
): Promise<boolean> {
	let context: GraphQLContext;
	try {
		context = await contextOf(parts, request);
	} catch {
		// Apollo asks again, and answers the refusal in its way.
		return false;
	}
	const { data, errors } = await hot(context);
	if (response.headersSent || response.destroyed) return true;
	response.setHeader("cache-control", "no-store");
	response.setHeader("content-type", "application/json; charset=utf-8");
	setServicesHeaders(request, response);
	if (!errors || errors.length === 0) {
		response.end(`${JSON.stringify({ data })}\n`);
		return true;
	}
	const problems = errors
		.map(asGraphQLError)
		.map((error) => formatted(error, parts.report(error, context.ctx.requestID)));
	const retryAfterS = Math.max(0, ...problems.map(({ extensions }) => Number(extensions?.["retryAfter"] ?? 0)));
	if (retryAfterS > 0) response.setHeader("retry-after", String(retryAfterS));
	response.end(`${JSON.stringify({ errors: problems, data })}\n`);
	return true;
}
