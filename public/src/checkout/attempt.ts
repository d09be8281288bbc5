import type { CleanAddress } from "../addresses/address";
import type { CheckoutInput } from "../graphql/documents";
import { readStored, store } from "../session/stored";

/**
 * One attempt to order: what was seen and agreed to, and the key under which the shop accepts it at most once. It is
 * kept in the browser from before it is sent, so that a reload, a double click or a second tab sends the same again
 * and gets the same order.
 */
export interface Attempt {
	userId: string;
	input: CheckoutInput;
	/** Known once the shop has answered. */
	orderId?: string;
}

const ATTEMPT = "attempt";
const ADDRESS = "address";

/** The attempt under way for this user and cart. */
function attemptFor(userId: string, cartId: string): Attempt | undefined {
	const attempt = readStored<Attempt>(ATTEMPT);
	return attempt?.userId === userId && attempt.input.cartId === cartId ? attempt : undefined;
}

/** The attempt that has no answer yet, whatever its cart. */
export function unanswered(userId: string): Attempt | undefined {
	const attempt = readStored<Attempt>(ATTEMPT);
	return attempt?.userId === userId && attempt.orderId === undefined ? attempt : undefined;
}

/** The same wish has the same key; any other is a new attempt. */
export function beginAttempt(userId: string, wish: Omit<CheckoutInput, "idempotencyKey">): Attempt {
	const before = attemptFor(userId, wish.cartId);
	if (before && before.orderId === undefined && isSame(before.input, wish)) return before;
	const attempt = { userId, input: { ...wish, idempotencyKey: newKey() } };
	store(ATTEMPT, attempt);
	return attempt;
}

export function answered(attempt: Attempt, orderId: string): void {
	store(ATTEMPT, { ...attempt, orderId });
}

/** This one is over; another one that has begun since is not. */
export function endAttempt(isOver: (attempt: Attempt) => boolean): void {
	const attempt = readStored<Attempt>(ATTEMPT);
	if (attempt && isOver(attempt)) store(ATTEMPT, undefined);
}

function isSame(before: CheckoutInput, wish: Omit<CheckoutInput, "idempotencyKey">): boolean {
	return JSON.stringify(before) === JSON.stringify({ ...wish, idempotencyKey: before.idempotencyKey });
}

/** randomUUID is for secure contexts only; a shop on http in a home network is none. */
function newKey(): string {
	const bytes = crypto.getRandomValues(new Uint8Array(16));
	return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

interface KeptAddress {
	userId: string;
	address: CleanAddress;
}

/** Until the tab is closed: long enough to try again, no longer than needed. Whoever signs in there next has their own. */
export function keptAddress(userId: string): KeptAddress["address"] | undefined {
	const kept = readStored<KeptAddress>(ADDRESS, () => sessionStorage);
	return kept?.userId === userId ? kept.address : undefined;
}

export function keepAddress(userId: string, address: CleanAddress): void {
	store(ADDRESS, { userId, address }, () => sessionStorage);
}
