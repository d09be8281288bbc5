import timers from "node:timers/promises";

export interface AskedPause {
	ms: number;
	/** What it resolves to. */
	value: unknown;
	/** Whether it ends when what waits is stopped, and whether it keeps its process up. */
	isStoppable: boolean;
	isKeeping: boolean;
}

/** The pauses that the program has asked for, which are over at once. A test's own, without options, are as ever. */
export function pausesOver(): AskedPause[] {
	const asked: AskedPause[] = [];
	const wait = timers.setTimeout;
	jest.spyOn(timers, "setTimeout").mockImplementation(async (ms, value, options) => {
		if (options === undefined) return wait(ms, value);
		asked.push({ ms: ms!, value, isStoppable: options?.signal !== undefined, isKeeping: options?.ref !== false });
		await new Promise(setImmediate);
		return value;
	});
	return asked;
}

/** With full jitter on the upper half. */
export function areUpTo(pauses: readonly AskedPause[], fullsMs: readonly number[]): boolean {
	return fullsMs.every((full, at) => pauses[at]!.ms >= full / 2 && pauses[at]!.ms <= full);
}
