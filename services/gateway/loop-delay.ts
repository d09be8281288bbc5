const LOOK_EVERY_MS = 25;

/**
 * Tells again and again how late this process is with what is ready to be done: by so much a timer comes after its time.
 * @param tell both in milliseconds
 * @returns how to stop
 */
export function watchLoopDelay(tell: (delayMs: number, sinceLastLookMs: number) => void): () => void {
	let lookedMs = performance.now();
	const timer = setInterval(() => {
		const nowMs = performance.now();
		tell(Math.max(0, nowMs - lookedMs - LOOK_EVERY_MS), nowMs - lookedMs);
		lookedMs = nowMs;
	}, LOOK_EVERY_MS);
	return () => clearInterval(timer);
}
