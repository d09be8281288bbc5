import type { Database } from "../database/database";
import { sql } from "../database/statement";

/** So many in one transaction: tens of milliseconds, and no lock that anybody waits for. */
const BATCH_MAX = 200;

/** Clears away what sagas have left in one schema. Any number of nodes may do it at once. */
export interface Retention {
	/** Removes one batch of what is older than so many days. @returns how many were removed; 0 when all is done */
	sweep(historyDays: number): Promise<number>;
}

/** The engine's side: sagas that have ended, with their logs. One that waits for an operator is kept for ever. */
export function sagaRetention(db: Database, schema: string): Retention {
	const prune = sql(
		`${schema}.saga.prune`,
		`WITH old AS (
			SELECT saga_id FROM ${schema}.saga_state
			WHERE status IN ('COMPLETED', 'COMPENSATED') AND updated_at < now() - $1 * interval '1 day'
			ORDER BY updated_at LIMIT ${BATCH_MAX} FOR UPDATE SKIP LOCKED
		), lines AS (
			DELETE FROM ${schema}.saga_log l USING old WHERE l.saga_id = old.saga_id
		)
		DELETE FROM ${schema}.saga_state s USING old WHERE s.saga_id = old.saga_id RETURNING s.saga_id`,
	);
	return { sweep: async (historyDays) => (await db.query(prune, [historyDays])).length };
}

/**
 * The other side: what a participant has done and undone, and its tombstones, of sagas that are over. Age alone says
 * nothing: a saga that waits for an operator may undo what was done months ago, and must find what it was. Only the
 * sagas' owner knows, so while it can't be asked nothing is removed. Found by the log, which only grows at its end and is
 * indexed by blocks (BRIN): an index on the state's time would be written at each step.
 * @param over which of some sagas are over, by their owner
 */
export function participantRetention(
	db: Database,
	schema: string,
	over: (sagaIds: readonly string[]) => Promise<readonly string[]>,
): Retention {
	const old = sql(
		`${schema}.participant.old`,
		`SELECT DISTINCT saga_id FROM (
			SELECT saga_id FROM ${schema}.saga_log
			WHERE at < now() - $1 * interval '1 day' AND saga_id <> ALL ($2::uuid[]) LIMIT ${BATCH_MAX}
		) lines`,
	);
	const prune = sql(
		`${schema}.participant.prune_over`,
		`WITH states AS (
			DELETE FROM ${schema}.saga_state
			WHERE saga_id = ANY ($2::uuid[]) AND updated_at < now() - $1 * interval '1 day'
		)
		DELETE FROM ${schema}.saga_log
		WHERE saga_id = ANY ($2::uuid[]) AND at < now() - $1 * interval '1 day' RETURNING operation_id`,
	);
	/** Sagas that are not over, so that a batch of them does not hide those behind it. */
	const unfinished = new Set<string>();

	return {
		async sweep(historyDays) {
			const days = Math.max(historyDays, UNBORN_DAYS);
			const rows = await db.query<{ saga_id: string }>(old, [days, [...unfinished]]);
			const ids = rows.map(({ saga_id }) => saga_id);
			if (ids.length === 0) {
				// From the beginning again: they may be over by now.
				unfinished.clear();
				return 0;
			}
			const ended = new Set(await over(ids));
			for (const id of ids) if (!ended.has(id)) unfinished.add(id);
			if (unfinished.size > UNFINISHED_MAX) unfinished.clear();
			return (await db.query(prune, [days, ids.filter((id) => ended.has(id))])).length;
		},
	};
}

/**
 * A saga that its owner does not know is over, or has not begun: the event that begins it may be on its way for as long as
 * an inbox takes events, 14 days.
 */
const UNBORN_DAYS = 15;

/** More that wait for an operator at once are no shop any more; they are asked about again then. */
const UNFINISHED_MAX = 10_000;
