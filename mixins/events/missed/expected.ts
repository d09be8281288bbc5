import type { Database } from "../../database/database";
import { sql } from "../../database/statement";
import type { EventContract } from "../contract";
import type { PublishedEvent } from "./decide";

/** An event that should be in its queue, and is not handled. */
export interface OverdueEvent {
	eventId: string;
	/** As PostgreSQL writes it, to the microsecond. */
	dueAt: string;
	/** Where it was published; null where an older node has noted it. */
	exchange: string | null;
	routingKey: string | null;
}

/** The events that a consumer's comparisons have passed: they have failed, or were sent again. */
export interface Expected {
	/** Expects what was sent again, unless it has failed, or died, meanwhile. */
	add(consumer: string, sent: readonly PublishedEvent[]): Promise<void>;
	/** Forgets what was handled meanwhile. */
	forget(consumer: string): Promise<void>;
	/**
	 * Those that are lost, of what was published on these keys, longest overdue first: their time is over, and one that
	 * can only have come later is handled already, or nothing waits in the queue.
	 */
	overdue(
		consumer: string,
		keys: readonly Pick<EventContract, "exchange" | "routingKey">[],
		isQueueEmpty: boolean,
	): Promise<OverdueEvent[]>;
	/** They are expected anew, those that were sent again after a growing pause. */
	postpone(consumer: string, overdue: readonly (OverdueEvent & { isSent: boolean })[]): Promise<void>;
	/** Those that are neither handled nor discarded, and so should be among the dead letters. */
	dead(consumer: string): Promise<string[]>;
	/** They are dead letters: nobody expects them. */
	bury(consumer: string, eventIds: readonly string[]): Promise<void>;
	/** They are no dead letters any more, and were not handled. */
	unbury(consumer: string, eventIds: readonly string[]): Promise<void>;
}

/** A statement of its handler may take 10 s before it fails and says so, and its way back takes some time as well. */
export const OVERDUE_MS = 15_000;
/** A queue is handled in its order, but for what lies in a consumer's hands. */
const IN_HAND_MS = 1_000;
/** Of one look, and so of what is sent again at once. */
const PAGE = 1_000;
/** As many as one look into the dead letters shows. */
const DEAD_MAX = 10_000;
/** One statement for all that a long trouble has left behind could take longer than a statement may. */
const FORGOTTEN_AT_ONCE = 10_000;
/** After the first, second, third copy: 0, 5, 15 s and so on. One that arrives and fails begins anew. */
const PAUSE_S = "least(600, 5 * (power(2, least(sent_again, 10)) - 1))";

/** What a UUIDv7 begins with (RFC 9562, section 5.7), as of now: an id of a later time is of a clock that is wrong. */
const NOW_AS_ID = "rpad(lpad(to_hex((extract(epoch FROM now()) * 1000)::bigint), 12, '0'), 32, '0')::uuid";
const MADE_AT = "to_timestamp(('x' || left(replace(event_id::text, '-', ''), 12))::bit(48)::bigint / 1000.0)";

