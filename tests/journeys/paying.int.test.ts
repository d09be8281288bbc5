import { randomUUID } from "node:crypto";
import { addsUpAtTheEnd } from "../support/adds-up";
import { transports } from "../support/servers";
import { openShop, type Shop } from "../support/shop";
import type { Cart, Order, PlacedOrder, Product } from "../support/shop-types";

const PAID = [
	{ kind: "authorize", amount: 3_998 },
	{ kind: "capture", amount: 3_998 },
];

/** Each token of the sandbox provider: how the order ends, and what the provider's own books then say. */
const TOKENS: [token: string, status: string, ending: Partial<Order>, ledger: object[]][] = [
	["tok_approve", "CONFIRMED", { paymentStatus: "CAPTURED" }, PAID],
	["tok_error_once", "CONFIRMED", { paymentStatus: "CAPTURED" }, PAID],
	["tok_timeout", "CONFIRMED", { paymentStatus: "CAPTURED" }, PAID],
	["tok_slow", "CONFIRMED", { paymentStatus: "CAPTURED" }, PAID],
	["tok_twice", "CONFIRMED", { paymentStatus: "CAPTURED" }, PAID],
	["tok_decline", "COMPENSATED", { failureReason: "PAYMENT_DECLINED", paymentStatus: "DECLINED" }, []],
	["tok_insufficient_funds", "COMPENSATED", { failureReason: "INSUFFICIENT_FUNDS", paymentStatus: "DECLINED" }, []],
	["tok_of_another_kind", "COMPENSATED", { failureReason: "PAYMENT_TOKEN_INVALID", paymentStatus: "DECLINED" }, []],
	["tok_down", "COMPENSATED", { failureReason: "PAYMENT_UNAVAILABLE", paymentStatus: "NONE" }, []],
];

