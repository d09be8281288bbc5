import type { CartProblemFields } from "./documents";

/** Time heals these: the same request can be sent again. */
const PASSING = new Set(["UNREACHABLE", "UNAVAILABLE", "OVERLOADED"]);

export interface FieldProblem {
	field: string;
	message: string;
}

/** What GraphQL says about an error beside its message. */
export interface Extensions {
	code?: string;
	fields?: FieldProblem[];
	/** Whose value somebody else has already. */
	field?: string;
	retryAfter?: number;
	available?: number;
	problems?: CartProblemFields[];
	traceId?: string;
}

/** Why there is no answer, in words for the person in front of the page. */
export class ShopError extends Error {
	constructor(
		message: string,
		readonly code: string,
		readonly extensions: Extensions = {},
	) {
		super(message);
	}

	get isPassing(): boolean {
		return PASSING.has(this.code);
	}

	/** By field; empty where the error is about the whole. */
	get fields(): Record<string, string> {
		const { field: taken } = this.extensions;
		if (taken !== undefined) return { [taken]: this.message };
		// REST's and GraphQL's field names may have a path before them: input.email.
		return Object.fromEntries(
			(this.extensions.fields ?? []).map(({ field, message }) => [field.split(".").at(-1)!, message]),
		);
	}
}

/** An id that is none, and one that nobody has, are the same to who reads an address. @throws whatever else was thrown */
export function nullIfNowhere(error: unknown): null {
	if (error instanceof ShopError && (error.code === "BAD_USER_INPUT" || error.code === "NOT_FOUND")) return null;
	throw error;
}

/** The code of a request that got no answer at all. */
export const UNREACHABLE = "UNREACHABLE";

export function errorFrom({ message, extensions = {} }: { message: string; extensions?: Extensions }): ShopError {
	const code = extensions.code ?? "INTERNAL_SERVER_ERROR";
	return new ShopError(inWords(code, message, extensions), code, extensions);
}

function inWords(code: string, message: string, { retryAfter, traceId, fields }: Extensions): string {
	switch (code) {
		case "UNAVAILABLE":
		case "OVERLOADED":
			return "The shop is busy or restarting. Try again in a moment.";
		case "RATE_LIMITED":
			return `That was tried too often. Try again in ${waitInWords(retryAfter)}.`;
		case "INTERNAL_SERVER_ERROR":
			return `Something went wrong in the shop${traceId ? ` (trace ${traceId})` : ""}. Nothing was changed by halves.`;
		case "INVALID_CREDENTIALS":
			return "This e-mail address and password don't belong together.";
		case "EMAIL_TAKEN":
			return "There is an account with this e-mail address already.";
		case "BAD_USER_INPUT":
			// That something is not valid says nothing; what it is does.
			return fields?.map((each) => each.message).join(" ") || message;
		default:
			return message;
	}
}

function waitInWords(seconds = 60): string {
	if (seconds < 90) return `${Math.max(1, Math.round(seconds))} seconds`;
	return `${Math.round(seconds / 60)} minutes`;
}

/** Whatever was thrown, as an error for a person. */
export function toShopError(error: unknown): ShopError {
	if (error instanceof ShopError) return error;
	// A mistake of the page's own, for whoever looks for it.
	reportError(error);
	return new ShopError("Something went wrong on this page. Reload it and try again.", "PAGE");
}
