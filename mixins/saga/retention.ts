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
 * The other side: what a participant has done and undone, and its tombstones. Found by its log, which only grows at its
 * end and is indexed by blocks (BRIN): an index on the state's time would be written at each step.
 */
export function participantRetention(db: Database, schema: string): Retention {
	const prune = sql(
		`${schema}.participant.prune`,
		`WITH old AS (
			SELECT operation_id, saga_id, step FROM ${schema}.saga_log
			WHERE at < now() - $1 * interval '1 day' LIMIT ${BATCH_MAX} FOR UPDATE SKIP LOCKED
		), states AS (
			DELETE FROM ${schema}.saga_state s USING old
			WHERE s.saga_id = old.saga_id AND s.step = old.step AND s.updated_at < now() - $1 * interval '1 day'
		)
		DELETE FROM ${schema}.saga_log l USING old WHERE l.operation_id = old.operation_id RETURNING l.operation_id`,
	);
	return { sweep: async (historyDays) => (await db.query(prune, [historyDays])).length };
}
