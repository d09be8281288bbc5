import { forgetOrThrow, freshToken, refresh, user } from "../session/session";
import type { Document } from "./documents";
import { ShopError } from "./shop-error";
import { send } from "./transport";

/**
 * Sends an operation as whoever is signed in. An access token that has expired meanwhile is replaced and the operation
 * sent once more, so that nobody notices.
 * @throws {ShopError} as `send` does
 */
export async function ask<Result, Variables>(
	document: Document<Result, Variables>,
	variables: Variables,
	signal?: AbortSignal,
): Promise<Result> {
	const token = await freshToken().catch(forgetOrThrow);
	const asker = user.value?.id;
	try {
		return await send(document, variables, { headers: bearer(token), signal });
	} catch (error) {
		if (token === undefined || !isUnauthenticated(error)) throw error;
		const newer = await refresh(token).catch(forgetOrThrow);
		// What one has asked for is nothing to ask for in the name of the next.
		if (newer === undefined || user.value?.id !== asker) throw error;
		return send(document, variables, { headers: bearer(newer), signal });
	}
}

function bearer(token: string | undefined): Record<string, string> {
	return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

function isUnauthenticated(error: unknown): boolean {
	return error instanceof ShopError && error.code === "UNAUTHENTICATED";
}
