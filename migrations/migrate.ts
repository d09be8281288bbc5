import pg from "pg";
import type { MigrationFile } from "./files";
import { clientConfig } from "../mixins/database/client-config";
import { LOCK_NOT_AVAILABLE } from "../mixins/database/errors";

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

const NO_RIGHT = "42501";

/** Whoever only works on the tables may look whether they are up to date, and not bring them there. */
export class MayNotMigrateError extends Error {
	override readonly name = "MayNotMigrateError";

	constructor(user: string, cause: Error) {
		super(
			`${cause.message.replace(/\.$/, "")}. The user ${user} may not do that: ` +
				"run npm run migrate as the owner of the tables, and see which rights docs/operating.md gives to the others.",
			{ cause },
		);
	}
}

/** A lock that waits makes everybody wait behind it, and so the whole shop. */
const LOCK_WAIT_MS = 5_000;

/** Somebody reads or writes what a migration has to have for itself: later it succeeds. */
export class TableInUseError extends Error {
	override readonly name = "TableInUseError";

	constructor(cause: Error) {
		super(
			`${cause.message}. Somebody has held a table for ${LOCK_WAIT_MS / 1_000} s that it needs for itself, ` +
				"a backup or a long query perhaps (pg_stat_activity tells). Nothing of it was done: try again.",
			{ cause },
		);
	}
}

/**
 * Applies to one database what is missing of the migrations of `schemas`, each in a transaction of its own.
 * However many nodes call this at once, one works and the others wait for it; a node that dies in the middle leaves
 * whole files only. Where nothing is missing, it takes no more than the right to read `migrations.applied`.
 * @param afterwards while the others still wait
 * @returns the names of the files applied, as `file (schema)`
 * @throws {ChangedMigrationError} {@link MayNotMigrateError} {@link TableInUseError}
 */
export async function migrate(
	url: string,
	schemas: readonly string[],
	files: readonly MigrationFile[],
	afterwards?: (client: pg.Client) => Promise<void>,
): Promise<string[]> {
	const client = new pg.Client({
		...clientConfig(url),
		application_name: "molecart migrate",
		connectionTimeoutMillis: 5_000,
	});
	// The query in work is told as well; without a listener the event would end the process.
	client.on("error", () => undefined);
	await client.connect();
	try {
		await client.query(`SELECT pg_advisory_lock(${BigInt(LOCK)})`);
		const applied = await bringUpToDate(client, schemas, files);
		await afterwards?.(client);
		return applied;
	} finally {
		await client.end();
	}
}

async function bringUpToDate(
	client: pg.Client,
	schemas: readonly string[],
	files: readonly MigrationFile[],
): Promise<string[]> {
	try {
		await makeBook(client);
		return await applyMissing(client, schemas, files);
	} catch (error) {
		const { code, cause } = error as { code?: unknown; cause?: { code?: unknown } };
		if ([code, cause?.code].includes(NO_RIGHT)) throw new MayNotMigrateError(client.user!, error as Error);
		if (cause?.code === LOCK_NOT_AVAILABLE) throw new TableInUseError(error as Error);
		throw error;
	}
}

/** What a database keeps beside the tables of its services. */
const BOOK = {
	applied: `CREATE TABLE migrations.applied (
		file text NOT NULL,
		schema text NOT NULL,
		checksum text NOT NULL,
		applied_at timestamptz NOT NULL DEFAULT now(),
		PRIMARY KEY (file, schema)
	)`,
	// Whoever may look into the schema can add what is missing, and nobody but the owner can change what is there.
	ids: `CREATE TABLE migrations.ids (
		whose text PRIMARY KEY CHECK (whose IN ('database', 'shop')),
		id text NOT NULL CHECK (id ~ '^[0-9a-f]{16}$'),
		made_at timestamptz NOT NULL DEFAULT now()
	);
	GRANT SELECT, INSERT ON migrations.ids TO PUBLIC`,
	// The shop's, for databases without its catalogue: where that is, it decides.
	currency: `CREATE TABLE migrations.currency (
		is_only_row boolean PRIMARY KEY DEFAULT true CHECK (is_only_row),
		code text NOT NULL CHECK (code ~ '^[A-Z]{3}$'),
		kept_at timestamptz NOT NULL DEFAULT now()
	);
	GRANT SELECT, INSERT ON migrations.currency TO PUBLIC`,
};

/** IF NOT EXISTS takes the right to make it even where it is there; the catalogue tells everybody. */
async function makeBook(client: pg.Client): Promise<void> {
	const { rows } = await client.query<{ name: string }>(
		"SELECT tablename AS name FROM pg_tables WHERE schemaname = 'migrations'",
	);
	if (rows.length === 0) await client.query("CREATE SCHEMA IF NOT EXISTS migrations");
	const there = new Set(rows.map(({ name }) => name));
	for (const [name, statement] of Object.entries(BOOK)) if (!there.has(name)) await client.query(statement);
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
		await client.query(`SET LOCAL lock_timeout = ${LOCK_WAIT_MS}`);
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
