import type { RawAnswer } from "../api/raw-request";

/** What would tell somebody about the inside. */
const INSIDE =
	/node_modules|\.(?:ts|js|sql):\d|\bat (?:async )?[\w.<>]+ \(|Sequelize|fastest-validator|moleculer-|\bpg_\w+|syntax error at or near|(?:relation|column|constraint) "|violates|\b(?:catalog|sandbox_provider)\.\w+|invalid input syntax|ECONN|ETIMEDOUT|stacktrace|\/work\/|\/home\/|Cannot read propert|is not a function|is not iterable|Maximum call stack/;

/** What the contract names, and nothing else. */
const CODES = new Set([
	"UNAUTHENTICATED",
	"FORBIDDEN",
	"NOT_FOUND",
	"BAD_USER_INPUT",
	"CONFLICT",
	"EMAIL_TAKEN",
	"INVALID_CREDENTIALS",
	"INSUFFICIENT_STOCK",
	"CART_EMPTY",
	"CART_NOT_ACTIVE",
	"CART_CHANGED",
	"IDEMPOTENCY_KEY_REUSED",
	"ORDER_NOT_CANCELLABLE",
	"RATE_LIMITED",
	"OVERLOADED",
	"UNAVAILABLE",
	"QUERY_TOO_COMPLEX",
	"GRAPHQL_VALIDATION_FAILED",
]);
const LATER = new Set(["RATE_LIMITED", "OVERLOADED", "UNAVAILABLE"]);

interface Problem {
	message?: string;
	extensions?: { code?: string; retryAfter?: number };
}

/** @returns what is wrong with an answer, if anything */
export function wrongIn(answer: RawAnswer): string | undefined {
	const { status, headers, text, errors, error } = answer;
	if (INSIDE.test(text) && !isDocument(answer)) return `tells of the inside: ${INSIDE.exec(text)![0]}`;
	if (status >= 500 && (status !== 503 || headers["retry-after"] === undefined)) return `status ${status}`;
	if (status >= 400 && status !== 431 && error === undefined && errors.length === 0 && text !== "")
		return `status ${status} without a code`;
	return wrongInProblems([...errors, ...(error ? [{ message: error.message, extensions: error }] : [])]);
}

/** @param errors of GraphQL, wherever they stand */
export function wrongInProblems(errors: readonly Problem[]): string | undefined {
	for (const { message, extensions: { code, retryAfter } = {} } of errors) {
		if (!code || !CODES.has(code)) return `the code ${code}: ${message}`;
		if (LATER.has(code) && !retryAfter) return `${code} without saying when to come back: ${message}`;
	}
	return undefined;
}

export function wrongInFrame(text: string): string | undefined {
	if (INSIDE.test(text)) return `tells of the inside: ${INSIDE.exec(text)![0]}`;
	const { payload } = JSON.parse(text) as { payload?: Problem[] | { errors?: Problem[] } };
	return wrongInProblems(Array.isArray(payload) ? payload : (payload?.errors ?? []));
}

/** The shop's own page, its documents and the explorer's files say of programs what they like. */
function isDocument({ status, headers, text }: RawAnswer): boolean {
	return (
		status === 200 &&
		(!/json/.test(String(headers["content-type"])) || text.includes('"openapi"') || text.includes('"asyncapi"'))
	);
}
