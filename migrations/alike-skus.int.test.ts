import path from "node:path";
import type { Client } from "pg";
import { databaseUrl, onServer } from "../tests/support/postgres-server";
import { ownName } from "../tests/support/names";
import { testDatabase, type TestDatabase } from "../tests/support/servers";
import { readMigrations } from "./files";
import { migrate } from "./migrate";

const FOLDER = path.resolve(__dirname);
const NEWS = "034_compare_as_people_do.sql";

interface Catalogue {
	add(sku: string): Promise<unknown>;
	change(from: string, to: string): Promise<unknown>;
	skus(): Promise<string[]>;
}

/** A catalogue of the release before with these SKUs, the oldest first, that has been brought up to date. */
async function catalogueWith(url: string, client: Client, skus: readonly string[]): Promise<Catalogue> {
	const files = await readMigrations(FOLDER);
	await client.query("DROP SCHEMA catalog CASCADE; DELETE FROM migrations.applied WHERE schema = 'catalog'");
	await migrate(
		url,
		["catalog"],
		files.filter(({ name }) => name < NEWS),
	);
	const add = (sku: string) =>
		client.query(
			"INSERT INTO catalog.products (id, sku, slug, name, price) VALUES (gen_random_uuid(), $1, $1, 'A lamp', 1)",
			[sku],
		);
	for (const sku of skus) await add(sku);
	await migrate(url, ["catalog"], files);
	return {
		add,
		change: (from, to) =>
			client.query("UPDATE catalog.products SET sku = $2, version = version + 1 WHERE sku = $1", [from, to]),
		async skus() {
			const { rows } = await client.query<{ sku: string }>("SELECT sku FROM catalog.products ORDER BY created_at, id");
			return rows.map(({ sku }) => sku);
		},
	};
}

const TWINS = ["Case-1", "case-1", "Case-1\u200b"];
const alike = expect.objectContaining({ constraint: "products_sku_alike" });

describe("products whose SKUs were alike before", () => {
	let database: TestDatabase;

	beforeEach(async () => {
		database = await testDatabase();
	});
	afterEach(() => database[Symbol.asyncDispose]());

	const withTwins = (work: (catalogue: Catalogue) => Promise<void>) =>
		onServer(database.url, async (client) => work(await catalogueWith(database.url, client, TWINS)));

	test("stay, may be changed, and let no other in beside them", async () => {
		await withTwins(async ({ add, change, skus }) => {
			expect(await skus()).toEqual(TWINS);
			await change("case-1", "case-1");
			await expect(add("CASE-1")).rejects.toEqual(alike);
			await change("case-1", "Case-2");
			await expect(add("CASE-2")).rejects.toEqual(alike);
			await expect(change("Case-2", "CASE -1")).rejects.toEqual(alike);
		});
	});

	test("let no other in when the oldest of them gets another SKU, and the next", async () => {
		await withTwins(async ({ add, change }) => {
			await change("Case-1", "Lamp-9");
			await expect(add("CASE-1")).rejects.toEqual(alike);
			await expect(change("Lamp-9", "Case-1")).rejects.toEqual(alike);
			await change("case-1", "Lamp-8");
			await expect(add("CASE-1")).rejects.toEqual(alike);
			await change("Case-1\u200b", "Lamp-7");
			await add("CASE-1");
		});
	});

	test("are let in once: who has got another SKU does not get the old one back", async () => {
		await withTwins(async ({ change }) => {
			await change("case-1", "X-1");

			await expect(change("X-1", "case-1")).rejects.toEqual(alike);
		});
	});
});

test("a database that can't sort as people do is refused with a sentence", async () => {
	await using database = await testDatabase();
	const name = ownName();
	const files = (await readMigrations(FOLDER)).filter(({ name: file }) => file === NEWS);
	await onServer(database.url, async (client) => {
		await client.query(`CREATE DATABASE ${name} ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0`);
		try {
			await expect(migrate(databaseUrl(database.url, name), ["catalog"], files)).rejects.toThrow(
				`The migration ${NEWS} failed in the schema catalog: The catalogue needs a database in UTF8`,
			);
		} finally {
			await client.query(`DROP DATABASE ${name} WITH (FORCE)`);
		}
	});
});
