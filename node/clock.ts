/** Decisions bear far more; a log and its readers don't. */
const TOLD_FROM_MS = 5_000;
/** A token of fifteen minutes, the age of an event, the start of a search: none of them bears much more than this. */
const REFUSED_FROM_MS = 60_000;
const REFUSED_AFTER_MS = 5_000;
/** Time goes by alike on both of a node's clocks, unless somebody sets the one that tells the day. */
const SET_MS = 1_000;

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

/** How far two clocks are apart: question and answer were on their way, so it is known within bounds. */
export interface Difference {
	/** Certainly so many ms: below zero when this node's clock is behind, above when it is ahead; 0 when they may agree. */
	leastMs: number;
	/** At most so many, either way. */
	mostMs: number;
}

/** Compares this node's clock with those that it works with. */
export interface Clock {
	/** `of` has said its time. A slow answer proves nothing, neither that a clock is off nor that it is right. */
	heard(of: string, difference: Difference): void;
	/** `clock`, while it is off. */
	missing(): string[];
}

export interface ClockOptions {
	log: { warn(sentence: string): void; info(sentence: string): void };
	/** It is off by so much that the node must not go on. */
	refuse(error: ClockError): void;
	/** How long it has to be so: a machine that was asleep has its clock set when it wakes. */
	refuseAfterMs?: number;
}

export function watchClock({ log, refuse, refuseAfterMs = REFUSED_AFTER_MS }: ClockOptions): Clock {
	const offSinceMs = new Map<string, number>();
	const farSinceMs = new Map<string, number>();
	const heardFar = (of: string, { leastMs, mostMs }: Difference): void => {
		if (mostMs < REFUSED_FROM_MS) farSinceMs.delete(of);
		if (Math.abs(leastMs) < REFUSED_FROM_MS) return;
		const now = performance.now();
		const since = farSinceMs.get(of) ?? now;
		farSinceMs.set(of, since);
		if (now - since >= refuseAfterMs) refuse(new ClockError(of, leastMs));
	};
	return {
		heard(of, difference) {
			heardFar(of, difference);
			const { leastMs, mostMs } = difference;
			if (Math.abs(leastMs) >= TOLD_FROM_MS) {
				if (!offSinceMs.has(of)) log.warn(`${sentence(of, leastMs)}: set the clocks by NTP`);
				offSinceMs.set(of, performance.now());
			} else if (mostMs < TOLD_FROM_MS && offSinceMs.delete(of)) {
				log.info(`The clock of this node is right again, by that of ${of}`);
			}
		},
		missing: () => (offSinceMs.size > 0 ? ["clock"] : []),
	};
}

/** @throws {ClockError} for a node that must not start */
export function refuseWrongClock(of: string, { leastMs }: Difference): void {
	if (Math.abs(leastMs) >= REFUSED_FROM_MS) throw new ClockError(of, leastMs);
}

/**
 * @param askedAtMs by this node's clock
 * @param saidMs by the other one, between the two
 * @param heardAtMs by this node's clock
 */
export function differenceOf(askedAtMs: number, saidMs: number, heardAtMs: number): Difference {
	const mostMs = Math.max(Math.abs(askedAtMs - saidMs), Math.abs(heardAtMs - saidMs));
	if (saidMs > heardAtMs) return { leastMs: heardAtMs - saidMs, mostMs };
	if (saidMs < askedAtMs) return { leastMs: askedAtMs - saidMs, mostMs };
	return { leastMs: 0, mostMs };
}

/** Asks somebody for their time. @returns undefined where this node's own clock was set meanwhile */
export async function compare(ask: () => Promise<Date>): Promise<Difference | undefined> {
	const [askedAtMs, beganMs] = [Date.now(), performance.now()];
	const said = await ask();
	const [heardAtMs, tookMs] = [Date.now(), performance.now() - beganMs];
	if (Math.abs(heardAtMs - askedAtMs - tookMs) > SET_MS) return undefined;
	return differenceOf(askedAtMs, said.getTime(), heardAtMs);
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
