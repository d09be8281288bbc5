/** How hard, and for how long. */
export interface Load {
	/** Workers, each of which begins its next piece of work when the last one is done. */
	concurrency: number;
	warmUpMs: number;
	measureMs: number;
}

/** What one piece of work took, in milliseconds, by the name of what was timed. */
export type Sample = Record<string, number>;

export interface Measured {
	perSecond: number;
	/** Of each thing that was timed, from the 0th to the 100th percentile in whole steps, in milliseconds. */
	percentiles: Record<string, number[]>;
}

/** Runs `work` in a closed loop. What ends within the measured time counts; a failing one ends the measurement. */
export async function closedLoop(
	{ concurrency, warmUpMs, measureMs }: Load,
	work: (worker: number) => Promise<Sample>,
): Promise<Measured> {
	const from = performance.now() + warmUpMs;
	const to = from + measureMs;
	const samples: Sample[] = [];
	const worker = async (index: number): Promise<void> => {
		while (performance.now() < to) {
			const sample = await work(index);
			const now = performance.now();
			if (now >= from && now < to) samples.push(sample);
		}
	};
	await Promise.all(Array.from({ length: concurrency }, (_, index) => worker(index)));
	if (samples.length === 0) throw new Error(`Nothing was finished within ${measureMs} ms`);
	const names = Object.keys(samples[0]!);
	return {
		perSecond: (samples.length * 1_000) / measureMs,
		percentiles: Object.fromEntries(names.map((name) => [name, percentilesOf(samples.map((each) => each[name]!))])),
	};
}

function percentilesOf(values: readonly number[]): number[] {
	const sorted = values.toSorted((a, b) => a - b);
	return Array.from(
		{ length: 101 },
		(_, p) => sorted[Math.min(sorted.length - 1, Math.ceil((p / 100) * sorted.length))]!,
	);
}
