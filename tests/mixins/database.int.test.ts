import { DataTypes } from "sequelize";
import type { Database } from "../../mixins/database/database";
import { sharePool } from "../../mixins/database/pools";
import { sql } from "../../mixins/database/statement";
import { onServer } from "../support/postgres-server";
import { until } from "../support/until";
import { mixinDatabase, type MixinDatabase } from "./mixin-database";

const add = sql("test.add", "INSERT INTO shelf.books (title) VALUES ($1) RETURNING id");
const titles = sql("test.titles", "SELECT title FROM shelf.books ORDER BY id");
const rename = sql("test.rename", "UPDATE shelf.books SET title = title || '!' WHERE title = $1");
const suicide = sql("test.suicide", "SELECT pg_terminate_backend(pg_backend_pid())");
const nonsense = sql("test.nonsense", "SELECT * FROM shelf.nowhere");
const conflict = sql("test.conflict", "DO $$ BEGIN RAISE EXCEPTION 'lost the race' USING ERRCODE = '40001'; END $$");

let database: MixinDatabase;
let db: Database;

beforeAll(async () => {
	database = await mixinDatabase({ shelf: [] });
	db = database.db;
	await database.ask(`CREATE TABLE shelf.books (
		id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
		title text NOT NULL,
		pages bigint NOT NULL DEFAULT 0,
		added_at timestamptz NOT NULL DEFAULT '2026-11-23T10:00:00.123Z',
		CONSTRAINT books_title UNIQUE (title) DEFERRABLE INITIALLY DEFERRED
	)`);
});

afterEach(() => database.ask("TRUNCATE shelf.books"));

afterAll(() => database[Symbol.asyncDispose]());

const stored = async (): Promise<string[]> => (await db.query<{ title: string }>(titles)).map(({ title }) => title);

describe("a transaction", () => {
	test("is there as a whole when it is committed, and gives its result", async () => {
		const result = await db.transaction(async (tx) => {
			await tx.query(add, ["Emma"]);
			await tx.query(add, ["Persuasion"]);
			return "two books";
		});

		expect(result).toBe("two books");
		expect(await stored()).toEqual(["Emma", "Persuasion"]);
	});

	test("is not there at all when its work throws, and the error is the work's", async () => {
		const error = new Error("changed my mind");

		const work = db.transaction(async (tx) => {
			await tx.query(add, ["Emma"]);
			throw error;
		});

		await expect(work).rejects.toBe(error);
		expect(await stored()).toEqual([]);
	});

	test("in which a statement failed is not said to be committed, even if nobody minded the error", async () => {
		const hooks: string[] = [];

		const work = db.transaction(async (tx) => {
			await tx.query(add, ["Emma"]);
			tx.afterCommit(() => hooks.push("told"));
			await tx.query(nonsense).catch(() => undefined);
		});

		await expect(work).rejects.toThrow("A statement of the transaction failed, so it was rolled back");
		expect(await stored()).toEqual([]);
		expect(hooks).toEqual([]);
	});

	test("that is refused at its commit is rolled back and says so", async () => {
		await db.transaction((tx) => tx.query(add, ["Emma"]));

		await expect(db.transaction((tx) => tx.query(add, ["Emma"]))).rejects.toMatchObject({ constraint: "books_title" });

		expect(await stored()).toEqual(["Emma"]);
	});

	test("takes Sequelize models along, to the commit and to the rollback", async () => {
		const Book = db.sequelize.define("book", { title: DataTypes.TEXT }, { schema: "shelf", timestamps: false });

		await db.transaction(async (tx) => {
			await tx.query(add, ["Emma"]);
			await Book.create({ title: "Persuasion" }, { transaction: tx.forModels });
			expect(await Book.count({ transaction: tx.forModels })).toBe(2);
			expect(await Book.count()).toBe(0);
		});
		await expect(
			db.transaction(async (tx) => {
				await Book.create({ title: "Lost" }, { transaction: tx.forModels });
				throw new Error("changed my mind");
			}),
		).rejects.toThrow("changed my mind");

		expect(await stored()).toEqual(["Emma", "Persuasion"]);
	});

	test("runs its hooks after the commit, in order, and not before", async () => {
		const seen: unknown[] = [];

		await db.transaction(async (tx) => {
			tx.afterCommit(() => seen.push("first"));
			tx.afterCommit(() => seen.push("second"));
			await tx.query(add, ["Emma"]);
			seen.push("work done");
		});

		expect(seen).toEqual(["work done", "first", "second"]);
	});

	test("is not said to have failed when a hook throws, and the other hooks run", async () => {
		const seen: unknown[] = [];
		const said: unknown[][] = [];
		const share = sharePool({ url: database.url }, { error: (...words) => void said.push(words) });
		const error = new Error("nobody to tell");

		const transaction = share.database.transaction(async (tx) => {
			tx.afterCommit(() => {
				throw error;
			});
			tx.afterCommit(() => seen.push("second"));
			await tx.query(add, ["Emma"]);
			return "done";
		});
		const outcome = await Promise.allSettled([transaction]);
		await share.release();

		expect(outcome).toEqual([{ status: "fulfilled", value: "done" }]);
		expect(seen).toEqual(["second"]);
		expect(said).toEqual([[expect.stringContaining("the commit stands"), error]]);
		expect(await stored()).toEqual(["Emma"]);
	});

	test("runs no hook after a rollback", async () => {
		const hooks: string[] = [];

		const work = db.transaction(async (tx) => {
			tx.afterCommit(() => hooks.push("told"));
			throw new Error("changed my mind");
		});

		await expect(work).rejects.toThrow("changed my mind");
		expect(hooks).toEqual([]);
	});
});

