import type { OutboxRow } from "./row";

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
	/** The firsts of lanes of which none is on its way; from now on they are. */
	take(max: number): OutboxRow[];
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
	/** Lanes whose first may go, in the order in which they became so. */
	const ready = new Set<string>();
	const forgotten = new Set<string>();

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
			if (lane) lane.rows.push(row);
			else byAggregate.set(row.aggregate_id, { rows: [row], isUnderWay: false });
			if (!lane?.isUnderWay) ready.add(row.aggregate_id);
		},

		take(max) {
			const taken: OutboxRow[] = [];
			for (const aggregateId of ready) {
				if (taken.length === max) break;
				const lane = byAggregate.get(aggregateId)!;
				lane.isUnderWay = true;
				ready.delete(aggregateId);
				taken.push(lane.rows[0]!);
			}
			return taken;
		},

		sent({ aggregate_id }) {
			const lane = byAggregate.get(aggregate_id)!;
			lane.rows.shift();
			lane.isUnderWay = false;
			if (lane.rows.length > 0) ready.add(aggregate_id);
			else byAggregate.delete(aggregate_id);
		},

		removed(seqs) {
			for (const seq of seqs) held.delete(seq);
		},

		begin: () => forgotten.clear(),
		isForgotten: (aggregateId) => forgotten.has(aggregateId),

		forget(aggregateId) {
			const { rows } = byAggregate.get(aggregateId)!;
			byAggregate.delete(aggregateId);
			ready.delete(aggregateId);
			letGo(rows);
			return rows;
		},

		forgetIdle(concerns) {
			const idle: OutboxRow[] = [];
			for (const [aggregateId, lane] of byAggregate) {
				if (!concerns(lane.rows[0]!.partition)) continue;
				idle.push(...lane.rows.splice(lane.isUnderWay ? 1 : 0));
				if (lane.rows.length > 0) continue;
				byAggregate.delete(aggregateId);
				ready.delete(aggregateId);
			}
			letGo(idle);
			return idle;
		},
	};
}
