import type { Database } from "../../database/database";
import { failureOf, tooLarge } from "../failure";
import type { QueueSpec } from "../topology";
import type { Consumer, Delivery, Log, Verdict } from "../transport";
import type { Settlement, Settler } from "./settler";
import { claim, type ClaimedRow } from "./statements";

/** Publishing wakes a consumer, so the sweep is for what nobody woke it for: late commits, a lost connection. */
const SWEEP_MS_MIN = 100;
const SWEEP_MS_MAX = 1_000;

export interface PostgresConsumer extends Consumer {
	readonly queue: string;
	/** What it has let go for; undefined while it is to consume. */
	lacking(): string | undefined;
	/** The last look at the queue succeeded. */
	isUp(): boolean;
	/** There may be something new in the queue. */
	wake(): void;
}

/**
 * Claims messages by remembering them: this process is alone on the database, so the list of what is in hand need not be
 * written anywhere, and a killed process leaves nothing claimed.
 */
export function startConsumer(
	spec: QueueSpec,
	handle: (delivery: Delivery) => Promise<Verdict>,
	{ database, settler, log }: { database: Database; settler: Settler; log: Log },
): PostgresConsumer {
	const inHand = new Map<number, Promise<void>>();
	const stopping = new AbortController();
	let looking: Promise<void> | undefined;
	let lookAgain = false;
	let mayHaveMore = false;
	let failing = false;
	let lacking: string | undefined;
	/** Grows with each pause: what was taken before it and left is to be taken again after it. */
	let life = 0;
	let left: number[] = [];
	let sweepMs = SWEEP_MS_MIN;
	let sweep: NodeJS.Timeout | undefined;

	function wake(): void {
		if (stopping.signal.aborted || lacking !== undefined) return;
		if (looking) lookAgain = true;
		else looking = look();
	}

	/** Fills the hand up from the queue. */
	async function look(): Promise<void> {
		clearTimeout(sweep);
		do {
			lookAgain = false;
			const found = await claimSome();
			sweepMs = found > 0 ? SWEEP_MS_MIN : Math.min(sweepMs * 2, SWEEP_MS_MAX);
		} while (lookAgain && !stopping.signal.aborted);
		looking = undefined;
		if (!stopping.signal.aborted) sweep = setTimeout(wake, sweepMs);
	}

	async function claimSome(): Promise<number> {
		const room = spec.prefetch - inHand.size;
		if (room <= 0) return 0;
		const askedIn = life;
		try {
			const rows = await database.query<ClaimedRow>(claim, [spec.name, [...inHand.keys()], room]);
			mayHaveMore = rows.length === room;
			failing = false;
			// What was asked before a pause leaves out what was in hand then, and would overtake it.
			if (stopping.signal.aborted || lacking !== undefined || askedIn !== life) return 0;
			for (const row of rows.toSorted((a, b) => a.id - b.id)) inHand.set(row.id, work(row));
			return rows.length;
		} catch (error) {
			if (!failing) log.warn(`The queue ${spec.name} can't be read: ${(error as Error).message}`);
			failing = true;
			return 0;
		}
	}

	async function work(row: ClaimedRow): Promise<void> {
		const bornIn = life;
		const delivery = deliveryOf(spec.name, row);
		const failure = tooLarge(delivery.body.length);
		const verdict: Verdict = failure
			? { kind: "dead", failure }
			: await handle(delivery).catch((error: unknown) => ({ kind: "retry", failure: failureOf(error) }));
		if (verdict.kind === "left") {
			if (bornIn === life) left.push(row.id);
			else inHand.delete(row.id);
			return;
		}
		const settlement = settlementOf(spec, row, verdict);
		await settler.settle(settlement).catch(() => undefined);
		inHand.delete(row.id);
		if (settlement.kind === "delayed") setTimeout(wake, settlement.delayMs).unref();
		// Half a hand at a time: one claim then fetches several.
		if (mayHaveMore && inHand.size <= spec.prefetch / 2) wake();
	}

	wake();

	return {
		queue: spec.name,
		isUp: () => !failing,
		lacking: () => lacking,
		wake,
		pause(reason) {
			lacking ??= reason;
			life++;
			clearTimeout(sweep);
			for (const id of left.splice(0)) inHand.delete(id);
		},
		resume() {
			lacking = undefined;
			wake();
		},
		async stop() {
			stopping.abort();
			clearTimeout(sweep);
			await looking;
			await Promise.all(inHand.values());
			inHand.clear();
		},
	};
}

function deliveryOf(queue: string, row: ClaimedRow): Delivery {
	return {
		queue,
		exchange: row.exchange,
		routingKey: row.routing_key,
		messageId: row.event_id ?? undefined,
		body: Buffer.from(row.body),
		attempt: row.attempts + 1,
		// There is one process, and a message that is in its hands is noted nowhere.
		returned: 0,
	};
}

function settlementOf(
	{ retryDelaysMs }: QueueSpec,
	{ id, attempts }: ClaimedRow,
	verdict: Exclude<Verdict, { kind: "left" }>,
): Settlement {
	if (verdict.kind === "done") return { kind: "done", id };
	const { failure } = verdict;
	const delayMs = retryDelaysMs[attempts];
	if (verdict.kind === "dead" || delayMs === undefined) {
		const inPlace = verdict.kind === "dead" ? verdict.inPlace : undefined;
		return {
			kind: "dead",
			id,
			failure,
			attempts: attempts + (inPlace?.attempts ?? 1),
			firstFailedAt: inPlace?.firstFailedAt,
		};
	}
	return { kind: "delayed", id, attempts: attempts + 1, delayMs };
}
