import type { Transaction } from "../database/database";
import { sql } from "../database/statement";

/** How long an inbox knows what was handled, in days. An older event is refused: nobody could tell whether it is new. */
export const INBOX_MEMORY_DAYS = 14;

/** Remembers which consumer has handled which event, in the schema of the service that consumes. */
export interface Inbox {
	/**
	 * The first statement of a handler's transaction: writes down that `consumer` handles the event.
	 * A second delivery at the same time waits here until the first has committed or rolled back.
	 * @returns false when it has been handled before: acknowledge and stop
	 */
	accept(tx: Transaction, consumer: string, eventId: string): Promise<boolean>;
}

/** An idempotent receiver (Hohpe and Woolf, "Enterprise Integration Patterns", 2003), made exact by the transaction. */
export function inboxOf(schema: string): Inbox {
	const accept = sql(
		`${schema}.inbox.accept`,
		`INSERT INTO ${schema}.inbox (consumer, event_id) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING event_id`,
	);
	return {
		async accept(tx, consumer, eventId) {
			const rows = await tx.query(accept, [consumer, eventId]);
			return rows.length === 1;
		},
	};
}
