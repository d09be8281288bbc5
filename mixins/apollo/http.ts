import type { IncomingMessage, ServerResponse } from "node:http";
import { HeaderMap, type HTTPGraphQLResponse } from "@apollo/server";
import { GraphQLError, type DocumentNode } from "graphql";
import { sendWhole } from "../http/whole-answer";
import { contextOf, setServicesHeaders, type GatewayRequest, type HttpParts } from "./http-context";
import { answerHot, plainQuestion, type Variables } from "./http-hot";
import type { HotQuery } from "./hot-queries";
import { TooComplexError } from "./limits";
import type { Problem } from "./problem";
import { formatted, retryAfterOf } from "./report";
import { rootFieldsOf } from "./root-fields";

/** Answers one GraphQL request that came over HTTP. */
export async function answerHttp(parts: HttpParts, request: GatewayRequest, response: ServerResponse): Promise<void> {
	const { report, settings } = parts;
	let question: Question | undefined;
	let leave: (() => void) | undefined;
	try {
		question = readQuestion(parts, request);
		leave = question && settings.admit?.(rootFieldsOf(question.document));
	} catch (error) {
		return sendProblem(response, report(error, request.$ctx.requestID));
	}
	try {
		await answerQuestion(parts, request, response, question);
	} finally {
		leave?.();
	}
}

async function answerQuestion(
	parts: HttpParts,
	request: GatewayRequest,
	response: ServerResponse,
	question: Question | undefined,
): Promise<void> {
	const hot = question && hotQuery(parts, request, question);
	if (hot && (await answerHot(parts, { request, response, hot }))) return;
	const apollo = parts.apollo();
	if (!apollo) return sendProblem(response, parts.report(noSchema()));

	// No await until here: a server that is stopped after a swap finishes what it has begun, but begins nothing.
	const answer = await apollo.executeHTTPGraphQLRequest({
		httpGraphQLRequest: {
			method: methodOf(request),
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
	const body = JSON.stringify({ errors: [formatted(undefined, problem)] });
	sendWhole(response, problem.status, { headers: { "content-type": "application/json; charset=utf-8" }, body });
}

/** HEAD is answered as GET, without the body. */
function methodOf({ method = "" }: IncomingMessage): string {
	return method === "HEAD" ? "GET" : method;
}

interface Question {
	document: DocumentNode;
	asked: Record<string, unknown>;
}

/**
 * @returns undefined for a mistake, which is Apollo's to explain
 * @throws {TooComplexError}
 */
function readQuestion({ reader }: HttpParts, request: GatewayRequest): Question | undefined {
	const asked = (methodOf(request) === "GET" ? request.query : (request.body as Record<string, unknown>)) ?? {};
	const { query, variables } = asked;
	if (typeof query !== "string") return undefined;
	try {
		return { document: reader.read(query, variablesIn(variables)), asked };
	} catch (error) {
		if (error instanceof TooComplexError) throw error;
		return undefined;
	}
}

function hotQuery({ hot }: HttpParts, request: GatewayRequest, { document, asked }: Question): HotQuery | undefined {
	const plain = request.method === "POST" ? plainQuestion(request, asked) : undefined;
	return plain && hot()?.find(document, plain.operationName, plain.variables);
}

/** In an address they are JSON. What is none is Apollo's to explain. */
function variablesIn(given: unknown): Variables | undefined {
	if (typeof given !== "string") return given as Variables | undefined;
	try {
		return Object(JSON.parse(given)) as Variables;
	} catch {
		return undefined;
	}
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
	setServicesHeaders(request, response);
	sendWhole(response, status ?? 200, { headers: {}, body: body.string });
}

function noSchema(): GraphQLError {
	return new GraphQLError("No service has come yet", {
		extensions: { code: "UNAVAILABLE", http: { status: 503 }, retryAfter: 1 },
	});
}
