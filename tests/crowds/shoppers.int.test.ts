import { randomUUID } from "node:crypto";
import { startNode, type Node } from "../../node/node";
import { addsUpAtTheEnd } from "../support/adds-up";
import { describeOnRabbitMQ, transports } from "../support/servers";
import { openShop, type Shop } from "../support/shop";
import { doorOf, Refusal, type Door } from "../support/shop-door";
import type { Account, Cart, PlacedOrder, Product, Wish } from "../support/shop-types";
import { whenIn } from "../support/shop-when";
import { until } from "../support/until";
import { isLong } from "./long";

const SHOPPERS = isLong ? 200 : 40;
/** Rounds with one last item, and with items for a quarter of the shoppers. */
const ROUNDS = isLong ? { last: 20, quarter: 3 } : { last: 2, quarter: 1 };

jest.setTimeout(isLong ? 3_600_000 : 180_000);

describe.each(transports.slice(0, 1))("a crowd of shoppers, with events over %s", (events) => {
	let shop: Shop;
	let shoppers: Account[];

	beforeAll(async () => {
		shop = await openShop({ events });
		shoppers = await Promise.all(Array.from({ length: SHOPPERS }, () => shop.given.customer()));
	});
	afterAll(async () => shop[Symbol.asyncDispose]());

	test.each([
		["one last item", ROUNDS.last, 1],
		["an item for every fourth", ROUNDS.quarter, SHOPPERS / 4],
	])(
		"%s: so many buy as there are, the others are told that it is sold out, and nobody anything else",
		async (_what, rounds, stock) => {
			for (let round = 0; round < rounds; round++) {
				const product = await shop.given.product({ stock });

				const orders = await allOrder(shop, shoppers, () => [{ product, quantity: 1 }]);

				expect(await endsOf(shop, orders)).toEqual({
					"CONFIRMED ": stock,
					"COMPENSATED OUT_OF_STOCK": SHOPPERS - stock,
				});
				await shop.eventually(() => shop.stockOf(product), { onHand: 0, reserved: 0, available: 0 });
			}
		},
	);

	test("carts of the same twenty products, every other one the other way round", async () => {
		const products: Product[] = [];
		for (let n = 0; n < 20; n++) products.push(await shop.given.product({ stock: 1_000 }));
		const wishes = products.map((product) => ({ product, quantity: 1 }));

		const orders = await allOrder(shop, shoppers.slice(0, isLong ? 50 : 20), (index) =>
			index % 2 === 0 ? wishes : wishes.toReversed(),
		);

		expect(await endsOf(shop, orders)).toEqual({ "CONFIRMED ": orders.length });
	});

	test("in all of that the database has not seen a single deadlock", async () => {
		const { rows } = await shop.database.query<{ deadlocks: string }>(
			"SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()",
		);
		expect(Number(rows[0]!.deadlocks)).toBe(0);
	});

	addsUpAtTheEnd(() => shop);
});

