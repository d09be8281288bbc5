import { sql } from "../database/statement";

/** The engine's statements for one schema; its tables are made by a migration (`create_saga_tables`). */
export function sagaStatements(schema: string) {
	const table = `${schema}.saga_state`;
	const unfinished = "status IN ('RUNNING', 'COMPENSATING')";
	/** $1 to $8 are what `columnsOf` makes. */
	const logLines = (from: string) => `INSERT INTO ${schema}.saga_log
		(saga_id, node, step, direction, attempt, operation_id, outcome, detail)
		SELECT $1::uuid, $2, line.* FROM ${from},
			unnest($3::text[], $4::text[], $5::int[], $6::uuid[], $7::text[], $8::jsonb[]) AS line`;
	const ms = (parameter: string) => `${parameter} * interval '1 millisecond'`;
	const inMs = (parameter: string) => `now() + ${ms(parameter)}`;
	const columns = `saga_id, saga, status, step, attempts, data, failure_reason, epoch, correlation_id,
		(extract(epoch FROM deadline_at - clock_timestamp()) * 1000)::float8 AS ms_left`;
	/** Names the step that the saga stands at, and the direction. */
	const lastLine = `SELECT step, direction, outcome FROM ${schema}.saga_log l WHERE l.saga_id = s.saga_id ORDER BY seq DESC LIMIT 1`;
	const isKnown = (sagas: string, steps: string) => `(s.saga, (SELECT step FROM (${lastLine}) last)) IN (
		SELECT * FROM unnest(${sagas}::text[], ${steps}::text[])
	)`;
	return {
		insert: sql(
			`${schema}.saga.insert`,
			`WITH begun AS (
				INSERT INTO ${table} (saga_id, saga, status, step, data, deadline_at, correlation_id, owner, lease_until)
				VALUES ($1, $9, 'RUNNING', $10, $11, ${inMs("$12::float8")}, $13, $14, CASE WHEN $14::text IS NOT NULL THEN ${inMs("$15::int")} END)
				RETURNING saga_id
			)
			${logLines("begun")}`,
		),
		move: sql(
			`${schema}.saga.move`,
			`WITH moved AS (
				UPDATE ${table} SET status = $11, step = $12, attempts = $13, data = $14, failure_reason = $15,
					version = version + 1, updated_at = now(), wake_at = ${inMs("$18::int")},
					owner = CASE WHEN $16 THEN owner END,
					lease_until = CASE WHEN $16 THEN ${inMs("$17::int")} END
				WHERE saga_id = $1 AND owner = $9 AND epoch = $10 AND ${unfinished}
				RETURNING saga_id
			), noted AS (
				${logLines("moved")}
			)
			SELECT saga_id FROM moved`,
		),
		// Who waits adds two lines to the log, however long: the answers of all later looks are counted in the second, and
		// what was written down before each of them is taken away again.
		wait: sql(
			`${schema}.saga.wait`,
			`WITH moved AS (
				UPDATE ${table} SET version = version + 1, updated_at = now(), wake_at = ${inMs("$11::int")}, owner = NULL,
					lease_until = NULL
				WHERE saga_id = $1 AND owner = $9 AND epoch = $10 AND ${unfinished}
				RETURNING saga_id
			), answered AS (
				SELECT l.saga_id, seq FROM ${schema}.saga_log l JOIN moved USING (saga_id)
				WHERE outcome <> 'STARTED' ORDER BY seq DESC LIMIT 1
			), again AS (
				UPDATE ${schema}.saga_log l SET at = clock_timestamp(), node = $2, detail = ($8::jsonb[])[1] || jsonb_build_object(
					'times', coalesce((l.detail ->> 'times')::int, 1) + 1, 'since', coalesce(l.detail -> 'since', to_jsonb(l.at))
				)
				FROM answered WHERE l.saga_id = answered.saga_id AND l.seq = answered.seq AND l.outcome = 'AWAY'
					AND (l.step, l.direction, l.attempt) = (($3::text[])[1], ($4::text[])[1], ($5::int[])[1])
				RETURNING l.saga_id, l.seq
			), superseded AS (
				DELETE FROM ${schema}.saga_log l USING again WHERE l.saga_id = again.saga_id AND l.seq > again.seq
			), noted AS (
				${logLines("(SELECT FROM moved WHERE NOT EXISTS (SELECT FROM again)) first")}
			)
			SELECT saga_id FROM moved`,
		),
		log: sql(`${schema}.saga.log`, logLines("(SELECT $1::uuid AS saga_id) one")),
		claim: sql(
			`${schema}.saga.claim`,
			`UPDATE ${table} s SET owner = $1, epoch = epoch + 1, version = version + 1, lease_until = ${inMs("$2::int")}
			WHERE saga_id IN (
				SELECT saga_id FROM ${table} s
				WHERE ${unfinished} AND wake_at <= now() - ${ms("$7::int")} AND (owner IS NULL OR lease_until < now() OR ($4 AND owner <> $1))
					AND ${isKnown("$5", "$6")}
				ORDER BY wake_at LIMIT $3 FOR UPDATE SKIP LOCKED
			)
			RETURNING ${columns}`,
		),
		lost: sql(
			`${schema}.saga.lost`,
			`SELECT ${columns} FROM ${table} s
			WHERE ${unfinished} AND wake_at < now() - ${ms("$1::int")}
				AND (owner IS NULL OR lease_until < now() - ${ms("$1::int")}) AND NOT ${isKnown("$2", "$3")}
			ORDER BY wake_at LIMIT 100 FOR UPDATE SKIP LOCKED`,
		),
		strand: sql(
			`${schema}.saga.strand`,
			`WITH stranded AS (
				UPDATE ${table} SET status = 'NEEDS_OPERATOR', failure_reason = coalesce(failure_reason, $9), owner = NULL,
					lease_until = NULL, version = version + 1, updated_at = now()
				WHERE saga_id = $1
				RETURNING saga_id
			)
			${logLines("stranded")}`,
		),
		lock: sql(`${schema}.saga.lock`, `SELECT ${columns} FROM ${table} s WHERE saga_id = $1 FOR UPDATE`),
		// A statement of its own, after the rows are locked: one that locks and looks at once may see an older log.
		positions: sql(
			`${schema}.saga.positions`,
			`SELECT s.saga_id, last.step, last.direction, CASE WHEN answered.outcome = 'AWAY' THEN
				(extract(epoch FROM clock_timestamp() - answered.since) * 1000)::float8
			END AS waited_ms
			FROM unnest($1::uuid[]) AS s (saga_id) CROSS JOIN LATERAL (${lastLine}) last
				LEFT JOIN LATERAL (
					SELECT outcome, coalesce((detail ->> 'since')::timestamptz, at) AS since FROM ${schema}.saga_log l
					WHERE l.saga_id = s.saga_id AND outcome <> 'STARTED' ORDER BY seq DESC LIMIT 1
				) answered ON true`,
		),
		// In the order in which they were first tried. A node that wrote it down may have done it, whatever it wrote after.
		tried: sql(
			`${schema}.saga.tried`,
			`SELECT step FROM ${schema}.saga_log WHERE saga_id = $1 GROUP BY step
			HAVING bool_or(direction = 'do')
				AND NOT bool_or(direction = 'undo' AND outcome IN ('SUCCEEDED', 'SKIPPED', 'COMPLETED_BY_HAND'))
			ORDER BY min(seq) FILTER (WHERE direction = 'do')`,
		),
		found: sql(
			`${schema}.saga.found`,
			`UPDATE ${table} s SET status = CASE last.direction WHEN 'do' THEN 'RUNNING' ELSE 'COMPENSATING' END, attempts = 0,
				failure_reason = nullif(failure_reason, $3), wake_at = now(), version = version + 1, updated_at = now()
			FROM (
				SELECT s.saga_id, last.direction
				FROM ${table} s CROSS JOIN LATERAL (${lastLine}) last
				WHERE status = 'NEEDS_OPERATOR' AND last.outcome = 'UNKNOWN' AND (s.saga, last.step) IN (
					SELECT * FROM unnest($1::text[], $2::text[])
				)
				ORDER BY s.created_at LIMIT 100 FOR UPDATE OF s SKIP LOCKED
			) last
			WHERE s.saga_id = last.saga_id AND status = 'NEEDS_OPERATOR'
			RETURNING s.saga_id, s.saga`,
		),
		resume: sql(
			`${schema}.saga.resume`,
			`WITH resumed AS (
				UPDATE ${table} SET owner = $9, epoch = $10, status = $11, step = $12, attempts = 0, failure_reason = $13,
					lease_until = CASE WHEN $9::text IS NOT NULL THEN ${inMs("$14::int")} END,
					wake_at = now(), version = version + 1, updated_at = now()
				WHERE saga_id = $1
				RETURNING saga_id
			)
			${logLines("resumed")}`,
		),
		// Past a row that somebody has locked: the leases of all the others would run out while it is waited for. Nobody
		// takes that one over meanwhile, and who is about to move it renews it by that.
		renew: sql(
			`${schema}.saga.renew`,
			`UPDATE ${table} SET lease_until = ${inMs("$2::int")}
			WHERE saga_id IN (
				SELECT saga_id FROM ${table} WHERE owner = $1 AND saga_id = ANY ($3) AND ${unfinished} FOR UPDATE SKIP LOCKED
			)`,
		),
		release: sql(
			`${schema}.saga.release`,
			`UPDATE ${table} SET owner = NULL, lease_until = NULL WHERE owner = $1 AND ${unfinished}`,
		),
		nudge: sql(
			`${schema}.saga.nudge`,
			`UPDATE ${table} SET wake_at = now() WHERE saga_id = $1 AND owner IS NULL AND ${unfinished} AND wake_at > now()`,
		),
	};
}
