import { sql, type Statement } from "../database/statement";

/** The outbox's statements for one schema; its tables are made by a migration (`create_event_tables`). */
export interface OutboxStatements {
	append: Statement;
	heads: Statement;
	remove: Statement;
	postpone: Statement;
}

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
			SELECT $1, $2, head.version, $3, $4, $5, $6, $7, $8, $9, $10 FROM head`,
		),
		// Only the oldest event of each aggregate: what waits behind a failing one waits with it, and nothing else does.
		heads: sql(
			`${schema}.outbox.heads`,
			`SELECT seq, event_id, event_type, version, exchange, routing_key, correlation_id, causation_id,
				aggregate_id, aggregate_version, data::text AS data, created_at, attempts
			FROM ${schema}.outbox o
			WHERE partition = ANY ($1::smallint[]) AND dead_at IS NULL
				AND (next_attempt_at IS NULL OR next_attempt_at <= now())
				AND NOT EXISTS (
					SELECT FROM ${schema}.outbox earlier
					WHERE earlier.aggregate_id = o.aggregate_id AND earlier.aggregate_version < o.aggregate_version
						AND earlier.dead_at IS NULL
				)
			ORDER BY seq LIMIT $2`,
		),
		remove: sql(`${schema}.outbox.remove`, `DELETE FROM ${schema}.outbox WHERE seq = ANY ($1::bigint[])`),
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
