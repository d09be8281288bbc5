import path from "node:path";
import { readMigrations } from "../migrations/files";
import { migrate } from "../migrations/migrate";
import { onServer } from "../tests/support/postgres-server";

/** Schemas of these names, each with the tables of the event mixins, and the one that carries events without a broker. */
export async function makeSchemas(url: string, ...schemas: string[]): Promise<void> {
	await ask(url, schemas.map((schema) => `CREATE SCHEMA ${schema}`).join(";"));
	const files = await readMigrations(path.join(__dirname, "../migrations"));
	const wanted = files
		.filter(({ name }) =>
			/_(create_event_tables|partition_event_tables|find_missed_events|note_suspect_events)\.sql$/.test(name),
		)
		.map((file) => ({ ...file, schemas }));
	await migrate(url, schemas, wanted);
	await migrate(url, ["events"], files);
}

export function ask<Row extends object>(url: string, text: string): Promise<Row[]> {
	return onServer(url, async (client) => (await client.query<Row>(text)).rows);
}
