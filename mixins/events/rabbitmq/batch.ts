import type { PublishOutcome } from "../transport";

/** The outcomes of messages that were handed over together; hundreds share one promise. */
export interface Batch {
	readonly outcomes: Promise<PublishOutcome[]>;
	/** The first outcome of a message counts: a late confirm of one that took too long changes nothing. */
	settle(index: number, outcome: PublishOutcome): void;
	giveUpFrom(index: number, reason: string): void;
}

export function batchOf(size: number): Batch {
	const settled: PublishOutcome[] = Array.from({ length: size });
	let open = size;
	let done!: (outcomes: PublishOutcome[]) => void;
	const outcomes = new Promise<PublishOutcome[]>((resolve) => (done = resolve));
	if (size === 0) done(settled);

	function settle(index: number, outcome: PublishOutcome): void {
		if (settled[index]) return;
		settled[index] = outcome;
		if (--open === 0) done(settled);
	}

	return {
		outcomes,
		settle,
		giveUpFrom(index, reason) {
			for (let rest = index; rest < size; rest++) settle(rest, { confirmed: false, reason });
		},
	};
}
