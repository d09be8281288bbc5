import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { onServer } from "../tests/support/postgres-server";
import { testDatabase, type TestDatabase } from "../tests/support/servers";
import { until } from "../tests/support/until";
import { readMigrations, type MigrationFile } from "./files";
import { migrate } from "./migrate";

let database: TestDatabase;

beforeEach(async () => {
	database = await testDatabase();
});

afterEach(() => database[Symbol.asyncDispose]());

function file(name: string, sql: string, schemas = ["shelf"]): MigrationFile {
	return { name, schemas, sql, checksum: createHash("sha256").update(sql).digest("hex") };
}

const createShelf = file("001_create_shelf.sql", "CREATE SCHEMA shelf; CREATE TABLE books (title text);");
const addAuthor = file("002_add_author.sql", "ALTER TABLE books ADD author text;");
const addYear = file("003_add_year.sql", "ALTER TABLE books ADD year integer;");
const three = [createShelf, addAuthor, addYear];

const ask = <Row extends object>(text: string): Promise<Row[]> =>
	onServer(database.url, async (client) => (await client.query<Row>(text)).rows);

async function columns(schema = "shelf"): Promise<string[]> {
	const rows = await ask<{ column_name: string }>(
		`SELECT column_name FROM information_schema.columns WHERE table_schema = '${schema}' ORDER BY ordinal_position`,
	);
	return rows.map(({ column_name }) => column_name);
}

async function applied(): Promise<string[]> {
	const rows = await ask<{ file: string }>("SELECT file FROM migrations.applied WHERE schema = 'shelf' ORDER BY file");
	return rows.map((row) => row.file);
}

test("what is missing is applied once, in order, and told", async () => {
	expect(await migrate(database.url, ["shelf"], [createShelf])).toEqual(["001_create_shelf.sql (shelf)"]);
	expect(await migrate(database.url, ["shelf"], three)).toEqual([
		"002_add_author.sql (shelf)",
		"003_add_year.sql (shelf)",
	]);
	expect(await migrate(database.url, ["shelf"], three)).toEqual([]);

	expect(await columns()).toEqual(["title", "author", "year"]);
});

test("a file is applied in each schema that it names and that this database holds", async () => {
	const schemas = ["shelf", "attic", "cellar"].map((name) =>
		file(`00${name.length}_x.sql`, `CREATE SCHEMA ${name};`, [name]),
	);
	const shared = file("009_create_boxes.sql", "CREATE TABLE boxes (label text);", ["shelf", "attic", "cellar"]);

	const done = await migrate(database.url, ["shelf", "attic"], [...schemas, shared]);

	expect(done.filter((step) => step.startsWith("009"))).toEqual([
		"009_create_boxes.sql (shelf)",
		"009_create_boxes.sql (attic)",
	]);
	expect(await columns("attic")).toEqual(["label"]);
	expect(await columns("cellar")).toEqual([]);
});

test("of four that migrate at once, each file is applied by exactly one", async () => {
	const done = await Promise.all(Array.from({ length: 4 }, () => migrate(database.url, ["shelf"], three)));

	expect(done.flat().toSorted()).toEqual(three.map(({ name }) => `${name} (shelf)`));
	expect(await applied()).toEqual(three.map(({ name }) => name));
});

test("a file that was changed after it had been applied is refused by its name", async () => {
	await migrate(database.url, ["shelf"], three);
	const changed = file(addAuthor.name, "ALTER TABLE books ADD author text NOT NULL;");

	await expect(migrate(database.url, ["shelf"], [createShelf, changed, addYear])).rejects.toThrow(
		"The migration 002_add_author.sql was changed after it had been applied to the schema shelf. " +
			"Restore the file and put the change into a new one.",
	);
});

test("a file that fails is rolled back as a whole, alone, and told by its name", async () => {
	const broken = file("002_broken.sql", "ALTER TABLE books ADD half text; ALTER TABLE boks ADD other text;");

	await expect(migrate(database.url, ["shelf"], [createShelf, broken, addYear])).rejects.toThrow(
		'The migration 002_broken.sql failed in the schema shelf: relation "boks" does not exist',
	);

	expect(await applied()).toEqual(["001_create_shelf.sql"]);
	expect(await columns()).toEqual(["title"]);
	expect(await migrate(database.url, ["shelf"], three)).toEqual([
		"002_add_author.sql (shelf)",
		"003_add_year.sql (shelf)",
	]);
});

test("a table that somebody holds is not waited for for long, and the file is applied later", async () => {
	await migrate(database.url, ["shelf"], [createShelf]);
	await onServer(database.url, async (reader) => {
		await reader.query("BEGIN; SELECT FROM shelf.books");

		await expect(migrate(database.url, ["shelf"], three)).rejects.toThrow(
			"The migration 002_add_author.sql failed in the schema shelf: canceling statement due to lock timeout. " +
				"Somebody has held a table for 5 s that it needs for itself",
		);
	});

	expect(await migrate(database.url, ["shelf"], three)).toHaveLength(2);
});