export function expectedBy(db: Database, schema: string): Expected {
	const handled = `SELECT FROM ${schema}.inbox i WHERE i.consumer = f.consumer AND i.event_id = f.event_id`;
	const add = sql(
		`${schema}.missed.add`,
		`INSERT INTO ${schema}.inbox_failures (consumer, event_id, exchange, routing_key, due_at, sent_again)
		SELECT $1, event_id, exchange, routing_key, now(), 1
		FROM unnest($2::uuid[], $3::text[], $4::text[]) AS sent (event_id, exchange, routing_key)
		ORDER BY event_id ON CONFLICT DO NOTHING`,
	);
	const forget = sql(
		`${schema}.missed.forget`,
		`DELETE FROM ${schema}.inbox_failures WHERE consumer = $1 AND event_id IN (
			SELECT f.event_id FROM ${schema}.inbox_failures f
			WHERE f.consumer = $1 AND (f.due_at IS NULL OR f.due_at < now()) AND EXISTS (${handled})
			LIMIT ${FORGOTTEN_AT_ONCE}
		)`,
	);
	// What was made after an event was back in its queue stands behind it there. The id tells it by the clock of the
	// node that made it: one that goes wrong costs a duplicate, which the inbox absorbs.
	const overdue = sql(
		`${schema}.missed.overdue`,
		`SELECT event_id AS "eventId", due_at::text AS "dueAt", exchange, routing_key AS "routingKey"
		FROM ${schema}.inbox_failures f
		WHERE consumer = $1 AND due_at < now() - interval '${OVERDUE_MS} milliseconds'
			AND ($2 OR due_at < (
				SELECT ${MADE_AT} FROM ${schema}.inbox
				WHERE consumer = $1 AND event_id < ${NOW_AS_ID} AND substr(event_id::text, 15, 1) = '7'
				ORDER BY event_id DESC LIMIT 1
			) - interval '${IN_HAND_MS} milliseconds')
			AND (routing_key IS NULL OR (exchange, routing_key) IN (SELECT * FROM unnest($3::text[], $4::text[])))
			AND NOT EXISTS (${handled})
		ORDER BY due_at LIMIT ${PAGE}`,
	);
	// What a consumer has noted meanwhile holds.
	const postpone = sql(
		`${schema}.missed.postpone`,
		`UPDATE ${schema}.inbox_failures f
		SET due_at = now() + CASE WHEN is_sent THEN ${PAUSE_S} * interval '1 second' ELSE interval '0' END,
			sent_again = sent_again + is_sent::int
		FROM unnest($2::uuid[], $3::timestamptz[], $4::boolean[]) AS looked_at (event_id, due_at, is_sent)
		WHERE f.consumer = $1 AND f.event_id = looked_at.event_id AND f.due_at = looked_at.due_at`,
	);
	const dead = sql(
		`${schema}.missed.dead`,
		`SELECT event_id AS id FROM ${schema}.inbox_failures f
		WHERE consumer = $1 AND due_at IS NULL AND NOT EXISTS (${handled}) AND NOT EXISTS (
			SELECT FROM ${schema}.dead_letters_discarded d WHERE d.queue = f.consumer AND d.letter_id = f.event_id::text
		)
		LIMIT ${DEAD_MAX}`,
	);
	const bury = sql(
		`${schema}.missed.bury`,
		`INSERT INTO ${schema}.inbox_failures (consumer, event_id, due_at)
		SELECT $1, event_id, NULL FROM unnest($2::uuid[]) AS event_id ORDER BY event_id
		ON CONFLICT (consumer, event_id) DO UPDATE SET due_at = NULL`,
	);
	const unbury = sql(
		`${schema}.missed.unbury`,
		`UPDATE ${schema}.inbox_failures SET due_at = now()
		WHERE consumer = $1 AND event_id = ANY ($2::uuid[]) AND due_at IS NULL`,
	);

	return {
		async add(consumer, sent) {
			await db.query(add, [
				consumer,
				sent.map(({ eventId }) => eventId),
				sent.map(({ exchange }) => exchange ?? null),
				sent.map(({ routingKey }) => routingKey ?? null),
			]);
		},
		async forget(consumer) {
			await db.query(forget, [consumer]);
		},
		overdue: (consumer, keys, isQueueEmpty) =>
			db.query<OverdueEvent>(overdue, [
				consumer,
				isQueueEmpty,
				keys.map(({ exchange }) => exchange),
				keys.map(({ routingKey }) => routingKey),
			]),
		async postpone(consumer, events) {
			await db.query(postpone, [
				consumer,
				events.map(({ eventId }) => eventId),
				events.map(({ dueAt }) => dueAt),
				events.map(({ isSent }) => isSent),
			]);
		},
		async dead(consumer) {
			return (await db.query<{ id: string }>(dead, [consumer])).map(({ id }) => id);
		},
		async bury(consumer, eventIds) {
			if (eventIds.length > 0) await db.query(bury, [consumer, eventIds]);
		},
		async unbury(consumer, eventIds) {
			await db.query(unbury, [consumer, eventIds]);
		},
	};
}
