import { readFile, rm, stat } from "node:fs/promises";
import path from "node:path";

import { startEmbeddedPostgres } from "./postgres";
import { query, temporaryFolder } from "./testing/given";

test("the first start makes a database, and a later one finds what was in it", async () => {
	await using folder = await temporaryFolder();
	const dataDir = path.join(folder.path, "new", "data");

	const first = await startEmbeddedPostgres({ dataDir });
	await query(first.url, "CREATE TABLE notes (text text); INSERT INTO notes VALUES ('kept')");
	await first.stop();
	const second = await startEmbeddedPostgres({ dataDir });
	const notes = await query(second.url, "SELECT text FROM notes");
	await second.stop();

	expect([first.firstStart, second.firstStart]).toEqual([true, false]);
	expect(notes).toEqual([{ text: "kept" }]);
});

describe("a started database", () => {
	let folder: Awaited<ReturnType<typeof temporaryFolder>>;
	let postgres: Awaited<ReturnType<typeof startEmbeddedPostgres>>;
	const lines: string[] = [];

	beforeAll(async () => {
		folder = await temporaryFolder();
		postgres = await startEmbeddedPostgres({ dataDir: folder.path, log: (line) => lines.push(line) });
	});
	afterAll(async () => {
		await postgres.stop();
		await folder[Symbol.asyncDispose]();
	});

	test("is PostgreSQL 18 in UTF-8 and UTC, with its durability on", async () => {
		const settings = await query<{ name: string; setting: string }>(
			postgres.url,
			`SELECT name, setting FROM pg_settings WHERE name IN ('server_encoding', 'TimeZone', 'log_timezone', 'fsync',
				'synchronous_commit', 'full_page_writes', 'max_connections', 'listen_addresses', 'unix_socket_directories')`,
		);

		expect(Object.fromEntries(settings.map(({ name, setting }) => [name, setting]))).toEqual({
			server_encoding: "UTF8",
			TimeZone: "UTC",
			log_timezone: "UTC",
			fsync: "on",
			synchronous_commit: "on",
			full_page_writes: "on",
			max_connections: "100",
			listen_addresses: "127.0.0.1",
			unix_socket_directories: "",
		});
		expect(await query(postgres.url, "SHOW server_version")).toEqual([{ server_version: "18.4" }]);
	});

	test("finds similar words beyond ASCII with pg_trgm", async () => {
		const found = await query(
			postgres.url,
			"CREATE EXTENSION pg_trgm; SELECT lower('ÉCLAIR') AS lower, similarity('Éclair', 'éclairs') > 0.5 AS similar",
		);

		expect(found).toEqual([{ lower: "éclair", similar: true }]);
	});

	test("asks for a password that only the owner of the data can read, and that no log tells", async () => {
		const file = path.join(folder.path, "postgres.password");
		const password = (await readFile(file, "utf8")).trim();
		const serverLog = await readFile(path.join(folder.path, "postgres.log"), "utf8");
		const wrong = query(postgres.url.replace(password, "wrong"), "SELECT 1");

		await expect(wrong).rejects.toThrow("password authentication failed");
		expect((await stat(file)).mode & 0o777).toBe(0o600);
		expect(password).toHaveLength(32);
		expect(serverLog + lines.join("\n")).not.toContain(password);
	});

	test("keeps the values of a failed statement out of its log", async () => {
		const duplicate = "CREATE TABLE u (email text UNIQUE); INSERT INTO u VALUES ('ada@x.test'), ('ada@x.test')";

		await expect(query(postgres.url, duplicate)).rejects.toThrow("duplicate key");
		expect(await readFile(path.join(folder.path, "postgres.log"), "utf8")).not.toContain("ada@x.test");
	});

	test("refuses a second start in the same process with a sentence", async () => {
		const second = startEmbeddedPostgres({ dataDir: folder.path });

		await expect(second).rejects.toThrow(`process ${process.pid}`);
		await expect(second).rejects.toThrow(`is running on the data in ${folder.path}. Stop it first`);
	});
});

test("a lost password file costs nothing but the old password", async () => {
	await using folder = await temporaryFolder();
	const first = await startEmbeddedPostgres({ dataDir: folder.path });
	await query(first.url, "CREATE TABLE notes AS SELECT 'kept' AS text");
	await first.stop();
	await rm(path.join(folder.path, "postgres.password"));

	const second = await startEmbeddedPostgres({ dataDir: folder.path });
	const notes = await query(second.url, "SELECT text FROM notes");
	await second.stop();

	expect(notes).toEqual([{ text: "kept" }]);
	expect(second.firstStart).toBe(false);
});

test("a start that was killed before the database was created is made good by the next", async () => {
	await using folder = await temporaryFolder();
	const first = await startEmbeddedPostgres({ dataDir: folder.path });
	await query(first.url.replace(/molecart$/, "postgres"), "DROP DATABASE molecart");
	await first.stop();

	const second = await startEmbeddedPostgres({ dataDir: folder.path });
	const answer = await query(second.url, "SELECT current_database() AS name");
	await second.stop();

	expect(answer).toEqual([{ name: "molecart" }]);
	expect(second.firstStart).toBe(true);
});

test("a server that can't start gives its last words as the reason", async () => {
	await using folder = await temporaryFolder();
	const first = await startEmbeddedPostgres({ dataDir: folder.path });
	await query(first.url, "ALTER SYSTEM SET shared_preload_libraries = 'no_such_library'");
	await first.stop();

	const second = startEmbeddedPostgres({ dataDir: folder.path });

	await expect(second).rejects.toThrow(/did not start on .* \(exit code 1\).*postgres\.log:\n[^]*no_such_library/);
});

test("stopping twice is stopping once", async () => {
	await using folder = await temporaryFolder();
	const postgres = await startEmbeddedPostgres({ dataDir: folder.path });

	await Promise.all([postgres.stop(), postgres.stop()]);
	await postgres.stop();

	await expect(query(postgres.url, "SELECT 1")).rejects.toThrow("ECONNREFUSED");
});
