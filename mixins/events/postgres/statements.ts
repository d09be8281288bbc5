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
 * $1 positions in the batch, $2 exchanges, $3 routing keys, $4 event ids, $5 bodies. One row for each queue that listens,
 * in the order of the batch; two patterns of one queue count once. Answers which queues each message has reached.
 */
export const publish = sql(
	"events.publish",
	`WITH batch AS (
		SELECT * FROM unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::text[])
			AS batch (position, exchange, routing_key, event_id, body)
	), routed AS (
		SELECT DISTINCT position, queue
		FROM batch JOIN events.bindings ON bindings.exchange = batch.exchange AND batch.routing_key ~ bindings.matches
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

/** $1 ids, $2 error codes, $3 error messages, $4 stacks, $5 node */
export const bury = sql(
	"events.bury",
	`WITH failed AS (SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[]) AS failed (id, code, message, stack)),
	gone AS (DELETE FROM events.messages USING failed WHERE messages.id = failed.id RETURNING messages.*, code, message, stack)
	INSERT INTO events.dead_letters (queue, exchange, routing_key, event_id, body, attempts, first_failed_at, died_at,
		error_code, error_message, error_stack, node)
	SELECT queue, exchange, routing_key, event_id, body, attempts + 1, coalesce(first_failed_at, now()), now(),
		code, message, stack, $5
	FROM gone ORDER BY id`,
);

/** $1 queue, $2 how many */
export const listDead = sql(
	"events.list_dead",
	`SELECT event_id, exchange, routing_key, body, attempts, first_failed_at, died_at, error_code, error_message, error_stack, node
	FROM events.dead_letters WHERE queue = $1 ORDER BY id LIMIT $2`,
);

/** $1 queue, $2 event ids, or NULL for all of them */
export const replayDead = sql(
	"events.replay_dead",
	`WITH back AS (
		DELETE FROM events.dead_letters WHERE queue = $1 AND ($2::text[] IS NULL OR event_id = ANY ($2)) RETURNING *
	)
	INSERT INTO events.messages (queue, exchange, routing_key, event_id, body)
	SELECT queue, exchange, routing_key, event_id, body FROM back ORDER BY id
	RETURNING id`,
);
