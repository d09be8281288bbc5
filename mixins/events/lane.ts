import type { AttemptsInPlace, Failure, Verdict } from "./transport";

/** What a lane needs to know of an event. */
export interface Passenger {
	aggregateId: string;
	/** 1 at the first delivery. */
	attempt: number;
	/** A process may have died of it. */
	isSuspect: boolean;
}

export interface LaneOptions<Event extends Passenger> {
	/** Handles them in one transaction. @throws when that fails, and then nothing of it has happened */
	handleTogether(events: readonly Event[]): Promise<void>;
	/** Handles one by itself, which has failed so often where it stands. Never rejects. */
	handleAlone(event: Event, failures: number): Promise<Verdict>;
	/** The most for one transaction. */
	batchMax: number;
	/** With them an event that failed is tried again where it stands, and its aggregate waits; without, it leaves. */
	retriesInPlaceMs?: readonly number[];
	/** Is told of those that wait behind one that failed, and how long they wait at most for its next attempt. */
	held?(events: readonly Event[], waitMs: number): void;
}

/** Handles events one after the other. */
export interface Lane<Event extends Passenger> {
	handle(event: Event): Promise<Verdict>;
	/** Finishes the transaction in work; what has not begun is left. */
	stop(): void;
}

interface Waiting<Event> {
	event: Event;
	settle(verdict: Verdict): void;
	failed?: AttemptsInPlace;
}

/**
 * A transaction that takes longer keeps its locks, and the first event's acknowledgement, for too long. Ten times what
 * a full one takes on a quiet machine: on a busy one, sharing the commits is what helps.
 */
const TRANSACTION_MS_MAX = 500;
const BATCH_FIRST = 8;

/**
 * While one transaction is under way, events pile up; the next takes what is there. So a lone event waits for nobody,
 * and a crowd shares its commits ("natural batching"). A transaction that fails is made again with one event each, so
 * that only the guilty one pays.
 */
export function lane<Event extends Passenger>(options: LaneOptions<Event>): Lane<Event> {
	const { handleTogether, handleAlone, batchMax, retriesInPlaceMs, held: tellHeld = () => undefined } = options;
	/** Never holds two of an aggregate whose first event waits for its next attempt. */
	let ready: Waiting<Event>[] = [];
	/** Of each such aggregate, those behind the first. */
	const held = new Map<string, { behind: Waiting<Event>[]; waitMs: number }>();
	const pausing = new Map<Waiting<Event>, NodeJS.Timeout>();
	let size = Math.min(BATCH_FIRST, batchMax);
	/** So many go one by one, as their transaction has failed. */
	let suspects = 0;
	let working = false;
	let stopped = false;

	async function work(): Promise<void> {
		working = true;
		while (ready.length > 0 && !stopped) {
			const batch = nextBatch();
			const startedAtMs = performance.now();
			let wentWell = true;
			if (batch.length > 1) wentWell = await together(batch);
			else await alone(batch[0]!);
			adapt(batch.length, wentWell && performance.now() - startedAtMs <= TRANSACTION_MS_MAX);
		}
		working = false;
		if (stopped) leaveAll();
	}

	/** One that has failed before goes alone, and so does a suspect: it would probably take the others down with it. */
	function nextBatch(): Waiting<Event>[] {
		const most = suspects > 0 ? 1 : size;
		if (suspects > 0) suspects--;
		const repeated = ready
			.slice(0, most)
			.findIndex(({ event, failed }) => event.attempt > 1 || event.isSuspect || failed !== undefined);
		return ready.splice(0, repeated === -1 ? most : Math.max(repeated, 1));
	}

	async function together(batch: readonly Waiting<Event>[]): Promise<boolean> {
		try {
			await handleTogether(batch.map(({ event }) => event));
		} catch {
			// Whose error it was shows when each is handled alone; what does not come again then was nobody's.
			suspects = batch.length;
			ready.unshift(...batch);
			return false;
		}
		for (const { settle } of batch) settle({ kind: "done" });
		return true;
	}

	/** Fewer after a failure or a slow one, more after a full one that was quick. */
	function adapt(length: number, wentWell: boolean): void {
		if (!wentWell) size = Math.max(1, Math.floor(size / 2));
		else if (length === size) size = Math.min(batchMax, size * 2);
	}

	async function alone(each: Waiting<Event>): Promise<void> {
		const verdict = await handleAlone(each.event, each.failed?.attempts ?? 0);
		const isFailure = verdict.kind === "retry" || verdict.kind === "dead";
		if (isFailure && retriesInPlaceMs) tryInPlace(each, verdict, retriesInPlaceMs);
		else conclude(each, verdict);
	}

	function tryInPlace(
		each: Waiting<Event>,
		verdict: Extract<Verdict, { failure: Failure }>,
		delaysMs: readonly number[],
	): void {
		const { attempts, firstFailedAt } = each.failed ?? { attempts: 0, firstFailedAt: new Date() };
		const delayMs = delaysMs[attempts];
		each.failed = { attempts: attempts + 1, firstFailedAt };
		if (verdict.kind === "retry" && delayMs !== undefined) hold(each, delayMs);
		else conclude(each, { kind: "dead", failure: verdict.failure, inPlace: each.failed });
	}

	/** Its aggregate waits behind it, and nothing else does. */
	function hold(head: Waiting<Event>, delayMs: number): void {
		const { aggregateId } = head.event;
		const isBehind = ({ event }: Waiting<Event>): boolean => event.aggregateId === aggregateId;
		const behind = [...(held.get(aggregateId)?.behind ?? []), ...ready.filter(isBehind)];
		held.set(aggregateId, { behind, waitMs: delayMs });
		ready = ready.filter((each) => !isBehind(each));
		if (behind.length > 0)
			tellHeld(
				behind.map(({ event }) => event),
				delayMs,
			);
		const again = (): void => {
			pausing.delete(head);
			add(head);
		};
		pausing.set(head, setTimeout(again, delayMs));
	}

	function conclude({ event, settle }: Waiting<Event>, verdict: Verdict): void {
		settle(verdict);
		const behind = held.get(event.aggregateId)?.behind;
		if (!behind) return;
		held.delete(event.aggregateId);
		ready.unshift(...behind);
	}

	function add(each: Waiting<Event>): void {
		const hold = each.failed ? undefined : held.get(each.event.aggregateId);
		(hold?.behind ?? ready).push(each);
		if (hold) tellHeld([each.event], hold.waitMs);
		if (!working) void work();
	}

	function leaveAll(): void {
		for (const timer of pausing.values()) clearTimeout(timer);
		for (const { settle } of [...ready, ...pausing.keys(), ...[...held.values()].flatMap(({ behind }) => behind)])
			settle({ kind: "left" });
		ready = [];
		pausing.clear();
		held.clear();
	}

	return {
		handle: (event) => (stopped ? Promise.resolve({ kind: "left" }) : new Promise((settle) => add({ event, settle }))),
		stop() {
			stopped = true;
			if (!working) leaveAll();
		},
	};
}
