import { sql } from "../../database/statement";

/** Columns of a message as it is claimed. */
export interface ClaimedRow {
	id: number;
	exchange: string;
	routing_key: string;
	event_id: string | null;
	body: string;
	attempts: number;
}

export interface DeadLetterRow {
	id: number;
	event_id: string | null;
	exchange: string;
	routing_key: string;
	body: string;
	attempts: number;
	first_failed_at: Date;
	died_at: Date;
	error_code: string;
	error_message: string;
	error_stack: string | null;
	node: string;
	release: string | null;
}

/** $1 queue, $2 exchanges, $3 patterns, $4 patterns as regular expressions. What the queue no longer listens to goes. */
export const bind = sql(
	"events.bind",
	`WITH given AS (SELECT DISTINCT * FROM unnest($2::text[], $3::text[], $4::text[]) AS given (exchange, pattern, matches)),
	gone AS (
		DELETE FROM events.bindings
		WHERE queue = $1 AND NOT EXISTS (SELECT FROM given WHERE (given.exchange, given.pattern) = (bindings.exchange, bindings.pattern))
	)
	INSERT INTO events.bindings (queue, exchange, pattern, matches)
	SELECT $1, exchange, pattern, matches FROM given
	ON CONFLICT (queue, exchange, pattern) DO UPDATE SET matches = excluded.matches`,
);

/**
 * $1 positions in the batch, $2 exchanges, $3 routing keys, $4 event ids, $5 bodies, $6 queues. One row for each queue that
 * listens, in the order of the batch; two patterns of one queue count once. With a queue, only there, if there is one.
 * Answers which queues each message has reached.
 */
export const publish = sql(
	"events.publish",
	`WITH batch AS (
		SELECT * FROM unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
			AS batch (position, exchange, routing_key, event_id, body, addressee)
	), routed AS (
		SELECT DISTINCT position, queue
		FROM batch JOIN events.bindings ON CASE WHEN addressee IS NULL
			THEN bindings.exchange = batch.exchange AND batch.routing_key ~ bindings.matches ELSE queue = addressee END
	), stored AS (
		INSERT INTO events.messages (queue, exchange, routing_key, event_id, body)
		SELECT queue, exchange, routing_key, event_id, body FROM routed JOIN batch USING (position) ORDER BY position
	)
	SELECT position, array_agg(queue) AS queues FROM routed GROUP BY position`,
);

/**
 * $1 queue, $2 ids in hand, $3 how many. Those whose delay is over come first: they are the older ones. Neither half
 * looks at what is not due, however much of it there is.
 */
export const claim = sql(
	"events.claim",
	`(SELECT id, exchange, routing_key, event_id, body, attempts FROM events.messages
		WHERE queue = $1 AND delayed_until <= now() AND id <> ALL ($2::bigint[]) ORDER BY delayed_until, id LIMIT $3)
	UNION ALL
	(SELECT id, exchange, routing_key, event_id, body, attempts FROM events.messages
		WHERE queue = $1 AND delayed_until IS NULL AND id <> ALL ($2::bigint[]) ORDER BY id LIMIT $3)
	LIMIT $3`,
);

/** $1 ids */
export const done = sql("events.done", "DELETE FROM events.messages WHERE id = ANY ($1::bigint[])");

/** $1 ids, $2 attempts made by now, $3 delays in milliseconds. Says it in full, so that saying it twice does no harm. */
export const delay = sql(
	"events.delay",
	`UPDATE events.messages SET
		attempts = failed.attempts,
		first_failed_at = coalesce(first_failed_at, now()),
		delayed_until = now() + failed.delay_ms * interval '1 millisecond'
	FROM unnest($1::bigint[], $2::int[], $3::int[]) AS failed (id, attempts, delay_ms)
	WHERE messages.id = failed.id`,
);

/** $1 ids, $2 attempts made by now, $3 when the first of this delivery failed, $4 error codes, $5 messages, $6 stacks, $7 node, $8 release */
export const bury = sql(
	"events.bury",
	`WITH failed AS (
		SELECT * FROM unnest($1::bigint[], $2::int[], $3::timestamptz[], $4::text[], $5::text[], $6::text[])
			AS failed (id, attempts_made, failed_at, code, message, stack)
	), gone AS (
		DELETE FROM events.messages USING failed WHERE messages.id = failed.id
		RETURNING messages.id, messages.queue, messages.exchange, messages.routing_key, messages.event_id, messages.body,
			messages.first_failed_at, failed.attempts_made, failed.failed_at, failed.code, failed.message, failed.stack
	)
	INSERT INTO events.dead_letters (queue, exchange, routing_key, event_id, body, attempts, first_failed_at, died_at,
		error_code, error_message, error_stack, node, release)
	SELECT queue, exchange, routing_key, event_id, body, attempts_made, coalesce(first_failed_at, failed_at, now()), now(),
		code, message, stack, $7, $8
	FROM gone ORDER BY id`,
);

/** $1 queue. The last one is where a visit ends: what dies during it waits for the next. */
export const countDead = sql(
	"events.count_dead",
	"SELECT count(*)::int AS total, max(id) AS last FROM events.dead_letters WHERE queue = $1",
);

/** $1 queue */
export const countWaiting = sql(
	"events.count_waiting",
	"SELECT count(*)::int AS waiting FROM events.messages WHERE queue = $1",
);

/** $1 queue, $2 the letter before, $3 the last letter, $4 how many */
export const nextDead = sql(
	"events.next_dead",
	`SELECT id, event_id, exchange, routing_key, body, attempts, first_failed_at, died_at, error_code, error_message,
		error_stack, node, release
	FROM events.dead_letters WHERE queue = $1 AND id > $2 AND id <= $3 ORDER BY id LIMIT $4`,
);

/** $1 ids. Answers those that were still there. */
export const putBackDead = sql(
	"events.put_back_dead",
	`WITH back AS (DELETE FROM events.dead_letters WHERE id = ANY ($1::bigint[]) RETURNING *),
	stored AS (
		INSERT INTO events.messages (queue, exchange, routing_key, event_id, body)
		SELECT queue, exchange, routing_key, event_id, body FROM back ORDER BY id
	)
	SELECT id FROM back`,
);

/** $1 ids. Answers those that were still there. */
export const removeDead = sql(
	"events.remove_dead",
	"DELETE FROM events.dead_letters WHERE id = ANY ($1::bigint[]) RETURNING id",
);
