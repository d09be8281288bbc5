import type { Control } from "./control";

/** Where it is kept what a database is to begin with. */
const SCHEMA = "simulator";

const OURS = `nspname !~ '^(pg_|information_schema$|${SCHEMA}$)'`;

/**
 * Keeps what is in a database now, for {@link reset}. Emptying what was written takes a tenth of what another copy of it
 * takes, and leaves it to those who are connected.
 */
export async function keep(control: Control): Promise<void> {
	await control.query(`CREATE SCHEMA ${SCHEMA}`);
	const tables = await control.query<{ name: string }>(
		`SELECT format('%I.%I', nspname, relname) AS name FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
		WHERE relkind IN ('r', 'p') AND ${OURS} AND NOT relispartition ORDER BY 1`,
	);
	const refill: string[] = [];
	for (const { name } of tables) {
		const [row] = await control.query<{ filled: boolean }>(`SELECT EXISTS (SELECT FROM ${name}) AS filled`);
		if (!row!.filled) continue;
		const kept = `${SCHEMA}.kept_${refill.length}`;
		await control.query(`CREATE TABLE ${kept} AS TABLE ${name}`);
		refill.push(`INSERT INTO ${name} SELECT * FROM ${kept};`);
	}
	await control.query(
		`CREATE FUNCTION ${SCHEMA}.reset() RETURNS void LANGUAGE plpgsql AS $$
		DECLARE
			written text;
		BEGIN
			-- A table that is empty and was not has pages: it is emptied too, as they would decide where rows lie.
			SELECT string_agg(oid::regclass::text, ', ' ORDER BY oid) INTO written FROM pg_class
			WHERE relkind = 'r' AND relnamespace IN (SELECT oid FROM pg_namespace WHERE ${OURS})
				AND pg_relation_size(oid) > 0;
			IF written IS NOT NULL THEN EXECUTE 'TRUNCATE ' || written || ' CASCADE'; END IF;
			PERFORM setval(oid::regclass, seqstart, false) FROM pg_sequence JOIN pg_class ON pg_class.oid = seqrelid
			WHERE relnamespace IN (SELECT oid FROM pg_namespace WHERE ${OURS});
			${refill.join("\n\t\t\t")}
		END $$`,
	);
}

/** Puts a database back to what was kept. Nobody may be at work in it. */
export async function reset(control: Control): Promise<void> {
	await control.query(`SELECT ${SCHEMA}.reset()`);
}
