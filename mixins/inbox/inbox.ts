import type { Transaction } from "../database/database";
import { sql } from "../database/statement";

/** How long an inbox knows what was handled, in days. An older event is refused: nobody could tell whether it is new. */
export const INBOX_MEMORY_DAYS = 14;

/** Remembers which consumer has handled which event, in the schema of the service that consumes. */
export interface Inbox {
	/**
	 * The first statement of a handler's transaction: writes down that `consumer` handles these events.
	 * A second delivery at the same time waits here until the first has committed or rolled back.
	 * @returns those that have not been handled before, each once however often it was given; the others are done
	 */
	accept(tx: Pick<Transaction, "query">, consumer: string, eventIds: readonly string[]): Promise<Set<string>>;
}

/** An idempotent receiver (Hohpe and Woolf, "Enterprise Integration Patterns", 2003), made exact by the transaction. */
export function inboxOf(schema: string): Inbox {
	// In the order of the ids, so that two nodes that were given the same events don't wait for each other.
	const accept = sql(
		`${schema}.inbox.accept_all`,
		`INSERT INTO ${schema}.inbox (consumer, event_id)
		SELECT $1, given.event_id FROM unnest($2::uuid[]) AS given (event_id) ORDER BY given.event_id
		ON CONFLICT DO NOTHING RETURNING event_id`,
	);
	return {
		async accept(tx, consumer, eventIds) {
			const rows = await tx.query<{ event_id: string }>(accept, [consumer, eventIds]);
			return new Set(rows.map(({ event_id }) => event_id));
		},
	};
}
