import { ServiceBroker, type Service } from "moleculer";
import type { DbAdapter } from "moleculer-db";
import { DataTypes } from "sequelize";
import { Database, type Model, type WithDatabase } from "../../mixins/database/database.mixin";
import { sql } from "../../mixins/database/statement";
import { wireTo } from "../support/proxy";
import { mixinDatabase, type MixinDatabase } from "./mixin-database";

const book: Model = {
	name: "book",
	define: {
		id: { type: DataTypes.UUID, primaryKey: true, defaultValue: DataTypes.UUIDV4 },
		title: DataTypes.TEXT,
		shelfNumber: DataTypes.INTEGER,
	},
	options: { schema: "shelf", tableName: "books" },
};

type Books = Service & WithDatabase & { adapter: DbAdapter };

let database: MixinDatabase;
let broker: ServiceBroker;
let books: Books;

beforeAll(async () => {
	database = await mixinDatabase({ shelf: [] });
	await database.ask(`CREATE TABLE shelf.books (
		id uuid PRIMARY KEY, title text, shelf_number integer,
		created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL
	)`);
	broker = new ServiceBroker({ nodeID: "library", logger: false });
	books = openBooks(broker, database.url);
	await broker.start();
});

afterAll(async () => {
	await broker.stop();
	await database[Symbol.asyncDispose]();
});

function openBooks(on: ServiceBroker, url: string): Books {
	return on.createService({ name: "books", mixins: [Database({ url, model: book })] }) as unknown as Books;
}

test("moleculer-db finds what it has inserted, by id and by field", async () => {
	const { id } = (await books.adapter.insert({ title: "Emma", shelfNumber: 3 })) as unknown as { id: string };
	await books.adapter.insert({ title: "Persuasion", shelfNumber: 3 });

	const byId = await books.adapter.findById(id);
	const onShelf = await books.adapter.find({ query: { shelfNumber: 3 }, sort: "-title" } as never);

	expect(byId).toMatchObject({ id, title: "Emma", shelfNumber: 3 });
	expect(onShelf.map((found) => (found as { title: string }).title)).toEqual(["Persuasion", "Emma"]);
	expect(await books.adapter.count({ query: { title: "Emma" } })).toBe(1);
});

test("its statements, its models and moleculer-db work on one pool", async () => {
	const adapter = books.adapter as unknown as { db: unknown };

	expect(adapter.db).toBe(books.db.sequelize);
	expect(await books.db.query(sql("test.books", "SELECT count(*) AS found FROM shelf.books"))).toEqual([
		{ found: expect.any(Number) },
	]);
});

test("moleculer-db's stock actions, which take whatever fields they are given, are not there", () => {
	const actions = Object.keys((books as unknown as { actions: object }).actions);

	expect(actions).toEqual([]);
});

test("tables are the migrations' business: a start neither makes nor changes any", async () => {
	const [row] = await database.ask<{ columns: string[] }>(
		"SELECT array_agg(column_name::text ORDER BY ordinal_position) AS columns FROM information_schema.columns WHERE table_schema = 'shelf'",
	);

	expect(row!.columns).toEqual(["id", "title", "shelf_number", "created_at", "updated_at"]);
});

test("two services of one process share a pool, which closes with the second one", async () => {
	const other = new ServiceBroker({ nodeID: "annexe", logger: false });
	const annexe = openBooks(other, database.url);
	await other.start();

	expect(annexe.db.sequelize).toBe(books.db.sequelize);
	await other.stop();

	expect(await books.adapter.count({})).toEqual(expect.any(Number));
});

test("a service whose database is not there does not start, and leaves no pool behind when it stops", async () => {
	await using wire = await wireTo(database.url);
	wire.sever();
	const early = new ServiceBroker({ nodeID: "early", logger: false });
	const service = openBooks(early, wire.url);

	await expect(early.start()).rejects.toThrow(/ECONNRESET|ECONNREFUSED/);
	await early.stop();
	wire.mend();

	await expect(service.db.query(sql("test.closed", "SELECT 1"))).rejects.toThrow("closed");
});
