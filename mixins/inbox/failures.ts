import type { Database } from "../database/database";
import { sql } from "../database/statement";
import type { EventTransport } from "../events/transport";

/** An event that a consumer could not handle. */
export interface FailedEvent {
	eventId: string;
	/** Where it was first published: a node that does not listen there does not look for it either. */
	exchange: string;
	routingKey: string;
	/** When it will be in its queue, or its lane, again; undefined for a dead letter. */
	backInMs: number | undefined;
}

/**
 * Remembers what a consumer has failed at, and until when it is expected back: so the search for missed events leaves
 * alone what is tried again, and finds what got lost meanwhile.
 */
export interface InboxFailures {
	/** What is said last of an event holds. */
	note(consumer: string, failed: readonly FailedEvent[]): Promise<void>;
}

/** Over PostgreSQL messages lie beside the inbox, and none gets lost alone: nobody looks for them. */
const UNASKED: InboxFailures = { note: () => Promise.resolve() };

export function inboxFailuresOf({ kind }: Pick<EventTransport, "kind">, db: Database, schema: string): InboxFailures {
	if (kind === "postgres") return UNASKED;
	// By the database's clock, which all nodes share. It has come back, if it ever was away: so the pause begins anew.
	// In the order of the ids, so that two nodes don't wait for each other.
	const note = sql(
		`${schema}.inbox.note_failures`,
		`INSERT INTO ${schema}.inbox_failures (consumer, event_id, exchange, routing_key, due_at)
		SELECT DISTINCT ON (event_id) $1, event_id, exchange, routing_key, now() + back_in_ms * interval '1 millisecond'
		FROM unnest($2::uuid[], $3::text[], $4::text[], $5::float8[]) AS failed (event_id, exchange, routing_key, back_in_ms)
		ORDER BY event_id
		ON CONFLICT (consumer, event_id) DO UPDATE SET exchange = EXCLUDED.exchange, routing_key = EXCLUDED.routing_key,
			due_at = EXCLUDED.due_at, sent_again = 0`,
	);
	return {
		async note(consumer, failed) {
			if (failed.length === 0) return;
			await db.query(note, [
				consumer,
				failed.map(({ eventId }) => eventId),
				failed.map(({ exchange }) => exchange),
				failed.map(({ routingKey }) => routingKey),
				failed.map(({ backInMs }) => backInMs ?? null),
			]);
		},
	};
}
