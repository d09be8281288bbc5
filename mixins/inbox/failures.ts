import type { Database } from "../database/database";
import { sql } from "../database/statement";

/** Remembers which events a consumer has failed at, so that the search for missed ones leaves them alone. */
export interface InboxFailures {
	note(consumer: string, eventId: string): Promise<void>;
}

export function inboxFailuresOf(db: Database, schema: string): InboxFailures {
	const note = sql(
		`${schema}.inbox.note_failure`,
		`INSERT INTO ${schema}.inbox_failures (consumer, event_id) VALUES ($1, $2) ON CONFLICT DO NOTHING`,
	);
	return {
		async note(consumer, eventId) {
			await db.query(note, [consumer, eventId]);
		},
	};
}
