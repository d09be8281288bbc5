import type { Database } from "../../mixins/database/database";
import { sharePool, type PoolShare } from "../../mixins/database/pools";
import { sql } from "../../mixins/database/statement";
import { onServer } from "../support/postgres-server";
import { until } from "../support/until";
import { mixinDatabase, type MixinDatabase } from "./mixin-database";

const CONNECTIONS = 4;
const read = sql("test.read", "SELECT title FROM shelf.books ORDER BY id");
const mark = sql("test.mark", "UPDATE shelf.books SET title = title || '!' WHERE id = $1");
const limit = sql("test.limit", "SHOW lock_timeout");
const waiting = sql(
	"test.waiting",
	`SELECT count(*)::int FROM pg_stat_activity
	WHERE datname = current_database() AND cardinality(pg_blocking_pids(pid)) > 0`,
);

let database: MixinDatabase;
let share: PoolShare;
let db: Database;

beforeAll(async () => {
	database = await mixinDatabase({ shelf: [] });
	await database.ask("CREATE TABLE shelf.books (id integer PRIMARY KEY, title text NOT NULL)");
	await database.ask("INSERT INTO shelf.books SELECT n, 'Emma' FROM generate_series(1, 20) AS n");
	// Another user of the URL, since a pool belongs to a URL.
	share = sharePool({ url: `${database.url}?application_name=shares`, connectionsMax: CONNECTIONS });
	db = share.database;
});

afterAll(async () => {
	await share.release();
	await database[Symbol.asyncDispose]();
});

const countWaiting = async (): Promise<number> => (await database.db.query<{ count: number }>(waiting))[0]!.count;

/** How it ended: done, or the code of the error. */
const endOf = (work: Promise<unknown>): Promise<unknown> =>
	work.then(
		() => "done",
		(error: { code: unknown }) => error.code,
	);

test.each<[string, (id: number) => Promise<unknown>]>([
	["transactions", (id) => db.transaction((tx) => tx.query(mark, [id]))],
	["changes", (id) => db.change(mark, [id])],
])("however many %s wait for locks, of four connections two are others'", async (_what, change) => {
	await onServer(database.url, async (stranger) => {
		await stranger.query("BEGIN");
		await stranger.query("SELECT FROM shelf.books FOR UPDATE");
		const ends = Array.from({ length: 20 }, (_, n) => endOf(change(n + 1)));
		await until(async () => (await countWaiting()) >= CONNECTIONS - 2, { what: "as many to wait as may" });

		expect(await db.query(read)).not.toHaveLength(0);
		expect(await db.upkeep.query(read)).not.toHaveLength(0);
		expect(await countWaiting()).toBeLessThanOrEqual(CONNECTIONS - 2);
		await stranger.query("ROLLBACK");

		// Done, or told that the row is locked, or that there is too much to do.
		for (const end of await Promise.all(ends)) expect(["done", "55P03", 503]).toContain(end);
	});
});

test("what a stranger holds is tried by one at a time, when it has been waited for in vain", async () => {
	const change = (id: number): Promise<unknown> =>
		db.transaction((tx) => tx.query(mark, [id]), { about: ["the shelf"] });
	await onServer(database.url, async (stranger) => {
		await stranger.query("BEGIN");
		await stranger.query("SELECT FROM shelf.books FOR UPDATE");
		expect(await endOf(change(1))).toBe("55P03");

		let isOver = false;
		const ends = Promise.all(Array.from({ length: 10 }, (_, n) => endOf(change(n + 1)))).finally(() => (isOver = true));
		const seen: number[] = [];
		while (!isOver) seen.push(await countWaiting());
		expect(await ends).toEqual(Array.from({ length: 10 }, () => "55P03"));
		expect(Math.max(...seen)).toBeLessThanOrEqual(1);
		await stranger.query("ROLLBACK");
	});

	expect(await endOf(change(1))).toBe("done");
});

test("those who read wait for each other, and never keep upkeep from a connection", async () => {
	const sleep = sql("test.sleep", "SELECT pg_sleep(0.2)");
	let slept = 0;
	const asleep = Array.from({ length: 3 * CONNECTIONS }, () => db.query(sleep).then(() => slept++));

	await db.upkeep.query(read);

	expect(slept).toBeLessThan(asleep.length);
	await Promise.all(asleep);
});

test("a transaction's own limit for locks ends with it", async () => {
	const ask = (options?: { lockWaitMs: number }) => db.transaction((tx) => tx.query(limit), options);

	expect(await ask({ lockWaitMs: 50 })).toEqual([{ lock_timeout: "50ms" }]);
	expect(await ask()).toEqual([{ lock_timeout: "1500ms" }]);
	expect(await db.query(limit)).toEqual([{ lock_timeout: "1500ms" }]);
});

test("a transaction with a limit of its own is rolled back and committed like any other", async () => {
	const options = { lockWaitMs: 1_000 };
	await database.ask("INSERT INTO shelf.books VALUES (101, 'Emma'), (102, 'Emma')");

	await db.transaction((tx) => tx.query(mark, [101]), options);
	await expect(
		db.transaction(async (tx) => {
			await tx.query(mark, [102]);
			throw new Error("changed my mind");
		}, options),
	).rejects.toThrow("changed my mind");

	const titles = await database.ask<{ title: string }>(
		"SELECT title FROM shelf.books WHERE id IN (101, 102) ORDER BY id",
	);
	expect(titles).toEqual([{ title: "Emma!" }, { title: "Emma" }]);
});
