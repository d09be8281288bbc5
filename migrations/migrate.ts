import pg from "pg";
import type { MigrationFile } from "./files";

/** Any number that nobody else takes: "molecart" in ASCII, cut to 63 bits. */
const LOCK = "0x6d6f6c6563617274";

/** A file that was applied has been changed since. History is not edited: write a new file. */
export class ChangedMigrationError extends Error {
	override readonly name = "ChangedMigrationError";

	constructor(file: string, schema: string) {
		super(
			`The migration ${file} was changed after it had been applied to the schema ${schema}. ` +
				"Restore the file and put the change into a new one.",
		);
	}
}

/**
 * Applies to one database what is missing of the migrations of `schemas`, each in a transaction of its own.
 * However many nodes call this at once, one works and the others wait for it; a node that dies in the middle leaves
 * whole files only.
 * @returns the names of the files applied, as `file (schema)`
 * @throws {ChangedMigrationError}
 */
export async function migrate(
	url: string,
	schemas: readonly string[],
	files: readonly MigrationFile[],
): Promise<string[]> {
	const client = new pg.Client({
		connectionString: url,
		application_name: "molecart migrate",
		connectionTimeoutMillis: 5_000,
	});
	// The query in work is told as well; without a listener the event would end the process.
	client.on("error", () => undefined);
	await client.connect();
	try {
		await client.query(`SELECT pg_advisory_lock(${BigInt(LOCK)})`);
		await client.query("CREATE SCHEMA IF NOT EXISTS migrations");
		await client.query(`CREATE TABLE IF NOT EXISTS migrations.applied (
			file text NOT NULL,
			schema text NOT NULL,
			checksum text NOT NULL,
			applied_at timestamptz NOT NULL DEFAULT now(),
			PRIMARY KEY (file, schema)
		)`);
		return await applyMissing(client, schemas, files);
	} finally {
		await client.end();
	}
}

async function applyMissing(
	client: pg.Client,
	schemas: readonly string[],
	files: readonly MigrationFile[],
): Promise<string[]> {
	const rows = await client.query<{ file: string; schema: string; checksum: string }>(
		"SELECT file, schema, checksum FROM migrations.applied",
	);
	const checksums = new Map(rows.rows.map((row) => [`${row.file} (${row.schema})`, row.checksum]));
	const applied: string[] = [];
	for (const file of files) {
		for (const schema of file.schemas.filter((name) => schemas.includes(name))) {
			const step = `${file.name} (${schema})`;
			const checksum = checksums.get(step);
			if (checksum === undefined) {
				await apply(client, file, schema);
				applied.push(step);
			} else if (checksum !== file.checksum) throw new ChangedMigrationError(file.name, schema);
		}
	}
	return applied;
}

async function apply(client: pg.Client, file: MigrationFile, schema: string): Promise<void> {
	await client.query("BEGIN");
	try {
		await client.query(`SET LOCAL search_path TO ${pg.escapeIdentifier(schema)}, public`);
		await client.query(file.sql);
		await client.query("INSERT INTO migrations.applied (file, schema, checksum) VALUES ($1, $2, $3)", [
			file.name,
			schema,
			file.checksum,
		]);
		await client.query("COMMIT");
	} catch (error) {
		// On a broken connection there is nothing to roll back, and the first error is the one to tell.
		await client.query("ROLLBACK").catch(() => undefined);
		throw new Error(`The migration ${file.name} failed in the schema ${schema}: ${(error as Error).message}`, {
			cause: error,
		});
	}
}
