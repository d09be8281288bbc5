import { GraphQLError } from "graphql";
import { inputFields } from "./fields";
import { badInput, internalProblem, isRecord, type Problem } from "./problem";
import { withoutValue } from "./without-value";

/** Apollo's and graphql-js' words, in ours. What isn't here keeps its code. */
const graphqlCodes: Record<string, string> = {
	BAD_REQUEST: "BAD_USER_INPUT",
	PERSISTED_QUERY_NOT_SUPPORTED: "BAD_USER_INPUT",
	GRAPHQL_PARSE_FAILED: "GRAPHQL_VALIDATION_FAILED",
	OPERATION_RESOLUTION_FAILURE: "GRAPHQL_VALIDATION_FAILED",
};

/** How graphql-js begins its complaints about variables and arguments, for which it has no code. */
const refusesInput = /^(?:Variable "\$\w+"|Argument "\w+") (?:got invalid value|has invalid value|of )/;

/**
 * What graphql-js, Apollo or a hand-written resolver said in GraphQL's own way. What such an error wraps is no news:
 * a scalar's words on the value, say.
 * @returns undefined for an error that only carries another one to its place in the answer
 */
export function graphqlProblem(error: GraphQLError): Problem | undefined {
	const { code, ...extensions } = error.extensions;
	const message = withoutSuggestion(withoutValue(error));
	if (refusesInput.test(message)) return badInput(message, 400, inputFields(message));
	if (code === "INTERNAL_SERVER_ERROR") return internalProblem();
	if (typeof code === "string") {
		const { http, ...details } = extensions;
		const status = isRecord(http) && typeof http["status"] === "number" ? http["status"] : 400;
		return { code: graphqlCodes[code] ?? code, message, status, details };
	}
	if (error.originalError && !(error.originalError instanceof GraphQLError)) return undefined;
	// With a place in the answer, the answer is wrong: a value that its scalar can't write. Otherwise the question is.
	return error.path ? internalProblem() : { code: "GRAPHQL_VALIDATION_FAILED", message, status: 400, details: {} };
}

/** Whoever guesses at names shall not be told the next one. */
function withoutSuggestion(message: string): string {
	return message.replace(/ Did you mean .*\?$/s, "");
}

/** What was thrown in the first place, below what graphql-js and Apollo have wrapped around it. */
export function rootOf(error: unknown): unknown {
	let cause = error;
	while (cause instanceof GraphQLError && cause.originalError) cause = cause.originalError;
	return cause;
}
