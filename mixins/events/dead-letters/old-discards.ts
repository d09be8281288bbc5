import { sql } from "../../database/statement";
import { removeOldest, type Rule } from "../../retention/clear-away";

const IS_OLD = "discarded_at < now() - $2 * interval '1 day'";

/** What operators gave up for good, of dead letters and of the outbox, is told for so many days. */
export function oldDiscards(schema: string, days: number): Rule[] {
	const discards = (table: string, what: string): Rule => ({
		what,
		remove: sql(`${schema}.${table}.forget`, removeOldest(`${schema}.${table}`, "discarded_at", IS_OLD)),
		values: [days],
	});
	return [discards("dead_letters_discarded", "discarded letters"), discards("outbox_discarded", "discarded events")];
}