describeOnRabbitMQ("a crowd at two gateways", () => {
	let shop: Shop;
	let second: Node;
	let other: Door;

	beforeAll(async () => {
		shop = await openShop({ events: "rabbitmq" });
		const { settings } = shop.node();
		second = await startNode({ ...settings, services: ["gateway", "cart"], nodeId: "second" }, (reason) => {
			throw new Error(reason);
		});
		other = doorOf(() => second.url!);
		await until(() => other.graphql("{ products { totalItems } }"), { what: "the second gateway to know the others" });
	});
	afterAll(async () => {
		await second?.stop();
		await shop?.[Symbol.asyncDispose]();
	});

	test("fifty checkouts at once with one key are one order and one authorisation", async () => {
		const product = await shop.given.product({ price: 1_999, stock: 100 });
		const ada = await shop.given.customer();
		const cart = await shop.given.cart(ada, { product, quantity: 1 });
		const key = randomUUID();
		const elsewhere = whenIn(other, shop.given, new Map());

		const orders = await Promise.all(
			Array.from({ length: 50 }, (_, n) => (n % 2 === 0 ? shop.when : elsewhere).checksOutCart(ada, cart, { key })),
		);

		expect(new Set(orders.map(({ id, number }) => `${id} ${number}`)).size).toBe(1);
		await shop.until(orders[0]!).is("CONFIRMED", { paymentStatus: "CAPTURED" }, 60_000);
		expect((await shop.ledgerOf(orders[0]!)).map(({ kind }) => kind)).toEqual(["authorize", "capture"]);
		await shop.eventually(() => shop.stockOf(product), { onHand: 99, reserved: 0, available: 99 });
	});

	test("an order is followed through any gateway, from its state at once through each change to its end", async () => {
		const product = await shop.given.product();
		const ada = await shop.given.customer();
		const approvals = await shop.holdingApprovals();
		const order = await shop.when.checksOut(ada, [{ product, quantity: 1 }]);

		const here = shop.door.follow("orderUpdated", order.id, ada);
		const there = other.follow("orderUpdated", order.id, ada);
		await until(() => [here, there].every(({ states, failure }) => states.length > 0 || failure), {
			what: "both to hear of its state",
		});
		await approvals[Symbol.asyncDispose]();
		await shop.until(order).is("CONFIRMED", { paymentStatus: "CAPTURED" }, 60_000);
		await shop.when.cancels(order);
		await until(() => here.ended && there.ended, { what: "both subscriptions to complete", withinMs: 30_000 });

		const way = ["PENDING", "CART_VALIDATED", "PAYMENT_PROCESSED", "CONFIRMED", "CANCELLED"];
		for (const { states, failure } of [here, there]) {
			const statuses = states.map(({ status }) => status).filter((status, index, all) => status !== all[index - 1]);
			expect(failure).toBeUndefined();
			expect(way.slice(-statuses.length)).toEqual(statuses);
			expect(statuses.length).toBeGreaterThan(2);
		}
	});

	addsUpAtTheEnd(() => shop);
});

/** So many fill their carts side by side: that is not what is tested. */
const FILLING = 4;
/** A machine that can't keep up says so, and the shopper asks again with the same key, as the web shop does. */
const ASK_AGAIN_MAX = 20;
const BUSY = new Set(["UNAVAILABLE", "OVERLOADED"]);

/** Everyone fills a cart; then all of them check out at once. */
async function allOrder(
	shop: Shop,
	shoppers: readonly Account[],
	wishesOf: (index: number) => readonly Wish[],
): Promise<PlacedOrder[]> {
	const carts: Cart[] = [];
	for (let from = 0; from < shoppers.length; from += FILLING) {
		const some = shoppers.slice(from, from + FILLING);
		carts.push(
			...(await Promise.all(
				some.map(async (shopper, index) => {
					await emptyCart(shop, shopper);
					return shop.given.cart(shopper, ...wishesOf(from + index));
				}),
			)),
		);
	}
	return Promise.all(shoppers.map((shopper, index) => checksOut(shop, shopper, carts[index]!)));
}

/** Who got nothing in the last round has it back in the cart. */
async function emptyCart(shop: Shop, shopper: Account): Promise<void> {
	const cart = await shop.cartOf(shopper);
	if (cart) await shop.door.graphql("mutation ($id: ID!) { clearCart(cartId: $id) { id } }", { id: cart.id }, shopper);
}

async function checksOut(shop: Shop, shopper: Account, cart: Cart): Promise<PlacedOrder> {
	const key = randomUUID();
	for (let asked = 1; ; asked++) {
		try {
			return await shop.when.checksOutCart(shopper, cart, { key });
		} catch (error) {
			if (!(error instanceof Refusal) || !BUSY.has(error.code) || asked === ASK_AGAIN_MAX) throw error;
		}
	}
}

/** How many orders ended how, as `status reason`. */
async function endsOf(shop: Shop, orders: readonly PlacedOrder[]): Promise<Record<string, number>> {
	const ids = orders.map(({ id }) => id);
	return until(
		async () => {
			const { rows } = await shop.database.query<{ end: string; count: number }>(
				`SELECT status || ' ' || coalesce(failure_reason, '') AS "end", count(*)::int FROM orders.orders
				WHERE id = ANY ($1) AND (status, payment_status) IN
					(('CONFIRMED', 'CAPTURED'), ('COMPENSATED', 'NONE'), ('COMPENSATED', 'VOIDED'), ('COMPENSATED', 'DECLINED'))
				GROUP BY 1`,
				[ids],
			);
			const ended = rows.reduce((sum, { count }) => sum + count, 0);
			if (ended < ids.length) throw new Error(`${ended} of ${ids.length} have come to an end`);
			return Object.fromEntries(rows.map(({ end, count }) => [end, count]));
		},
		{ what: "every order to come to its end", withinMs: 120_000, everyMs: 100 },
	);
}
