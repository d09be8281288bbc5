import type { FieldProblem } from "./fields";

/** What a client may learn of an error, over GraphQL or any other protocol. */
export interface Problem {
	/** e.g. `NOT_FOUND` */
	code: string;
	message: string;
	/** The HTTP status, where the protocol has one for the whole answer. */
	status: number;
	/** Goes beside the code: `fields`, `retryAfter` in seconds, `traceId`, and what the error itself carries. */
	details: Record<string, unknown>;
	/** Not the client's doing: it learns a `traceId`, and the log tells the rest. */
	internal?: boolean;
}

export function badInput(message: string, status: number, fields: FieldProblem[]): Problem {
	return { code: "BAD_USER_INPUT", message, status, details: { fields } };
}

export function internalProblem(): Problem {
	return {
		code: "INTERNAL_SERVER_ERROR",
		message: "Something went wrong on our side",
		status: 500,
		details: {},
		internal: true,
	};
}

export function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}
