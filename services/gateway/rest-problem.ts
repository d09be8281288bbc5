import type { IncomingMessage, ServerResponse } from "node:http";
import type { Context, Service } from "moleculer";
import type { WithApollo } from "../../mixins/apollo/apollo.mixin";
import { retryAfterOf } from "../../mixins/apollo/report";
import { sendJson } from "../../mixins/http/whole-answer";

/** Answers what went wrong as JSON, with the codes that GraphQL uses and nothing of the inside. */
export function sendProblem(
	this: Service & WithApollo,
	request: IncomingMessage & { $ctx?: Context },
	response: ServerResponse,
	error: unknown,
): void {
	const problem = this.reportProblem(error, request.$ctx?.requestID);
	const retryAfter = retryAfterOf(problem);
	if (retryAfter && !response.headersSent) response.setHeader("retry-after", retryAfter);
	const { code, message, details } = problem;
	const isBadInput = code === "BAD_USER_INPUT" && problem.status !== 413;
	sendError(response, isBadInput ? 400 : problem.status, { ...details, code, message });
}

/** @param allowed whoever may read by GET may ask by HEAD what would come */
export function refuseMethod(response: ServerResponse, allowed: readonly string[]): void {
	const methods = allowed.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : method)).join(", ");
	response.setHeader("allow", methods);
	sendError(response, 405, { code: "BAD_USER_INPUT", message: `Only ${methods} is known here`, fields: [] });
}

interface Refusal {
	code: string;
	message: string;
	[detail: string]: unknown;
}

function sendError(response: ServerResponse, status: number, error: Refusal): void {
	if (!response.headersSent) sendJson(response, status, { error });
}
