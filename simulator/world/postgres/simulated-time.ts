import type pg from "pg";

/** Functions that tell the machine's time. What replaces them tells the simulation's. */
const CLOCKS: Readonly<Record<string, { setting: string; volatility: string }>> = {
	now: { setting: "sim.now", volatility: "STABLE" },
	transaction_timestamp: { setting: "sim.now", volatility: "STABLE" },
	statement_timestamp: { setting: "sim.clock", volatility: "STABLE" },
	clock_timestamp: { setting: "sim.clock", volatility: "VOLATILE" },
};

/**
 * Makes a database, and all that are made after it, go by simulated time: its own functions get other names, and ours
 * take theirs before anything is made that calls them. Written as `current_timestamp`, a word and no function, the time
 * stays the machine's.
 */
export async function simulateTime(client: Pick<pg.Client, "query">): Promise<void> {
	await client.query("SET allow_system_table_mods = on");
	for (const [name, { setting, volatility }] of Object.entries(CLOCKS)) {
		await client.query(`ALTER FUNCTION pg_catalog.${name}() RENAME TO machine_${name}`);
		await client.query(
			`CREATE FUNCTION pg_catalog.${name}() RETURNS timestamptz LANGUAGE sql ${volatility} PARALLEL SAFE
			AS $$ SELECT pg_catalog.current_setting('${setting}')::timestamptz $$`,
		);
	}
	await client.query("RESET allow_system_table_mods");
}
