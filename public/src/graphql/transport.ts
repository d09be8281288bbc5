import type { Document } from "./documents";
import { isOffline } from "./offline";
import { errorFrom, ShopError, UNREACHABLE, type Extensions } from "./shop-error";

/** Longer than the shop takes to notice that one of its own services is away and to say so. */
const TIMEOUT_MS = 10_000;

interface Answer<Result> {
	data?: Result | null;
	errors?: { message: string; extensions?: Extensions }[];
}

export interface SendOptions {
	headers?: Record<string, string>;
	signal?: AbortSignal | undefined;
}

/**
 * Sends one operation over HTTP.
 * @throws {ShopError} when there is no answer, or one without data; an AbortError when `signal` asked to stop
 */
export async function send<Result, Variables>(
	document: Document<Result, Variables>,
	variables: Variables,
	{ headers, signal }: SendOptions = {},
): Promise<Result> {
	const { data, errors } = await answer<Result>(document.text, variables, headers, signal);
	if (errors?.[0]) throw errorFrom(errors[0]);
	if (!data) throw new ShopError("The shop sent an empty answer.", UNREACHABLE);
	return data;
}

async function answer<Result>(
	query: string,
	variables: unknown,
	headers: Record<string, string> | undefined,
	signal: AbortSignal | undefined,
): Promise<Answer<Result>> {
	const tooLate = AbortSignal.timeout(TIMEOUT_MS);
	try {
		const response = await fetch("/graphql", {
			method: "POST",
			headers: { "content-type": "application/json", ...headers },
			body: JSON.stringify({ query, variables }),
			signal: signal ? AbortSignal.any([signal, tooLate]) : tooLate,
		});
		return (await response.json()) as Answer<Result>;
	} catch (error) {
		if (signal?.aborted) throw error;
		// What isn't JSON comes from something before the shop, which says as little about it as no answer.
		throw new ShopError(isOffline.value ? "You are offline." : "The shop does not answer just now.", UNREACHABLE);
	}
}
