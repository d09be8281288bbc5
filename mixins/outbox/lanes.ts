import { routeOf, type OutboxRow } from "./row";

/**
 * Events that were read and are not out of the outbox yet. Each aggregate has a lane, in the order of its versions, and
 * only the first of a lane may be on its way: a later one that overtook it could not be called back.
 */
export interface Lanes {
	/** How many events are held, from reading to removal. */
	readonly size: number;
	has(seq: number): boolean;
	held(): number[];
	/** Rows of one aggregate come in the order of their versions. */
	add(row: OutboxRow): void;
	/** Where the firsts go of lanes of which none is on its way. */
	routes(): string[];
	/** Such firsts; from now on they are on their way. */
	take(route: string, max: number): OutboxRow[];
	/** It was not confirmed, and stays the first of its lane. */
	notSent(row: OutboxRow): void;
	/** It was confirmed: the next of its lane may go. It is still held, until it is removed. */
	sent(row: OutboxRow): void;
	/** It is out of the outbox. */
	removed(seqs: readonly number[]): void;
	/** A read begins, whose answer leaves out what is held now. */
	begin(): void;
	/** Whether something of this aggregate was forgotten since then: what follows it may not go first. */
	isForgotten(aggregateId: string): boolean;
	/** Forgets a lane: its first was not confirmed, and what stands behind it waits in the table as well. */
	forget(aggregateId: string): OutboxRow[];
	/** Forgets lanes whose first goes there and is not on its way, all but so many. */
	forgetWaiting(route: string, butFor: number): void;
	/** Forgets what is not on its way, where the partition is one of those. */
	forgetIdle(concerns: (partition: number) => boolean): OutboxRow[];
}

interface Lane {
	rows: OutboxRow[];
	isUnderWay: boolean;
}

export function lanes(): Lanes {
	const byAggregate = new Map<string, Lane>();
	const held = new Set<number>();
	/** Lanes whose first may go, by where it goes to, in the order in which they became so. */
	const ready = new Map<string, Set<string>>();
	const forgotten = new Set<string>();

	function isReady({ rows: [first] }: Lane): void {
		const route = routeOf(first!);
		const there = ready.get(route);
		if (there) there.add(first!.aggregate_id);
		else ready.set(route, new Set([first!.aggregate_id]));
	}

	function isNotReady({ rows: [first] }: Lane): void {
		const route = routeOf(first!);
		const there = ready.get(route);
		there?.delete(first!.aggregate_id);
		if (there?.size === 0) ready.delete(route);
	}

	function forget(aggregateId: string): OutboxRow[] {
		const lane = byAggregate.get(aggregateId)!;
		isNotReady(lane);
		byAggregate.delete(aggregateId);
		letGo(lane.rows);
		return lane.rows;
	}

	function letGo(rows: readonly OutboxRow[]): void {
		for (const { seq, aggregate_id } of rows) {
			held.delete(seq);
			forgotten.add(aggregate_id);
		}
	}

	return {
		get size() {
			return held.size;
		},
		has: (seq) => held.has(seq),
		held: () => [...held],

		add(row) {
			held.add(row.seq);
			const lane = byAggregate.get(row.aggregate_id);
			if (lane) return void lane.rows.push(row);
			const begun: Lane = { rows: [row], isUnderWay: false };
			byAggregate.set(row.aggregate_id, begun);
			isReady(begun);
		},

		routes: () => [...ready.keys()],

		take(route, max) {
			const taken: OutboxRow[] = [];
			for (const aggregateId of ready.get(route) ?? []) {
				if (taken.length === max) break;
				const lane = byAggregate.get(aggregateId)!;
				lane.isUnderWay = true;
				isNotReady(lane);
				taken.push(lane.rows[0]!);
			}
			return taken;
		},

		notSent({ aggregate_id }) {
			const lane = byAggregate.get(aggregate_id)!;
			lane.isUnderWay = false;
			isReady(lane);
		},

		sent({ aggregate_id }) {
			const lane = byAggregate.get(aggregate_id)!;
			lane.rows.shift();
			lane.isUnderWay = false;
			if (lane.rows.length > 0) isReady(lane);
			else byAggregate.delete(aggregate_id);
		},

		removed(seqs) {
			for (const seq of seqs) held.delete(seq);
		},

		begin: () => forgotten.clear(),
		isForgotten: (aggregateId) => forgotten.has(aggregateId),

		forget,

		forgetWaiting(route, butFor) {
			for (const aggregateId of [...(ready.get(route) ?? [])].slice(butFor)) forget(aggregateId);
		},

		forgetIdle(concerns) {
			const idle: OutboxRow[] = [];
			for (const [aggregateId, lane] of byAggregate) {
				if (!concerns(lane.rows[0]!.partition)) continue;
				if (lane.isUnderWay) {
					const behind = lane.rows.splice(1);
					letGo(behind);
					idle.push(...behind);
				} else idle.push(...forget(aggregateId));
			}
			return idle;
		},
	};
}
