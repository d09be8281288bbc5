/** After this many failed attempts an event is dead: about a day at the longest pause. */
export const RELAY_ATTEMPTS_MAX = 1_500;

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 60_000;

/**
 * Exponential with full jitter, so that many that failed together don't come back together
 * (Brooker, "Exponential Backoff and Jitter", 2015).
 */
export function pauseAfter(attempts: number, random: () => number = Math.random): number {
	const ceilingMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(attempts, 20));
	return ceilingMs / 2 + (random() * ceilingMs) / 2;
}
