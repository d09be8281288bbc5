import { GraphQLError } from "graphql";
import type { FieldProblem } from "./fields";
import { graphqlProblem, rootOf } from "./graphql-problems";
import { badInput, internalProblem, isRecord, type Problem } from "./problem";

/** Moleculer's errors rebuilt from another node keep these, but not always their class. */
interface TypedError {
	message: string;
	type?: unknown;
	code?: unknown;
	data?: unknown;
}

/** Moleculer's own words for "nobody could do it now": some carry a 404, which isn't meant for the client. */
const nobodyThere = new Set([
	"SERVICE_NOT_FOUND",
	"SERVICE_NOT_AVAILABLE",
	"REQUEST_TIMEOUT",
	"REQUEST_SKIPPED",
	"REQUEST_REJECTED",
	"BAD_GATEWAY",
	"GRACEFUL_STOP_TIMEOUT",
]);

/** moleculer-web's types, in the words of everyone else. */
const renamed: Record<string, string> = {
	NO_TOKEN: "UNAUTHENTICATED",
	INVALID_TOKEN: "UNAUTHENTICATED",
	ORIGIN_NOT_ALLOWED: "FORBIDDEN",
	UNABLE_DECODE_PARAM: "BAD_USER_INPUT",
};

const codeByStatus: Record<number, string> = {
	401: "UNAUTHENTICATED",
	403: "FORBIDDEN",
	404: "NOT_FOUND",
	409: "CONFLICT",
	429: "RATE_LIMITED",
	503: "UNAVAILABLE",
};

/** What a client may learn of an error, whatever threw it. Bad input always says which fields, if only that it is none. */
export function problemOf(error: unknown): Problem {
	const problem = translated(error);
	if (problem.code !== "BAD_USER_INPUT") return problem;
	return { ...problem, details: { fields: [], ...problem.details } };
}

function translated(error: unknown): Problem {
	const said = error instanceof GraphQLError ? graphqlProblem(error) : undefined;
	if (said) return said;
	const cause = rootOf(error);
	if (!isRecord(cause)) return internalProblem();

	const { type, code, data, message } = cause as unknown as TypedError;
	if (typeof type === "string" && nobodyThere.has(type)) return unavailable();
	if (type === "QUEUE_FULL") return overloaded();
	if (type === "VALIDATION_ERROR") return badInput("The input is not valid", 422, fieldsOf(data));
	if (typeof code !== "number" || ((code < 400 || code > 499) && code !== 503)) return internalProblem();

	const details = isRecord(data) ? data : {};
	const name = nameOf(type) ?? codeByStatus[code] ?? "BAD_USER_INPUT";
	if (code === 503) return { code: name, message, status: 503, details: { retryAfter: retryAfterS(), ...details } };
	return { code: name, message, status: code, details };
}

/** A type that isn't written like a code belongs to some package's inside. */
function nameOf(type: unknown): string | undefined {
	if (typeof type !== "string") return undefined;
	return renamed[type] ?? (/^[A-Z][A-Z0-9_]*$/.test(type) ? type : undefined);
}

function unavailable(): Problem {
	const details = { retryAfter: retryAfterS() };
	return { code: "UNAVAILABLE", message: "This part of the service is not available right now", status: 503, details };
}

/** A bulkhead's queue is full: refused at once, instead of late. */
function overloaded(): Problem {
	const details = { retryAfter: retryAfterS() };
	return { code: "OVERLOADED", message: "There is too much to do right now", status: 503, details };
}

/** One second or two, so that those who were refused together don't come back together. */
function retryAfterS(): number {
	return 1 + Math.round(Math.random());
}

function fieldsOf(data: unknown): FieldProblem[] {
	if (!Array.isArray(data)) return [];
	return data.filter(isRecord).flatMap((each) => {
		const field = textOf(each["field"]).replace(/^input\./, "");
		if (each["type"] === "objectStrict") return unknownFields(field, textOf(each["actual"]));
		return [{ field, message: textOf(each["message"]) }];
	});
}

/** fastest-validator names them all in one text, and the object that they are in as the field. */
function unknownFields(parent: string, names: string): FieldProblem[] {
	return names.split(", ").map((name) => ({
		field: parent === "" ? name : `${parent}.${name}`,
		message: `The '${name}' field is not known here.`,
	}));
}

function textOf(value: unknown): string {
	return typeof value === "string" ? value : "";
}
