import { sql } from "../../database/statement";
import type { Rule } from "../../retention/clear-away";

/** What operators gave up for good, of dead letters and of the outbox, is told for so many days. */
export function oldDiscards(schema: string, days: number): Rule[] {
	const discards = (table: string, id: string, what: string): Rule => ({
		what,
		remove: sql(
			`${schema}.${table}.forget`,
			`DELETE FROM ${schema}.${table} WHERE ${id} IN (
				SELECT ${id} FROM ${schema}.${table} WHERE discarded_at < now() - $2 * interval '1 day'
				ORDER BY discarded_at LIMIT $1 FOR UPDATE SKIP LOCKED
			) RETURNING ${id}`,
		),
		values: [days],
	});
	return [
		discards("dead_letters_discarded", "id", "discarded letters"),
		discards("outbox_discarded", "event_id", "discarded events"),
	];
}
