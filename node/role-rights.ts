import type pg from "pg";

/**
 * The statements that give a role what it lacks for its work: to read and write the rows of one schema, and nothing
 * else. Asked of the catalogue, so that whatever a migration adds is found, and a start that has nothing to give changes
 * nothing. Partitions are reached through their tables and need no right of their own.
 */
const LACKING = `
	SELECT format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), role) AS statement
	FROM asked WHERE NOT has_database_privilege(role, current_database(), 'CONNECT')
	UNION ALL
	SELECT format('GRANT USAGE ON SCHEMA %I TO %I', schema, role)
	FROM asked WHERE NOT has_schema_privilege(role, schema, 'USAGE')
	UNION ALL
	SELECT format('GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE %I.%I TO %I', schema, relname, role)
	FROM asked JOIN pg_class ON relnamespace = schema::regnamespace
	WHERE relkind IN ('r', 'p', 'v') AND NOT relispartition AND EXISTS (
		SELECT FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS right_to
		WHERE NOT has_table_privilege(role, pg_class.oid, right_to)
	)
	UNION ALL
	SELECT format('GRANT USAGE ON SEQUENCE %I.%I TO %I', schema, relname, role)
	FROM asked JOIN pg_class ON relnamespace = schema::regnamespace
	WHERE relkind = 'S' AND NOT has_sequence_privilege(role, pg_class.oid, 'USAGE')
	UNION ALL
	SELECT format('GRANT EXECUTE ON FUNCTION %s TO %I', pg_proc.oid::regprocedure, role)
	FROM asked JOIN pg_proc ON pronamespace = schema::regnamespace
	WHERE NOT has_function_privilege(role, pg_proc.oid, 'EXECUTE')`;

export async function lackingRights(client: pg.Client, role: string, schema: string): Promise<string[]> {
	const { rows } = await client.query<{ statement: string }>(
		`WITH asked AS (SELECT $1::name AS role, $2::text AS schema) ${LACKING}`,
		[role, schema],
	);
	return rows.map(({ statement }) => statement);
}
