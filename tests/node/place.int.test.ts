import pg from "pg";
import { SecondProcessError, takePlace } from "../../node/place";
import { startNode } from "../../node/node";
import { readSettings } from "../../node/settings";
import { onServer } from "../support/postgres-server";
import { testDatabase, type TestDatabase } from "../support/servers";
import { until } from "../support/until";

const SENTENCE =
	"Another Molecart process works on this database. Without AMQP_URL there is one process for a database: " +
	"stop the other one, or set AMQP_URL for both.";

const HOLDERS = `SELECT pid FROM pg_locks JOIN pg_database d ON d.oid = database
	WHERE datname = current_database() AND locktype = 'advisory' AND granted`;
const WAITING = `SELECT FROM pg_locks JOIN pg_database d ON d.oid = database
	WHERE datname = current_database() AND locktype = 'advisory' AND NOT granted`;
let database: TestDatabase;

beforeAll(async () => {
	database = await testDatabase();
});

afterAll(() => database[Symbol.asyncDispose]());

const never = (reason: string): never => {
	throw new Error(`Nothing should be lost, but: ${reason}`);
};

test("a second process on the same database is refused until the first one lets go", async () => {
	const first = await takePlace(database.url, true, never);

	await expect(takePlace(database.url, true, never)).rejects.toThrow(new SecondProcessError());
	await first.release();
	const second = await takePlace(database.url, true, never);

	await second.release();
});

test("of ten that ask at once, one gets it", async () => {
	const asked = await Promise.allSettled(Array.from({ length: 10 }, () => takePlace(database.url, true, never)));

	const got = asked.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
	expect(got).toHaveLength(1);
	await got[0]!.release();
});

test("those that a broker connects share a database, with each other and with no process without one", async () => {
	const first = await takePlace(database.url, false, never);
	const second = await takePlace(database.url, false, never);

	await first.release();
	await expect(takePlace(database.url, true, never)).rejects.toThrow(new SecondProcessError());
	await second.release();
	const only = await takePlace(database.url, true, never);
	await expect(takePlace(database.url, false, never)).rejects.toThrow(new SecondProcessError());

	await only.release();
});

test("a process whose connection is ended takes its place again, and others are refused as before", async () => {
	const only = await takePlace(database.url, true, never);
	const [before] = await holders();

	await onServer(database.url, (client) => client.query("SELECT pg_terminate_backend($1)", [before]));
	await until(async () => (await holders()).some((pid) => pid !== before), { what: "the place to be taken again" });

	await expect(takePlace(database.url, true, never)).rejects.toThrow(new SecondProcessError());
	await only.release();
});

test("a process that has lost its place to another one is told", async () => {
	const lost: string[] = [];
	const only = await takePlace(database.url, true, (reason) => lost.push(reason));
	const [first] = await holders();

	// The other one waits in the server's queue for the lock, and so has it before anybody can ask again.
	const other = await waitingForThePlace();
	await onServer(database.url, (client) => client.query("SELECT pg_terminate_backend($1)", [first]));
	await until(() => lost.length > 0, { what: "the process to be told", withinMs: 60_000 });

	expect(lost).toEqual([SENTENCE]);
	await other.end();
	await only.release();
});

async function holders(): Promise<number[]> {
	return onServer(database.url, async (client) => {
		const { rows } = await client.query<{ pid: number }>(HOLDERS);
		return rows.map(({ pid }) => pid);
	});
}

async function waitingForThePlace(): Promise<pg.Client> {
	const other = new pg.Client(database.url);
	await other.connect();
	const { rows } = await other.query<{ key: string }>(
		`SELECT (classid::bigint << 32 | objid::bigint)::text AS key FROM pg_locks
		WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
	);
	void other.query("SELECT pg_advisory_lock($1)", [rows[0]!.key]);
	await until(
		() =>
			onServer(database.url, async (client) => {
				const { rowCount } = await client.query(WAITING);
				return rowCount === 1;
			}),
		{ what: "the other one to wait" },
	);
	return other;
}

test.each([
	["beside another one", true, {}],
	["where a cluster works", false, {}],
	["of a cluster where somebody works without a broker", true, { AMQP_URL: "amqp://127.0.0.1:1" }],
])("a start %s is refused with that sentence, and has migrated nothing", async (_beside, alone, broker) => {
	const other = await takePlace(database.url, alone, never);
	const before = await tables();

	const env = { DATABASE_URL: database.url, PORT: "0", LOG_LEVEL: "fatal", ...broker };
	const starting = startNode(readSettings(env), never);
	await expect(starting).rejects.toThrow(SENTENCE);

	expect(await tables()).toEqual(before);
	await other.release();
});

function tables(): Promise<unknown[]> {
	return onServer(database.url, async (client) => {
		const { rows } = await client.query("SELECT schemaname, tablename FROM pg_tables ORDER BY 1, 2");
		return rows;
	});
}
