const LOOK_EVERY_MS = 25;

/** Of the time that went by, one core's share of which a process needs at least to be the reason why it is late. */
const BUSY_FROM = 0.25;

/**
 * Tells again and again how late this process is with what is ready to be done: by so much a timer comes after its time.
 * @param tell both in milliseconds
 * @returns how to stop
 */
export function watchLoopDelay(tell: (delayMs: number, sinceLastLookMs: number) => void): () => void {
	let lookedMs = performance.now();
	let workedMs = workMs();
	const timer = setInterval(() => {
		const [nowMs, nowWorkedMs] = [performance.now(), workMs()];
		const sinceMs = nowMs - lookedMs;
		const delayMs = Math.max(0, sinceMs - LOOK_EVERY_MS);
		tell(ownDelay(delayMs, nowWorkedMs - workedMs, sinceMs), sinceMs);
		[lookedMs, workedMs] = [nowMs, nowWorkedMs];
	}, LOOK_EVERY_MS);
	return () => clearInterval(timer);
}

/**
 * A process that is late although it has next to nothing to do is kept waiting by others on its machine. To do even
 * less would not make it sooner.
 * @param workedMs what it has had of the processors in `sinceMs`
 */
export function ownDelay(delayMs: number, workedMs: number, sinceMs: number): number {
	return workedMs < BUSY_FROM * sinceMs ? 0 : delayMs;
}

function workMs(): number {
	const { user, system } = process.cpuUsage();
	return (user + system) / 1_000;
}