test("a connection that is ended in the middle is an error that names the file, and leaves whole files only", async () => {
	const suicide = file(
		"002_suicide.sql",
		"ALTER TABLE books ADD half text; SELECT pg_terminate_backend(pg_backend_pid());",
	);

	await expect(migrate(database.url, ["shelf"], [createShelf, suicide])).rejects.toThrow(
		/^The migration 002_suicide\.sql failed in the schema shelf: terminating connection/,
	);

	expect(await columns()).toEqual(["title"]);
});

describe("somebody who may only work on the tables", () => {
	let url: string;

	beforeEach(async () => {
		await migrate(database.url, ["shelf"], three);
		const own = new URL(database.url);
		own.username = `${own.pathname.slice(1)}_reader`;
		own.password = "s3cr3t";
		url = own.href;
		await ask(`CREATE ROLE ${own.username} LOGIN PASSWORD 's3cr3t';
			GRANT USAGE ON SCHEMA migrations TO ${own.username}; GRANT SELECT ON migrations.applied TO ${own.username}`);
	});

	test("finds that nothing is missing", async () => {
		expect(await migrate(url, ["shelf"], three)).toEqual([]);
	});

	test("is told to migrate as the owner when something is", async () => {
		const addPages = file("004_add_pages.sql", "ALTER TABLE shelf.books ADD pages integer;");
		const { username } = new URL(url);

		await expect(migrate(url, ["shelf"], [...three, addPages])).rejects.toThrow(
			"The migration 004_add_pages.sql failed in the schema shelf: permission denied for schema shelf. " +
				`The user ${username} may not do that: run npm run migrate as the owner of the tables, ` +
				"and see which rights docs/operating.md gives to the others.",
		);
	});

	test("is told so when it may not even look", async () => {
		const { username } = new URL(url);
		await ask(`REVOKE ALL ON migrations.applied FROM ${username}`);

		await expect(migrate(url, ["shelf"], three)).rejects.toThrow(
			`permission denied for table applied. The user ${username} may not do that: run npm run migrate`,
		);
	});
});

describe("as processes", () => {
	/** A lock that a migration waits for, so that a process can be caught in its middle. */
	const GATE = 20_261_123;
	let folder: string;

	beforeEach(async () => {
		folder = await fs.mkdtemp(path.join(os.tmpdir(), "molecart-migrate-"));
		for (const { name, sql } of [
			createShelf,
			file(addAuthor.name, `${addAuthor.sql} SET LOCAL lock_timeout = 0; SELECT pg_advisory_xact_lock(${GATE});`),
			addYear,
		]) {
			await fs.writeFile(path.join(folder, name), `-- schema: shelf\n${sql}\n`);
		}
	});

	afterEach(() => fs.rm(folder, { recursive: true }));

	function start() {
		const program = path.join(__dirname, "testing/migrate-process.ts");
		const child = spawn(process.execPath, ["--import", "tsx", program, database.url, folder, "shelf"]);
		let [out, err] = ["", ""];
		child.stdout.on("data", (text) => (out += String(text)));
		child.stderr.on("data", (text) => (err += String(text)));
		const ended = new Promise<string[] | string>((resolve) =>
			child.on("close", (code) => resolve(code === 0 ? (JSON.parse(out) as string[]) : err)),
		);
		return { ended, kill: () => child.kill("SIGKILL") };
	}

	const waiting = async (what: string): Promise<number> =>
		(
			await ask(
				`SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'advisory' AND query LIKE '%${what}%'`,
			)
		).length;

	test("one of four is killed in the middle of a file: the next one does that file again, and nobody any twice", async () => {
		const files = await readMigrations(folder);
		const left = await onServer(database.url, async (client) => {
			await client.query(`SELECT pg_advisory_lock(${GATE})`);
			const killed = start();
			await until(async () => (await waiting(String(GATE))) === 1, {
				what: "the first to be in the middle",
				withinMs: 120_000,
			});
			const others = [start(), start(), start()];
			await until(async () => (await waiting("SELECT pg_advisory_lock")) === 3, {
				what: "the others to wait",
				withinMs: 120_000,
			});

			killed.kill();
			await killed.ended;
			await client.query(`SELECT pg_advisory_unlock(${GATE})`);
			return Promise.all(others.map(({ ended }) => ended));
		});

		expect(left.flat().toSorted()).toEqual(["002_add_author.sql (shelf)", "003_add_year.sql (shelf)"]);
		expect(left.filter((each) => each.length === 0)).toHaveLength(2);
		expect(await applied()).toEqual(files.map(({ name }) => name));
		expect(await columns()).toEqual(["title", "author", "year"]);
	});
});