describe.each(transports)("paying, with events over %s", (events) => {
	let shop: Shop;
	/** All at once: some tokens take their time. */
	const placed = new Map<string, { order: PlacedOrder; product: Product; cart: Cart }>();

	/** Its provider approves when it is too late. */
	let givenUp: PlacedOrder;

	async function orderLate(): Promise<PlacedOrder> {
		const product = await shop.given.product({ price: 1_999, stock: 3 });
		const ada = await shop.given.customer();
		return shop.when.checksOut(ada, [{ product, quantity: 2 }], { token: "tok_late" });
	}

	beforeAll(async () => {
		shop = await openShop({ events });
		for (const [token] of TOKENS) {
			const product = await shop.given.product({ price: 1_999, stock: 3 });
			const customer = await shop.given.customer();
			const cart = await shop.given.cart(customer, { product, quantity: 2 });
			placed.set(token, { order: await shop.when.checksOutCart(customer, cart, { token }), product, cart });
		}
		givenUp = await orderLate();
	});
	afterAll(async () => shop[Symbol.asyncDispose]());

	test.each(TOKENS)(
		"%s ends in %s, and nothing is left that belongs to another end",
		async (token, status, ending, ledger) => {
			const { order, product, cart } = placed.get(token)!;

			await shop.until(order).is(status, ending);

			expect(await shop.ledgerOf(order)).toEqual(ledger);
			const onHand = status === "CONFIRMED" ? 1 : 3;
			await shop.eventually(() => shop.stockOf(product), { onHand, reserved: 0, available: onHand });
			const cartNow = { status: status === "CONFIRMED" ? "CHECKED_OUT" : "ACTIVE", items: cart.items, problems: [] };
			await shop.eventually(() => shop.cartOf(order.by, cart.id), expect.objectContaining(cartNow));
		},
	);

	describe("an approval that the provider tells of late, and twice,", () => {
		/** As if the time until then were over. */
		const tellNow = (order: PlacedOrder) =>
			shop.database.query("UPDATE sandbox_provider.notices SET due_at = now() WHERE order_id = $1", [order.id]);
		const told = async (order: PlacedOrder): Promise<boolean> => {
			const owed = await shop.database.query("SELECT FROM sandbox_provider.notices WHERE order_id = $1", [order.id]);
			return owed.rowCount === 0;
		};
		const kindsIn = async (order: PlacedOrder) => (await shop.ledgerOf(order)).map(({ kind }) => kind);

		test("is good for an order that still waits for it", async () => {
			const order = await orderLate();
			await shop.eventually(() => told(order), false);

			await tellNow(order);

			await shop.until(order).is("CONFIRMED", { paymentStatus: "CAPTURED" });
			await shop.eventually(() => told(order), true);
			expect(await shop.ledgerOf(order)).toEqual(PAID);
		});

		test("is voided when its order was given up meanwhile", async () => {
			await shop.until(givenUp).is("COMPENSATED", { failureReason: "PAYMENT_UNAVAILABLE" });

			await tellNow(givenUp);

			await shop.eventually(() => told(givenUp), true);
			expect(await kindsIn(givenUp)).toEqual(["authorize", "void"]);
			expect(await shop.look(givenUp)).toMatchObject({ status: "COMPENSATED" });
		});

		test("is no news to an order that was cancelled and refunded", async () => {
			const product = await shop.given.product({ stock: 3 });
			const ada = await shop.given.customer();
			const order = await shop.when.checksOut(ada, [{ product, quantity: 1 }], { token: "tok_twice" });
			await shop.until(order).is("CONFIRMED", { paymentStatus: "CAPTURED" });
			await shop.eventually(() => told(order), true);
			await shop.when.cancels(order);
			await shop.until(order).is("CANCELLED", { paymentStatus: "REFUNDED" });

			await shop.database.query(
				`INSERT INTO sandbox_provider.notices (operation_id, order_id, amount, currency, due_at, nth)
				SELECT operation_id, order_id, amount, currency, now(), 3 FROM sandbox_provider.ledger
				WHERE order_id = $1 AND kind = 'authorize'`,
				[order.id],
			);

			await shop.eventually(() => told(order), true);
			expect(await kindsIn(order)).toEqual(["authorize", "capture", "refund"]);
			expect(await shop.look(order)).toMatchObject({ status: "CANCELLED", paymentStatus: "REFUNDED" });
		});
	});

	test("a compensated order tells why in its history, and the cart can be ordered again", async () => {
		const product = await shop.given.product({ stock: 1 });
		const ada = await shop.given.customer();
		const declined = await shop.when.checksOut(ada, [{ product, quantity: 1 }], { token: "tok_decline" });
		const { history } = await shop.until(declined).is("COMPENSATED");
		const cart = await shop.cartOf(ada);

		const order = await shop.when.checksOutCart(ada, cart!);

		await shop.until(order).is("CONFIRMED");
		expect(order.id).not.toBe(declined.id);
		expect(history.map(({ status }) => status)).toEqual(["PENDING", "CART_VALIDATED", "FAILED", "COMPENSATED"]);
	});

	test("what was put into another cart meanwhile and what comes back end up in one cart", async () => {
		const lamp = await shop.given.product();
		const mug = await shop.given.product();
		const ada = await shop.given.customer();
		const order = await shop.when.checksOut(ada, [{ product: lamp, quantity: 1 }], { token: "tok_down" });

		const another = await shop.given.cart(ada, { product: mug, quantity: 1 }, { product: lamp, quantity: 2 });
		await shop.until(order).is("COMPENSATED");

		const { id, items } = (await shop.cartOf(ada))!;
		expect(id).toBe(another.id);
		expect(new Map(items.map(({ productId, quantity }) => [productId, quantity]))).toEqual(
			new Map([
				[mug.id, 1],
				[lamp.id, 3],
			]),
		);
	});

	test("twenty checkouts at once with one key are one order and one authorisation", async () => {
		const product = await shop.given.product({ price: 1_999 });
		const ada = await shop.given.customer();
		const cart = await shop.given.cart(ada, { product, quantity: 1 });
		const key = randomUUID();

		const orders = await Promise.all(
			Array.from({ length: 20 }, () => shop.when.checksOutCart(ada, cart, { key, cartVersion: cart.version })),
		);

		expect(new Set(orders.map(({ id }) => id)).size).toBe(1);
		await shop.until(orders[0]!).is("CONFIRMED", { paymentStatus: "CAPTURED" });
		expect(await shop.ledgerOf(orders[0]!)).toEqual([
			{ kind: "authorize", amount: 1_999 },
			{ kind: "capture", amount: 1_999 },
		]);
		// Where orders takes too long to say how far it is, the answer is what was accepted.
		await shop.eventually(
			() => shop.when.checksOutCart(ada, cart, { key }),
			expect.objectContaining({ id: orders[0]!.id, status: "CONFIRMED" }),
		);
	});

	test("a key is good for one request of one user", async () => {
		const product = await shop.given.product();
		const [ada, bob] = [await shop.given.customer(), await shop.given.customer()];
		const cart = await shop.given.cart(ada, { product, quantity: 1 });
		const key = randomUUID();
		const address = { name: "A", line1: "1", city: "B", postalCode: "2", country: "C" };
		const order = await shop.when.checksOutCart(ada, cart, { key });
		const next = await shop.given.cart(ada, { product, quantity: 1 });

		const reused = expect.objectContaining({ code: "IDEMPOTENCY_KEY_REUSED" });
		await expect(shop.when.checksOutCart(ada, cart, { key, token: "tok_slow" })).rejects.toEqual(reused);
		await expect(shop.when.checksOutCart(ada, cart, { key, address })).rejects.toEqual(reused);
		await expect(shop.when.checksOutCart(ada, next, { key })).rejects.toEqual(reused);
		const his = shop.when.checksOut(bob, [{ product, quantity: 1 }], { key });
		await expect(his).resolves.toEqual(expect.objectContaining({ id: expect.not.stringMatching(order.id) as string }));
		await shop.until(order).is("CONFIRMED");
		await shop.until(await his).is("CONFIRMED");
	});

	addsUpAtTheEnd(() => shop);
});
