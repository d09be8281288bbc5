import { sql } from "../../database/statement";
import { INBOX_MEMORY_DAYS } from "../../inbox/inbox";
import { removeOldest, type Rule } from "../../retention/clear-away";

const IS_OLD = "discarded_at < now() - $2 * interval '1 day'";

/** As long as its failure is remembered, a letter without a note that it was discarded would be one that got lost. */
const LETTER_DAYS_MIN = INBOX_MEMORY_DAYS + 1;

/** What operators gave up for good, of dead letters and of the outbox, is told for so many days; letters for 15 at least. */
export function oldDiscards(schema: string, days: number): Rule[] {
	const discards = (table: string, what: string, forDays: number): Rule => ({
		what,
		remove: sql(`${schema}.${table}.forget`, removeOldest(`${schema}.${table}`, "discarded_at", IS_OLD)),
		values: [forDays],
	});
	return [
		discards("dead_letters_discarded", "discarded letters", Math.max(days, LETTER_DAYS_MIN)),
		discards("outbox_discarded", "discarded events", days),
	];
}
