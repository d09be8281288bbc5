import { pause } from "./pause";
import { toShopError, type ShopError } from "./shop-error";

/** How a try ended: with nothing, or with what went wrong. */
export type Outcome = ShopError | undefined;

/**
 * Tries, and where that fails for a reason that time heals again by itself, until it works, fails for good or is not
 * wanted any more.
 * @returns after the first try
 */
export async function persist(attempt: () => Promise<Outcome>, signal: AbortSignal): Promise<void> {
	const outcome = await attempt();
	if (outcome?.isPassing) void again(attempt, outcome, signal);
}

async function again(attempt: () => Promise<Outcome>, first: ShopError, signal: AbortSignal): Promise<void> {
	let outcome: Outcome = first;
	for (let retries = 0; outcome?.isPassing; retries++) {
		await pause(retries, (outcome.extensions.retryAfter ?? 0) * 1_000);
		if (signal.aborted) return;
		outcome = await attempt();
	}
}

/** What went wrong with it, if anything. */
export async function outcomeOf(work: Promise<unknown>): Promise<Outcome> {
	return work.then(
		() => undefined,
		(problem: unknown) => toShopError(problem),
	);
}
