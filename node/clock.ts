/** Decisions bear far more; a log and its readers don't. */
const TOLD_FROM_MS = 5_000;
/** A token of fifteen minutes, the age of an event, the start of a search: none of them bears much more than this. */
const REFUSED_FROM_MS = 60_000;

/** This node's clock is another one than the database's, by which the shop goes. */
export class ClockError extends Error {
	override readonly name = "ClockError";

	constructor(of: string, differenceMs: number) {
		super(
			`${sentence(of, differenceMs)}. More than ${inWords(REFUSED_FROM_MS)} is too much for tokens and events, ` +
				"which both sides date: set the clocks by NTP, and start this node again.",
		);
	}
}

/** Compares this node's clock with those that it works with. */
export interface Clock {
	/** `of` has said its time: so much lies between, see {@link differenceMs}. */
	heard(of: string, differenceMs: number): void;
	/** `clock`, while it is off. */
	missing(): string[];
}

export interface ClockOptions {
	log: { warn(sentence: string): void; info(sentence: string): void };
	/** It is off by so much that the node must not go on. */
	refuse(error: ClockError): void;
}

export function watchClock({ log, refuse }: ClockOptions): Clock {
	const off = new Set<string>();
	return {
		heard(of, differenceMs) {
			if (Math.abs(differenceMs) >= REFUSED_FROM_MS) refuse(new ClockError(of, differenceMs));
			const isOff = Math.abs(differenceMs) >= TOLD_FROM_MS;
			if (isOff && !off.has(of)) log.warn(`${sentence(of, differenceMs)}: set the clocks by NTP`);
			if (!isOff && off.has(of)) log.info(`The clock of this node is right again, by that of ${of}`);
			if (isOff) off.add(of);
			else off.delete(of);
		},
		missing: () => (off.size > 0 ? ["clock"] : []),
	};
}

/** @throws {ClockError} for a node that must not start */
export function refuseWrongClock(of: string, differenceMs: number): void {
	if (Math.abs(differenceMs) >= REFUSED_FROM_MS) throw new ClockError(of, differenceMs);
}

/**
 * How far two clocks are apart at least, however long the question and the answer were on their way.
 * @param askedAtMs by this node's clock
 * @param saidMs by the other one, between the two
 * @param heardAtMs by this node's clock
 * @returns below zero when this node's clock is behind, above when it is ahead; 0 when they may agree
 */
export function differenceMs(askedAtMs: number, saidMs: number, heardAtMs: number): number {
	if (saidMs > heardAtMs) return heardAtMs - saidMs;
	if (saidMs < askedAtMs) return askedAtMs - saidMs;
	return 0;
}

function sentence(of: string, difference: number): string {
	return `The clock of this node is ${inWords(Math.abs(difference))} ${difference < 0 ? "behind" : "ahead of"} that of ${of}`;
}

function inWords(ms: number): string {
	if (ms >= 2 * 86_400_000) return `${Math.round(ms / 86_400_000)} days`;
	if (ms >= 2 * 3_600_000) return `${Math.round(ms / 3_600_000)} hours`;
	if (ms >= 2 * 60_000) return `${Math.round(ms / 60_000)} minutes`;
	return `${Math.round(ms / 1_000)} s`;
}
