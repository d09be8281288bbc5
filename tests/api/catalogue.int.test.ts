import { randomUUID } from "node:crypto";
import { listing, sourceOf } from "../../services/products/catalogue";
import { folded } from "../../services/products/folded";
import { exactly } from "../../services/products/search";
import { openShop, type Shop } from "../support/shop";

interface Found {
	items: { id: string; name: string }[];
	totalItems: number;
}

const BRUSHES = ["Creme brush", "Cre\u0300me brush", "Crème brush"];
const IN_ORDER = ["Ångström", "Äpfel", "apples", "banana", "éclair", "Ørsted", "Straße", "zebra", "Zebra", "Ёлка"];

describe("the catalogue", () => {
	let shop: Shop;
	let lamps: string;
	let desks: string;
	let things: string;

	beforeAll(async () => {
		shop = await openShop({ events: "postgres" });
		lamps = (await category("lamps")).id;
		desks = (await category("desk-lamps", lamps)).id;
		await shop.given.product({ name: "Brass Lantern", categoryId: lamps, price: 900 });
		await shop.given.product({ name: "Halden Desk Lamp", categoryId: desks, price: 2_000 });
		await shop.given.product({ name: "Café au lait bowl", price: 1_000 });
		await shop.given.product({ name: "Everyday umbrella 100% dry", price: 3_000, stock: 0 });
		await shop.given.product({ name: "Map of the world", price: 1_500 });
		await shop.given.product({ name: "Radio", price: 9_000 });
		things = (await category("things")).id;
		for (const name of IN_ORDER.toReversed()) await shop.given.product({ name, categoryId: things });
		for (const name of BRUSHES) await shop.given.product({ name });
	});
	afterAll(async () => shop[Symbol.asyncDispose]());

	const category = async (slug: string, parentId?: string, name = slug) =>
		shop.door.graphql<{ id: string }>(
			"mutation ($input: CreateCategoryInput!) { createCategory(input: $input) { id } }",
			{ input: { name, slug, parentId } },
			await shop.given.admin(),
		);
	const search = async (text: string, more: object = {}): Promise<string[]> => {
		const query =
			"query ($filter: ProductFilter) { products(filter: $filter, sort: NAME_ASC) { items { id name } totalItems } }";
		const { items, totalItems } = await shop.door.graphql<Found>(query, { filter: { search: text, ...more } });
		expect(totalItems).toBe(items.length);
		return items.map(({ name }) => name);
	};

	test.each([
		["umbrella", "Everyday umbrella 100% dry"],
		["UMBRELLA everyday", "Everyday umbrella 100% dry"],
		["umbrela", "Everyday umbrella 100% dry"],
		["umbrlela", "Everyday umbrella 100% dry"],
		["unbrella", "Everyday umbrella 100% dry"],
		["lmap", "Halden Desk Lamp"],
		["desk lapm", "Halden Desk Lamp"],
		["cafe", "Café au lait bowl"],
		["brass lanten", "Brass Lantern"],
		["100%", "Everyday umbrella 100% dry"],
	])("%s finds %s", async (typed, name) => {
		expect(await search(typed)).toContain(name);
	});

	test("what was mistyped finds what was meant and nothing else", async () => {
		expect(await search("lmap")).toEqual(["Halden Desk Lamp"]);
		expect(await search("rdaio")).toEqual(["Radio"]);
		expect(await search("desk lantern")).toEqual([]);
		expect(await search("dsek lantern")).toEqual([]);
	});

	test("what has the words exactly keeps out what is only like them", async () => {
		expect(await search("lamp")).toEqual(["Halden Desk Lamp"]);
	});

	test.each(["zzzzqqqq", "%", "_", "' OR 1=1 --", "\u00b4", "\u200b\u0301"])("%s finds nothing", async (typed) => {
		expect(await search(typed)).toEqual(typed === "%" ? ["Everyday umbrella 100% dry"] : []);
	});

	test("the other filters hold for what was mistyped, too", async () => {
		expect(await search("umbrela", { inStock: true })).toEqual([]);
		expect(await search("lantren", { categoryId: lamps, maxPrice: 900 })).toEqual(["Brass Lantern"]);
	});

	test("the counts by category belong to what was asked for", async () => {
		const query = "query ($filter: ProductFilter) { productFacets(filter: $filter) { count category { id slug } } }";

		const all = await shop.door.graphql<object[]>(query);
		const cheap = await shop.door.graphql<object[]>(query, { filter: { maxPrice: 1_000 } });

		expect(all).toHaveLength(3);
		expect(all).toEqual(expect.arrayContaining([{ count: 1, category: { id: desks, slug: "desk-lamps" } }]));
		expect(cheap).toEqual([{ count: 1, category: { id: lamps, slug: "lamps" } }]);
	});

	test("pages follow each other without a gap or a repetition, also among equals", async () => {
		for (let index = 0; index < 5; index++) await shop.given.product({ name: "Pencil", price: 50 });
		const page = async (skip: number): Promise<string[]> => {
			const query = `{ products(sort: PRICE_ASC, skip: ${skip}, take: 3) { items { id name } totalItems } }`;
			return (await shop.door.graphql<Found>(query)).items.map(({ id }) => id);
		};

		const pages = [await page(0), await page(3), await page(6), await page(9)].flat();

		expect(new Set(pages).size).toBe(12);
	});

	test("a changed price is seen within a second, however often it was looked at before", async () => {
		const lamp = await shop.given.product({ price: 100 });
		const look = () =>
			shop.door.graphql<{ price: { amount: number } }>("query ($id: ID!) { product(id: $id) { price { amount } } }", {
				id: lamp.id,
			});
		for (let time = 0; time < 5; time++) await look();

		await shop.when.updatesProduct(lamp, { price: 200 });

		await shop.eventually(async () => (await look()).price.amount, 200);
		expect((await look()).price.amount).toBe(200);
	});

	describe("an update", () => {
		const FIELDS = "sku name description imageUrl category { id } price { amount } active";
		const QUERY = `query ($id: ID!) { product(id: $id) { ${FIELDS} } }`;
		const MUTATION = `mutation ($id: ID!, $input: UpdateProductInput!) { updateProduct(id: $id, input: $input) { ${FIELDS} } }`;
		const doors: [string, (id: string, changes: object) => Promise<unknown>][] = [
			["GraphQL", async (id, input) => shop.door.graphql(MUTATION, { id, input }, await shop.given.admin())],
			[
				"REST",
				async (id, body) => {
					const answer = await shop.door.rest("PATCH", `/products/${id}`, { as: await shop.given.admin(), body });
					if (answer.status !== 200) throw Object.assign(new Error("refused"), { details: answer.body["error"] });
				},
			],
		];
		const everything = { description: "Bright.", imageUrl: "/pictures/lamp.svg", active: true };
		const told = async (id: string) => shop.door.graphql(QUERY, { id }, await shop.given.admin());

		test.each(doors)("over %s takes away what is null, and leaves what is not named", async (_door, update) => {
			const lamp = await shop.given.product({ name: "Lamp to change", categoryId: lamps });
			await update(lamp.id, everything);
			const before = (await told(lamp.id)) as object;

			await update(lamp.id, { categoryId: null, imageUrl: null });
			await shop.eventually(() => told(lamp.id), { ...before, category: null, imageUrl: null });
			await update(lamp.id, { description: null });

			const nothing = { ...before, category: null, imageUrl: null, description: "" };
			await shop.eventually(() => told(lamp.id), nothing);
			const { rows } = await shop.database.query("SELECT version FROM catalog.products WHERE id = $1", [lamp.id]);
			expect(rows).toEqual([{ version: 4 }]);
		});

		test.each(doors)("over %s refuses to take away what has to be there", async (_door, update) => {
			const lamp = await shop.given.product({ name: "Lamp to keep" });
			const before = await told(lamp.id);

			for (const field of ["sku", "name", "price", "active"]) {
				await expect(update(lamp.id, { description: "Changed.", [field]: null })).rejects.toMatchObject({
					details: { fields: [{ field }] },
				});
			}

			expect(await told(lamp.id)).toEqual(before);
		});
	});

	describe("in texts of all alphabets", () => {
		test.each(["creme", "CRÈME", "cre\u0300me", "crème brush", "ｃｒｅｍｅ", "cre\u00adme\u200b", "crmee"])(
			"%s finds cream however it is written",
			async (typed) => {
				expect((await search(typed)).toSorted()).toEqual(BRUSHES.toSorted());
			},
		);

		test.each([
			["strasse", "Straße"],
			["STRAẞE", "Straße"],
			["orsted", "Ørsted"],
			["angstrom", "Ångström"],
			["angstorm", "Ångström"],
			["ёлка", "Ёлка"],
			["елк", "Ёлка"],
		])("%s finds %s", async (typed, name) => {
			expect(await search(typed)).toEqual([name]);
		});

		test("what is typed is folded as the database folds what is searched, in the older scripts of Unicode", async () => {
			const blocks = [
				0x20, 0x100, 0x200, 0x300, 0x400, 0x500, 0x600, 0x900, 0x1e00, 0x1f00, 0x2000, 0xfb00, 0xff00, 0x1bc80, 0x1d100,
			];
			const typed = blocks.flatMap((block) =>
				Array.from({ length: 0xe0 }, (_, index) => `x${String.fromCodePoint(block + index)}x`),
			);

			const { rows } = await shop.database.query("SELECT catalog.folded(each) FROM unnest($1::text[]) AS each", [
				typed,
			]);

			expect(rows.map((row) => row.folded)).toEqual(typed.map(folded));
		});

		test.each([
			["products_search_text", sourceOf({}, true, exactly("brush"))],
			["products_by_name", sourceOf({}, false)],
		])("%s is there for a page of names", async (index, source) => {
			const client = await shop.database.connect();
			try {
				// Of few products each plan costs the same; of many, reading or sorting all would cost most.
				await client.query("BEGIN; SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off");
				const page = `EXPLAIN ${listing(source, "NAME_ASC").text}`;
				const { rows } = await client.query(page, [...source.values, 0, 3]);

				expect(JSON.stringify(rows)).toContain(index);
			} finally {
				client.release(true);
			}
		});

		test("names are sorted as people sort them, on each page and in the list of categories", async () => {
			for (const name of IN_ORDER.toReversed().slice(0, 5)) await category(`of-${randomUUID()}`, things, name);
			const page = async (skip: number): Promise<string[]> => {
				const query = `query ($id: ID!) {
					products(filter: { categoryId: $id }, sort: NAME_ASC, skip: ${skip}, take: 3) { items { id name } totalItems }
				}`;
				return (await shop.door.graphql<Found>(query, { id: things })).items.map(({ name }) => name);
			};
			const categories = await shop.door.graphql<{ id: string; name: string; children: { name: string }[] }[]>(
				"{ categories { id name children { name } } }",
			);

			expect([await page(0), await page(3), await page(6), await page(9)].flat()).toEqual(IN_ORDER);
			const namesOf = (list: { name: string }[]) => list.map(({ name }) => name);
			const children = IN_ORDER.slice(5);
			expect(namesOf(categories.find(({ id }) => id === things)!.children)).toEqual(children);
			expect(namesOf(categories).filter((name) => IN_ORDER.includes(name))).toEqual(children);
		});

		test("SKUs that differ in case, width, spaces or what nobody sees are one; each is shown as it was typed", async () => {
			const admin = await shop.given.admin();
			const create = "mutation ($input: CreateProductInput!) { createProduct(input: $input) { id sku } }";
			const add = (sku: string) =>
				shop.door.graphql<{ id: string; sku: string }>(create, { input: { sku, name: "A case", price: 1 } }, admin);
			const taken = expect.objectContaining({ code: "CONFLICT", details: expect.objectContaining({ field: "sku" }) });

			const first = await add("\u00a0Case-1 ä ");
			expect(first.sku).toBe("Case-1 ä");
			for (const sku of [
				"case-1 ä",
				"CASE-1Ä",
				"Case-1\u200b ä",
				"\u202eCase-1 \u00adä",
				"Ｃａｓｅ－１\u3000ä",
				"Case-1 a\u0308",
				"Case-1\u{1d173} \u{1bca0}ä",
			]) {
				await expect(add(sku)).rejects.toEqual(taken);
			}
			const other = await add("Case-2");
			await expect(shop.when.updatesProduct(other, { sku: "CASE-1 Ä" })).rejects.toEqual(taken);
			const body = { sku: "case 1ä".replace(" ", "-"), name: "A case", price: 1 };
			expect(await shop.door.rest("POST", "/products", { as: admin, body })).toMatchObject({ status: 409 });
			expect(await shop.when.updatesProduct(first, { sku: "CASE-1 Ä" })).toMatchObject({ sku: "CASE-1 Ä" });
			await add("straße");
			for (const sku of ["STRAẞE", "STRASSE", "Straße"]) await expect(add(sku)).rejects.toEqual(taken);
		});
	});

	test("an order is cancelled although the shelf has been filled to its limit meanwhile", async () => {
		const lamp = await shop.given.product({ stock: 2 });
		const order = await shop.when.checksOut(await shop.given.customer(), [{ product: lamp, quantity: 2 }]);
		await shop.eventually(() => shop.stockOf(lamp), { onHand: 0, reserved: 0, available: 0 });
		await shop.when.adjustsStock(lamp, 2_147_483_646);

		await shop.when.cancels(order);

		await shop.eventually(() => shop.stockOf(lamp), expect.objectContaining({ onHand: 2_147_483_647, reserved: 0 }));
		expect(await shop.deadLetters()).toEqual([]);
	});
});
