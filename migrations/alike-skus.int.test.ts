import path from "node:path";
import { databaseUrl, onServer } from "../tests/support/postgres-server";
import { ownName } from "../tests/support/names";
import { testDatabase } from "../tests/support/servers";
import { readMigrations } from "./files";
import { migrate } from "./migrate";

const FOLDER = path.resolve(__dirname);
const NEWS = "034_compare_as_people_do.sql";

test("products whose SKUs were alike before stay, may be changed, and let no other in beside them", async () => {
	await using database = await testDatabase();
	const files = await readMigrations(FOLDER);
	await onServer(database.url, async (client) => {
		await client.query("DROP SCHEMA catalog CASCADE; DELETE FROM migrations.applied WHERE schema = 'catalog'");
		await migrate(
			database.url,
			["catalog"],
			files.filter(({ name }) => name < NEWS),
		);
		const add = (sku: string) =>
			client.query(
				"INSERT INTO catalog.products (id, sku, slug, name, price) VALUES (gen_random_uuid(), $1, $1, 'A lamp', 1)",
				[sku],
			);
		const change = (from: string, to: string) =>
			client.query("UPDATE catalog.products SET sku = $2, version = version + 1 WHERE sku = $1", [from, to]);
		const alike = expect.objectContaining({ constraint: "products_sku_alike" });
		for (const sku of ["Case-1", "case-1", "Case-1\u200b"]) await add(sku);

		await migrate(database.url, ["catalog"], files);

		const { rows } = await client.query<{ sku: string }>("SELECT sku FROM catalog.products ORDER BY created_at, id");
		expect(rows.map(({ sku }) => sku)).toEqual(["Case-1", "case-1", "Case-1\u200b"]);
		await change("case-1", "case-1");
		await expect(add("CASE-1")).rejects.toEqual(alike);
		await change("case-1", "Case-2");
		await expect(add("CASE-2")).rejects.toEqual(alike);
		await expect(change("Case-2", "CASE -1")).rejects.toEqual(alike);
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
