import { endPauses, pause } from "./pause";
import { toShopError, type ShopError } from "./shop-error";

/** How a try ended: with nothing, or with what went wrong. */
export type Outcome = ShopError | undefined;

/** The last try of anything on this page found the shop away. */
let wasAway = false;

/**
 * Tries, and where that fails for a reason that time heals again by itself, until it works, fails for good or is not
 * wanted any more.
 * @returns after the first try
 */
export async function persist(attempt: () => Promise<Outcome>, signal: AbortSignal): Promise<void> {
	const outcome = await noted(attempt, signal);
	if (outcome?.isPassing) void again(attempt, outcome, signal);
}

async function again(attempt: () => Promise<Outcome>, first: ShopError, signal: AbortSignal): Promise<void> {
	let outcome: Outcome = first;
	for (let retries = 0; outcome?.isPassing; retries++) {
		await pause(retries, (outcome.extensions.retryAfter ?? 0) * 1_000);
		if (signal.aborted) return;
		outcome = await noted(attempt, signal);
	}
}

/** What one try of a page has found, by itself or as somebody asked for it, all others need not wait to find. */
async function noted(attempt: () => Promise<Outcome>, signal: AbortSignal): Promise<Outcome> {
	const outcome = await attempt();
	if (signal.aborted) return outcome;
	const isBack = wasAway && !outcome?.isPassing;
	wasAway = outcome?.isPassing === true;
	if (isBack) endPauses();
	return outcome;
}

/** What went wrong with it, if anything. */
export async function outcomeOf(work: Promise<unknown>): Promise<Outcome> {
	return work.then(
		() => undefined,
		(problem: unknown) => toShopError(problem),
	);
}
