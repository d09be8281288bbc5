import { forgetIfOver, freshToken, refresh } from "../session/session";
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
	const token = await freshToken().catch(endSession);
	try {
		return await send(document, variables, { headers: bearer(token), signal });
	} catch (error) {
		if (token === undefined || !isUnauthenticated(error)) throw error;
		const newer = await refresh(token).catch(endSession);
		if (newer === undefined) throw error;
		return send(document, variables, { headers: bearer(newer), signal });
	}
}

function bearer(token: string | undefined): Record<string, string> {
	return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

function isUnauthenticated(error: unknown): boolean {
	return error instanceof ShopError && error.code === "UNAUTHENTICATED";
}

/** One who can't be signed in any more asks as a guest; while the shop is away, nobody asks anything. */
function endSession(error: unknown): undefined {
	if (error instanceof ShopError && error.isPassing) throw error;
	forgetIfOver(error);
	return undefined;
}
