/** Longer than the server takes to notice that one of its own services is away and to say so. */
const TIMEOUT_MS = 10_000;

/** An answer that has no data in it, in words for the person in front of the page. */
export class ShopError extends Error {}

/**
 * Sends one GraphQL operation.
 * @returns the body as the shop sent it: `{ data, errors }`
 * @throws {ShopError} when no such body arrived; an AbortError when `signal` asked to stop
 */
export async function send(query, variables, signal) {
	const tooLate = AbortSignal.timeout(TIMEOUT_MS);
	try {
		const response = await fetch("/graphql", {
			method: "POST",
			headers: { "content-type": "application/json" },
			body: JSON.stringify({ query, variables }),
			signal: signal ? AbortSignal.any([signal, tooLate]) : tooLate,
		});
		// GraphQL's own errors come as JSON with any status; what isn't JSON comes from something before the shop.
		return await response.json().catch((error) => {
			if (!(error instanceof SyntaxError)) throw error;
			throw new ShopError(`The answer was not GraphQL (HTTP status ${response.status}).`);
		});
	} catch (error) {
		if (error instanceof ShopError || signal?.aborted) throw error;
		if (tooLate.aborted) throw new ShopError(`The shop did not answer within ${TIMEOUT_MS / 1000} seconds.`);
		throw new ShopError("The shop can't be reached. Is the server running?");
	}
}

/** Like `send`, but returns the data alone. @throws {ShopError} also when the shop answered with errors */
export async function ask(query, variables, signal) {
	const { data, errors } = await send(query, variables, signal);
	if (!errors?.length && data) return data;
	throw new ShopError(inWords(errors?.[0]));
}

function inWords(error) {
	const { code, retryAfter, traceId } = error?.extensions ?? {};
	if (code === "UNAVAILABLE" || code === "OVERLOADED" || code === "RATE_LIMITED") {
		return `The shop is busy or restarting. It asks to be tried again in ${retryAfter ?? "a few"} s.`;
	}
	return [error?.message ?? "The shop sent an empty answer.", traceId && `(trace ${traceId})`]
		.filter(Boolean)
		.join(" ");
}
