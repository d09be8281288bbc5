import { randomUUID } from "node:crypto";
import { GraphQLError, type GraphQLFormattedError } from "graphql";
import type { Logger } from "moleculer";
import { rootOf } from "./graphql-problems";
import type { Problem } from "./problem";
import { problemOf } from "./problems";

export interface ReportOptions {
	logger: Logger;
	formatError?: ((error: unknown, problem: Problem) => Problem) | undefined;
}

export type Report = (error: unknown, requestId?: string | null) => Problem;

/** What a client may learn; an internal error is logged with its stack under the `traceId` that the client gets. */
export function reporter({ logger, formatError }: ReportOptions): Report {
	return (error, requestId) => {
		const found = problemOf(error);
		const problem = formatError ? formatError(rootOf(error), found) : found;
		if (problem.internal) {
			const traceId = requestId ?? randomUUID();
			const cause = rootOf(error);
			const path = error instanceof GraphQLError ? error.path?.join(".") : undefined;
			logger.error("A request failed:", { traceId, path, error: (cause as Error | undefined)?.stack ?? cause });
			return { ...problem, details: { traceId } };
		}
		return problem;
	};
}

/** As HTTP's header wants it. */
export function retryAfterOf({ details }: Problem): string | undefined {
	const { retryAfter } = details;
	return typeof retryAfter === "number" ? String(retryAfter) : undefined;
}

/** A problem as an entry of GraphQL's `errors`. */
export function formatted(error: unknown, { code, message, details }: Problem): GraphQLFormattedError {
	const { locations, path } = error instanceof GraphQLError ? error : {};
	return { message, ...(locations && { locations }), ...(path && { path }), extensions: { ...details, code } };
}
