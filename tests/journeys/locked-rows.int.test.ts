import { setTimeout as pause } from "node:timers/promises";
import { addsUpAtTheEnd } from "../support/adds-up";
import { transports } from "../support/servers";
import { openShop, type Shop } from "../support/shop";
import type { Refusal } from "../support/shop-door";
import type { Account, PlacedOrder } from "../support/shop-types";
import { until } from "../support/until";

/** More than any pool has connections. */
const WAITING = 8;

/** How events travel changes nothing here. */
describe.each(transports.slice(0, 1))("while a stranger has a row locked, with events over %s", (events) => {
	let shop: Shop;

	beforeAll(async () => {
		shop = await openShop({ events });
	});
	afterAll(async () => shop[Symbol.asyncDispose]());

	const browse = (): Promise<unknown> =>
		shop.door.graphql('{ products(filter: { search: "lamp", inStock: true }) { totalItems } }');
	const shoppers = (count: number): Promise<Account[]> =>
		Promise.all(Array.from({ length: count }, () => shop.given.customer()));

	/** Asks again and again while `work` goes on. @returns which share of it was refused */
	async function refusedWhile(work: () => Promise<void>, ask: () => Promise<unknown>): Promise<number> {
		let [asked, refused] = [0, 0];
		let isOver = false;
		const asking = (async () => {
			while (!isOver) {
				asked++;
				await ask().catch(() => refused++);
				await pause(50);
			}
		})();
		await work().finally(() => (isOver = true));
		await asking;
		return refused / asked;
	}

	/** However often a saga has been told that the stock is locked. */
	const untilTriedInVain = (orders: readonly PlacedOrder[], times: number): Promise<unknown> =>
		until(
			async () => {
				const { rows } = await shop.database.query(
					`SELECT FROM orders.saga_log WHERE saga_id = ANY ($1) AND step = 'reserve the stock' AND outcome = 'AWAY'
						AND coalesce((detail ->> 'times')::int, 1) >= $2`,
					[orders.map(({ id }) => id), times],
				);
				return rows.length === orders.length;
			},
			{ what: `each order to have been told ${times} times that its stock is locked`, withinMs: 60_000, everyMs: 100 },
		);

	test("of a product's stock, searches and other products' orders go on, and its own go on afterwards", async () => {
		const [hot, other] = [await shop.given.product({ stock: 20 }), await shop.given.product({ stock: 20 })];
		const all = await shoppers(WAITING + 3);
		const carts = await Promise.all(
			all.map((shopper, index) => shop.given.cart(shopper, { product: index < WAITING ? hot : other, quantity: 1 })),
		);
		const order = (index: number): Promise<PlacedOrder> => shop.when.checksOutCart(all[index]!, carts[index]!);

		let held: PlacedOrder[] = [];
		const refused = await refusedWhile(async () => {
			await using _stranger = await shop.holding(`SELECT FROM catalog.stock WHERE product_id = '${hot.id}' FOR UPDATE`);
			held = await Promise.all(Array.from({ length: WAITING }, (_, index) => order(index)));
			await untilTriedInVain(held, 1);
			for (let index = WAITING; index < all.length; index++) {
				await shop.until(await order(index)).is("CONFIRMED", { paymentStatus: "CAPTURED" });
			}
			await untilTriedInVain(held, 3);
		}, browse);

		// None, on a machine that has nothing else to do.
		expect(refused).toBeLessThan(0.1);
		for (const each of held) await shop.until(each).is("CONFIRMED", { paymentStatus: "CAPTURED" });
		await shop.eventually(() => shop.stockOf(hot), { onHand: 20 - WAITING, reserved: 0, available: 20 - WAITING });
	});

	test("of a cart, other carts can be filled and ordered", async () => {
		const lamp = await shop.given.product({ stock: 100 });
		const [ada, bob] = await shoppers(2);
		const adas = await shop.given.cart(ada!, { product: lamp, quantity: 1 });
		const input = { cartId: adas.id, productId: lamp.id, quantity: 1 };
		const add = (): Promise<string> =>
			shop.door.graphql("mutation ($input: AddToCartInput!) { addToCart(input: $input) { id } }", { input }, ada).then(
				() => "added",
				(error: Refusal) => error.code,
			);

		let answers: string[] = [];
		{
			await using _stranger = await shop.holding(`SELECT FROM cart.carts WHERE id = '${adas.id}' FOR UPDATE`);
			const tabs = Promise.all(Array.from({ length: 3 * WAITING }, add));
			const bobs = await shop.when.checksOut(bob!, [{ product: lamp, quantity: 1 }]);
			await shop.until(bobs).is("CONFIRMED", { paymentStatus: "CAPTURED" });
			expect(await shop.cartOf(ada)).toMatchObject({ id: adas.id });
			answers = await tabs;
		}

		expect(new Set(answers)).toEqual(new Set(["UNAVAILABLE"]));
		expect(await add()).toBe("added");
	});

	addsUpAtTheEnd(() => shop);
});
