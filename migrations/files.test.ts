import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { readMigrations } from "./files";

let folder: string;

beforeEach(async () => {
	folder = await fs.mkdtemp(path.join(os.tmpdir(), "molecart-migrations-"));
});

afterEach(() => fs.rm(folder, { recursive: true }));

async function given(files: Record<string, string>): Promise<void> {
	for (const [name, text] of Object.entries(files)) await fs.writeFile(path.join(folder, name), text);
}

test("files are read in the order of their numbers, with the schemas that their first line names", async () => {
	await given({
		"010_add_tables.sql": "-- schema: cart, orders\nSELECT 2;",
		"002_create_cart.sql": "-- schema: cart\nSELECT 1;",
		"README.md": "No migration.",
	});

	const files = await readMigrations(folder);

	expect(files.map(({ name, schemas }) => [name, schemas])).toEqual([
		["002_create_cart.sql", ["cart"]],
		["010_add_tables.sql", ["cart", "orders"]],
	]);
});

test("the checksum tells a changed file, and not a change of line ends, which Git makes on Windows", async () => {
	await given({ "001_one.sql": "-- schema: cart\nSELECT 1;\n" });
	const [first] = await readMigrations(folder);
	await given({ "001_one.sql": "-- schema: cart\r\nSELECT 1;\r\n" });
	const [onWindows] = await readMigrations(folder);
	await given({ "001_one.sql": "-- schema: cart\nSELECT 2;\n" });
	const [changed] = await readMigrations(folder);

	expect(onWindows).toEqual(first);
	expect(changed!.checksum).not.toBe(first!.checksum);
});

test.each<[string, Record<string, string>, string]>([
	[
		"a file whose first line names no schema",
		{ "001_one.sql": "CREATE TABLE a ();" },
		'001_one.sql must begin with a line "-- schema: …" that names the schemas it belongs to',
	],
	[
		"a file whose first line names a schema wrongly",
		{ "001_one.sql": "-- schema: cart; orders\n" },
		'001_one.sql must begin with a line "-- schema: …" that names the schemas it belongs to',
	],
	[
		"two files of one number",
		{ "001_one.sql": "-- schema: cart\n", "001_two.sql": "-- schema: cart\n" },
		"Two migrations have the number 001: 001_one.sql and 001_two.sql",
	],
	[
		"a file that its name would keep from being applied",
		{ "12_one.sql": "-- schema: cart\n" },
		"12_one.sql must be named like 012_what_it_does.sql, or it would never be applied",
	],
])("refuses %s", async (_name, files, sentence) => {
	await given(files);

	await expect(readMigrations(folder)).rejects.toThrow(new Error(sentence));
});

test("the shop's own migrations can be read, and create the four schemas by the names that were ordered", async () => {
	const files = await readMigrations(__dirname);

	expect(files.slice(0, 4).map(({ name }) => name)).toEqual([
		"001_create_users_schema.sql",
		"002_create_catalog_schema.sql",
		"003_create_cart_schema.sql",
		"004_create_orders_schema.sql",
	]);
});

test("the shop's own migrations can be read, one for each number", async () => {
	const files = await readMigrations(__dirname);

	expect(files.map(({ name }) => Number(name.slice(0, 3)))).toEqual(files.map((_, index) => index + 1));
});
