import { setTimeout as pause } from "node:timers/promises";
import type { Database } from "../database/database";
import type { Statement } from "../database/statement";

/** What one statement removes: a fraction of a second, also where rows take others along. */
const BATCH_MAX = 500;

/** Between two batches, so that whatever has piled up is no load: some thousand rows a second at the most. */
const BREATH_MS = 100;

/** One kind of rows that are cleared away when they are old. */
export interface Rule {
	/** For the log, in the plural. */
	what: string;
	/** Removes at most $1 of them and returns a row for each. Made by {@link removeOldest}, or to the same effect. */
	remove: Statement;
	/** $2 and what follows. */
	values?: readonly unknown[];
	/** Where another number of rows is worth one statement. */
	batchMax?: number;
}

/**
 * SQL that removes $1 rows of a table, oldest first, and passes over what somebody else has locked. By their places in an
 * array: joined with a subquery, whose size the planner guesses at a tenth of the table, it would read the whole table.
 * @param by the column with the time, the last one of an index that serves `where`
 * @param where what is old, by the database's clock; the table is called `old` there
 */
export function removeOldest(table: string, by: string, where: string): string {
	return `DELETE FROM ${table} WHERE ctid = ANY (ARRAY(
		SELECT ctid FROM ${table} AS old WHERE ${where} ORDER BY ${by} LIMIT $1 FOR UPDATE SKIP LOCKED
	)) RETURNING true AS removed`;
}

/**
 * Removes what a rule calls old, batch by batch, until there is no more. Any number of nodes may do it at once: each
 * takes what the others have not locked, and nobody waits.
 * @param signal ends it after the statement that is under way
 * @returns how many were removed
 */
export async function clearAway(
	db: Pick<Database, "query">,
	{ remove, values = [], batchMax = BATCH_MAX }: Rule,
	signal?: AbortSignal,
): Promise<number> {
	let count = 0;
	while (!signal?.aborted) {
		const { length } = await db.query(remove, [batchMax, ...values]);
		count += length;
		if (length < batchMax) break;
		await pause(BREATH_MS * (0.5 + Math.random()));
	}
	return count;
}