describe("a conflict", () => {
	test("of two transactions that lock in opposite orders ends with both done", async () => {
		await db.transaction(async (tx) => {
			await tx.query(add, ["a"]);
			await tx.query(add, ["b"]);
		});
		let met = 0;
		let attempts = 0;
		const lockBoth = (first: string, second: string) =>
			db.transaction(async (tx) => {
				attempts++;
				await tx.query(rename, [first]);
				met++;
				await until(() => met >= 2, { what: "the other transaction to hold its first lock" });
				await tx.query(rename, [second]);
			});

		await Promise.all([lockBoth("a", "b"), lockBoth("b", "a")]);

		expect(attempts).toBe(3);
		expect(await stored()).toEqual(expect.arrayContaining(["a!", "b!"]));
	});

	test("is tried again from the start, and only the last attempt's hooks run", async () => {
		const hooks: number[] = [];
		let attempts = 0;

		await db.transaction(async (tx) => {
			const attempt = ++attempts;
			tx.afterCommit(() => hooks.push(attempt));
			await tx.query(add, ["Emma"]);
			if (attempt < 3) await tx.query(conflict);
		});

		expect(await stored()).toEqual(["Emma"]);
		expect(hooks).toEqual([3]);
	});

	test("that does not end is an error after three attempts", async () => {
		let attempts = 0;

		const work = db.transaction(async (tx) => {
			attempts++;
			await tx.query(conflict);
		});

		await expect(work).rejects.toMatchObject({ code: "40001" });
		expect(attempts).toBe(3);
	});

	test("no other error is tried again", async () => {
		let attempts = 0;

		const work = db.transaction(async (tx) => {
			attempts++;
			await tx.query(nonsense);
		});

		await expect(work).rejects.toMatchObject({ code: "42P01" });
		expect(attempts).toBe(1);
	});
});

describe("a connection that breaks", () => {
	test("in a transaction takes the transaction with it, and the pool is none the worse, however often", async () => {
		for (let n = 0; n < 25; n++) {
			const work = db.transaction(async (tx) => {
				await tx.query(add, [`book ${n}`]);
				await tx.query(suicide);
			});
			await expect(work).rejects.toMatchObject({ code: "57P01" });
		}

		await db.transaction((tx) => tx.query(add, ["Emma"]));
		expect(await stored()).toEqual(["Emma"]);
	});

	test("is not the error that a work of its own throws afterwards hides", async () => {
		const work = db.transaction(async (tx) => {
			await tx.query(suicide).catch(() => undefined);
			throw new Error("another matter");
		});

		await expect(work).rejects.toThrow();
		expect(await stored()).toEqual([]);
	});

	test("while it is idle in the pool is replaced", async () => {
		await Promise.all(Array.from({ length: 10 }, () => db.query(titles)));

		await onServer(database.url, (client) =>
			client.query(
				"SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
			),
		);
		await until(() => stored(), { what: "the pool to answer" });

		expect(await Promise.all(Array.from({ length: 20 }, () => stored()))).toHaveLength(20);
	});

	test("outside of a transaction is an error once", async () => {
		await expect(db.query(suicide)).rejects.toMatchObject({ code: "57P01" });

		expect(await stored()).toEqual([]);
	});
});

test("more transactions at once than the pool has connections wait for one", async () => {
	await Promise.all(Array.from({ length: 60 }, (_, n) => db.transaction((tx) => tx.query(add, [`book ${n}`]))));

	expect(await stored()).toHaveLength(60);
});

describe("values", () => {
	test("bigint is a number, timestamptz a Date, json what it says", async () => {
		const look = sql(
			"test.look",
			`SELECT 9007199254740991::bigint AS big, count(*) AS many,
				'2026-11-23T10:00:00.123Z'::timestamptz AS at, '{"a": [1]}'::jsonb AS json, NULL::bigint AS none
			FROM shelf.books`,
		);

		expect(await db.query(look)).toEqual([
			{
				big: 9_007_199_254_740_991,
				many: 0,
				at: new Date("2026-11-23T10:00:00.123Z"),
				json: { a: [1] },
				none: null,
			},
		]);
	});

	test("and the same through a model", async () => {
		const Book = db.sequelize.define(
			"book",
			{ title: DataTypes.TEXT, pages: DataTypes.BIGINT, addedAt: { type: DataTypes.DATE, field: "added_at" } },
			{ schema: "shelf", timestamps: false },
		);
		await db.transaction((tx) => tx.query(add, ["Emma"]));

		const book = await Book.findOne({ raw: true });

		expect(book).toMatchObject({ title: "Emma", pages: 0, addedAt: new Date("2026-11-23T10:00:00.123Z") });
	});
});

test("a named statement is prepared once for a connection", async () => {
	const counted = sql(
		"test.counted",
		"SELECT count(*) AS prepared FROM pg_prepared_statements WHERE name = 'test.counted'",
	);

	const prepared = await db.transaction(async (tx) => {
		await tx.query(counted);
		return tx.query(counted);
	});

	expect(prepared).toEqual([{ prepared: 1 }]);
});
