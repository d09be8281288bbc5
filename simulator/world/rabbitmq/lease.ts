import type { Surroundings } from "./surroundings";

/** How long a queue that nobody uses stays (x-expires). */
export interface Lease {
	/** It begins anew. */
	renew(): void;
	end(): void;
}

/**
 * One timer for any number of uses.
 * @param isUsed asked when the time is over
 */
export function lease(
	ms: number | undefined,
	{ after, nowMs }: Pick<Surroundings, "after" | "nowMs">,
	{ isUsed, over }: { isUsed(): boolean; over(): void },
): Lease {
	let usedMs = nowMs();
	let cancel: (() => void) | undefined;
	let hasEnded = false;

	function wait(leftMs: number): void {
		cancel = after(leftMs, () => {
			cancel = undefined;
			if (isUsed()) return;
			const stillMs = usedMs + ms! - nowMs();
			if (stillMs > 0) wait(stillMs);
			else over();
		});
	}

	return {
		renew() {
			usedMs = nowMs();
			if (ms !== undefined && !cancel && !hasEnded) wait(ms);
		},
		end() {
			hasEnded = true;
			cancel?.();
		},
	};
}
