const FULL_SWEEP_MS = { min: 5_000, max: 60_000, share: 20 };
/** Where there was nothing of its own to look at. */
const IDLE_MS = 1_000;

/**
 * When a relay looks behind its marks, for what was committed late and not announced; a twentieth of the time at most goes
 * into it. What is not announced and lies before them each renewal of the leases finds.
 */
export interface FullSweep {
	isDue(): boolean;
	/** Until it is looked whether it is time. */
	pauseMs(): number;
	/** It was done, and took so long. */
	done(tookMs: number): void;
}

export function fullSweep(): FullSweep {
	let atMs = 0;
	return {
		isDue: () => performance.now() >= atMs,
		pauseMs: () => Math.max(atMs - performance.now(), IDLE_MS),
		done(tookMs) {
			const pauseMs = Math.min(Math.max(tookMs * FULL_SWEEP_MS.share, FULL_SWEEP_MS.min), FULL_SWEEP_MS.max);
			atMs = performance.now() + pauseMs;
		},
	};
}
