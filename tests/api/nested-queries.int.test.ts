import { randomUUID } from "node:crypto";
import type { Moment } from "../../mixins/cache/moment";
import { openShop, type Shop } from "../support/shop";
import type { Account, Product } from "../support/shop-types";
import { rawGraphQL } from "./raw-request";
import { traceWork, type Work } from "./traced-work";

const PRODUCTS = `query ($in: ID) { products(filter: { categoryId: $in }, take: 50) { totalItems items {
	id name availableQuantity category { name parent { name } children { name children { name } } }
} } }`;
const STOCKS = `query ($in: ID) { products(filter: { categoryId: $in }, take: 50) { items {
	id availableQuantity stock { onHand reserved available } category { slug }
} } }`;
const FACETS =
	"query ($in: ID) { productFacets(filter: { categoryId: $in }) { count category { name parent { name } } } }";
const ORDERS = `{ orders { totalItems items {
	id number status total { amount } items { name quantity } history { status at } shippingAddress { city }
} } }`;
const MOVEMENTS =
	"query ($of: ID!) { stockMovements(productId: $of) { items { kind reason order { number } user { name } } } }";
const CART = "{ cart { total { amount } items { quantity product { name availableQuantity category { name } } } } }";

/** A category with so many products, each in a category of its own below it. */
async function categoryOf(shop: Shop, count: number): Promise<{ id: string; products: Product[] }> {
	const admin = await shop.given.admin();
	const category = (parentId?: string) =>
		shop.door.graphql<{ id: string }>(
			"mutation ($input: CreateCategoryInput!) { createCategory(input: $input) { id } }",
			{ input: { name: "Lamps", slug: `lamps-${randomUUID()}`, parentId } },
			admin,
		);
	const { id } = await category();
	const below = await Promise.all(Array.from({ length: count }, () => category(id)));
	const products = await Promise.all(below.map((each) => shop.given.product({ categoryId: each.id })));
	return { id, products };
}

describe("what a query asks of services and database does not grow with its rows", () => {
	let shop: Shop;
	let work: ReturnType<typeof traceWork>;
	let one: { id: string; products: Product[] };
	let twenty: { id: string; products: Product[] };
	let admin: Account;

	beforeAll(async () => {
		shop = await openShop({ events: "postgres" });
		[one, twenty] = [await categoryOf(shop, 1), await categoryOf(shop, 20)];
		admin = await shop.given.admin();
		work = traceWork(shop.node().broker);
	});
	afterAll(async () => {
		work.stop();
		await shop[Symbol.asyncDispose]();
	});

	/** Asked when nothing is remembered. */
	async function workOf(query: string, variables: object, as?: Account): Promise<Work & { answer: string }> {
		const { broker } = shop.node();
		await broker.cacher!.clean();
		const products = broker.getLocalService("products") as unknown as Record<string, Moment<unknown>>;
		for (const moment of ["shownStock", "shownCategories"]) products[moment]!.forget();
		const name = randomUUID();
		const headers = { "x-work": name, ...(as && { authorization: `Bearer ${as.token}` }) };
		const { errors, text } = await rawGraphQL(shop.node().url!, query, variables, headers);
		expect(errors).toEqual([]);
		return { ...work.of(name), answer: text };
	}

	async function compare(query: string, few: object, many: object, as?: [Account, Account]) {
		const [small, large] = [await workOf(query, few, as?.[0]), await workOf(query, many, as?.[1])];
		expect(large.answer.length).toBeGreaterThan(2 * small.answer.length);
		expect(small.calls.length).toBeGreaterThan(0);
		expect(small.statements.length).toBeGreaterThan(0);
		return { small, large };
	}

	test.each([
		["products, their stock for sale and their categories", PRODUCTS, false],
		["stock for administrators", STOCKS, true],
		["how many products each category has", FACETS, false],
	])("%s", async (_what, query, forAdmins) => {
		const as = forAdmins ? ([admin, admin] as [Account, Account]) : undefined;
		// The third time the query is compiled.
		for (let time = 0; time < 4; time++) {
			const { small, large } = await compare(query, { in: one.id }, { in: twenty.id }, as);

			expect({ ...large, answer: "" }).toEqual({ ...small, answer: "" });
			expect(large.statements.length).toBeLessThanOrEqual(10);
		}
	});

	test("orders with their items and history", async () => {
		const [ada, eve] = [await shop.given.customer(), await shop.given.customer()];
		const order = async (account: Account, products: Product[]) => {
			const placed = await shop.when.checksOut(
				account,
				products.map((product) => ({ product, quantity: 1 })),
			);
			await shop.until(placed).is("CONFIRMED");
		};
		await order(ada, one.products);
		for (let time = 0; time < 5; time++) await order(eve, twenty.products.slice(0, time + 1));

		const { small, large } = await compare(ORDERS, {}, {}, [ada, eve]);

		expect(large.calls).toEqual(small.calls);
		expect(large.statements).toEqual(small.statements);
	});

	test("the movements of a stock with their orders and administrators", async () => {
		const [few, many] = [await shop.given.product(), await shop.given.product()];
		const order = async (product: Product) => {
			const placed = await shop.when.checksOut(await shop.given.customer(), [{ product, quantity: 1 }]);
			await shop.until(placed).is("CONFIRMED", { paymentStatus: "CAPTURED" });
			await shop.eventually(async () => (await shop.stockOf(product)).reserved, 0);
		};
		await order(few);
		for (let time = 0; time < 4; time++) await order(many);

		const { small, large } = await compare(MOVEMENTS, { of: few.id }, { of: many.id }, [admin, admin]);

		expect(large.calls).toEqual(small.calls);
		expect(large.statements).toEqual(small.statements);
	});

	test("a cart with its products and their categories", async () => {
		const [ada, eve] = [await shop.given.customer(), await shop.given.customer()];
		await shop.given.cart(ada, { product: one.products[0]!, quantity: 1 });
		await shop.given.cart(eve, ...twenty.products.map((product) => ({ product, quantity: 1 })));

		const { small, large } = await compare(CART, {}, {}, [ada, eve]);

		expect(large.calls).toEqual(small.calls);
		expect(large.statements).toEqual(small.statements);
	});
});
