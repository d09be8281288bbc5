/** Limits of a growing pause, in milliseconds. */
export interface Backoff {
	firstMs: number;
	maxMs: number;
}

/**
 * Exponential, with full jitter on the upper half, so that nodes that failed together don't come back together.
 * @param failures how often it has failed in a row, from 1
 */
export function pauseAfter(failures: number, { firstMs, maxMs }: Backoff): number {
	const full = Math.min(maxMs, firstMs * 2 ** Math.min(failures - 1, 30));
	return full / 2 + (Math.random() * full) / 2;
}
