import { sql, type Statement } from "../database/statement";

/** The outbox's statements for one schema; its tables are made by migrations (`create_event_tables` and what follows). */
export interface OutboxStatements {
	append: Statement;
	read: Statement;
	/** The same without the routes $5 (exchange and routing key), and without what stands behind them in its aggregate. */
	readWithout: Statement;
	remove: Statement;
	postpone: Statement;
}

const HISTORY = `event_id, aggregate_id, aggregate_version, event_type, version, exchange, routing_key, correlation_id,
				causation_id, data, created_at, attempts`;

export function outboxStatements(schema: string): OutboxStatements {
	return {
		// The upsert locks the aggregate before the identity column gives out a number: so for one aggregate the order
		// of seq is the order of commit, and versions have no gap.
		append: sql(
			`${schema}.outbox.append`,
			`WITH head AS (
				INSERT INTO ${schema}.outbox_aggregates AS a (aggregate_id, version) VALUES ($2, 1)
				ON CONFLICT (aggregate_id) DO UPDATE SET version = a.version + 1
				RETURNING version
			)
			INSERT INTO ${schema}.outbox (event_id, aggregate_id, aggregate_version, partition, event_type, version,
				exchange, routing_key, correlation_id, causation_id, data)
			SELECT $1, $2, head.version, $3, $4, $5, $6, $7, $8, $9, $10 FROM head
			RETURNING seq`,
		),
		read: sql(`${schema}.outbox.read`, read(schema, "")),
		readWithout: sql(
			`${schema}.outbox.read_without`,
			read(
				schema,
				`AND NOT EXISTS (
						SELECT FROM ${schema}.outbox aside
						WHERE aside.aggregate_id = waiting.aggregate_id AND aside.aggregate_version <= waiting.aggregate_version
							AND aside.dead_at IS NULL AND aside.exchange || ' ' || aside.routing_key = ANY ($5::text[])
					)`,
			),
		),
		remove: sql(
			`${schema}.outbox.remove`,
			`WITH sent AS (DELETE FROM ${schema}.outbox WHERE seq = ANY ($1::bigint[]) RETURNING *)
			INSERT INTO ${schema}.outbox_history (${HISTORY}) SELECT ${HISTORY} FROM sent`,
		),
		postpone: sql(
			`${schema}.outbox.postpone`,
			`UPDATE ${schema}.outbox o
			SET attempts = attempts + 1, last_error = failed.reason,
				next_attempt_at = now() + failed.delay_ms * interval '1 millisecond',
				dead_at = CASE WHEN failed.dead THEN now() END
			FROM unnest($1::bigint[], $2::text[], $3::float8[], $4::boolean[]) AS failed (seq, reason, delay_ms, dead)
			WHERE o.seq = failed.seq`,
		),
	};
}

/**
 * $1 partitions, $2 the mark of each, $3 how many of each, $4 what is held already. Numbers of different partitions need no
 * order among them: an aggregate has one partition. Aggregates whose first waits for its next attempt are left out with
 * all that stands behind it; the anti-join looks at the few that do.
 */
function read(schema: string, without: string): string {
	return `SELECT o.*, earlier.seq AS earlier_seq
			FROM unnest($1::smallint[], $2::bigint[]) AS mine (partition, mark)
			CROSS JOIN LATERAL (
				SELECT seq, partition, event_id, event_type, version, exchange, routing_key, correlation_id, causation_id,
					aggregate_id, aggregate_version, data::text AS data, created_at, attempts
				FROM ${schema}.outbox waiting
				WHERE partition = mine.partition AND seq > mine.mark AND dead_at IS NULL AND seq <> ALL ($4::bigint[])
					AND NOT EXISTS (
						SELECT FROM ${schema}.outbox postponed
						WHERE postponed.aggregate_id = waiting.aggregate_id AND postponed.dead_at IS NULL
							AND postponed.next_attempt_at > now()
					)
					${without}
				ORDER BY seq LIMIT $3
			) o
			LEFT JOIN ${schema}.outbox earlier ON earlier.aggregate_id = o.aggregate_id
				AND earlier.aggregate_version = o.aggregate_version - 1
				AND earlier.dead_at IS NULL AND earlier.seq <= mine.mark
			ORDER BY o.seq`;
}
