import { randomUUID } from "node:crypto";
import { openShop, type Shop } from "../support/shop";
import type { Account, PlacedOrder } from "../support/shop-types";

const HOME = { name: "Ada", line1: "12 St James's Square", city: "London", postalCode: "SW1Y 4JH", country: "GB" };
const REUSED = { status: 422, body: { error: { code: "IDEMPOTENCY_KEY_REUSED" } } };

describe("a POST with an Idempotency-Key", () => {
	let shop: Shop;
	beforeAll(async () => (shop = await openShop({ events: "postgres" })));
	afterAll(async () => shop[Symbol.asyncDispose]());

	const post = (path: string, as: Account, key: string | undefined, body: object = {}) =>
		shop.door.rest("POST", path, { as, body, headers: key === undefined ? {} : { "idempotency-key": key } });
	const cancel = ({ id, by }: PlacedOrder, key?: string, body?: object) => post(`/orders/${id}/cancel`, by, key, body);

	async function anOrder(by: Account): Promise<PlacedOrder> {
		const product = await shop.given.product({ stock: 10 });
		const order = await shop.when.checksOut(by, [{ product, quantity: 2 }]);
		await shop.until(order).is("CONFIRMED");
		return order;
	}

	test("cancels an order once, and is answered with the order however often it comes", async () => {
		const [order, key] = [await anOrder(await shop.given.customer()), randomUUID()];
		const request = () => cancel(order, key, { reason: "too green" });

		const atOnce = await Promise.all([request(), request(), request()]);
		await shop.until(order).is("CANCELLED", { paymentStatus: "REFUNDED" });
		const later = await request();

		const cancelled = { id: order.id, status: "CANCELLED" };
		for (const answer of atOnce) expect(answer).toMatchObject({ status: 200, body: cancelled });
		expect(later).toMatchObject({ status: 200, body: { ...cancelled, paymentStatus: "REFUNDED" } });
		const { history } = await shop.look(order);
		expect(history.filter(({ status }) => status === "CANCELLED")).toHaveLength(1);
	});

	test("cancels nothing else: another order or reason is refused, and so is another key or none", async () => {
		const ada = await shop.given.customer();
		const [order, other, key] = [await anOrder(ada), await anOrder(ada), randomUUID()];
		await cancel(order, key);

		expect(await cancel(other, key)).toMatchObject(REUSED);
		expect(await cancel(order, key, { reason: "too green" })).toMatchObject(REUSED);
		const tooLate = { status: 409, body: { error: { code: "ORDER_NOT_CANCELLABLE" } } };
		expect(await cancel(order, randomUUID())).toMatchObject(tooLate);
		expect(await cancel(order)).toMatchObject(tooLate);
		expect(await shop.look(other)).toMatchObject({ status: "CONFIRMED" });
	});

	test("is its user's own: the same key of somebody else cancels their order", async () => {
		const [adas, eves] = [await anOrder(await shop.given.customer()), await anOrder(await shop.given.customer())];
		const key = randomUUID();

		const answers = [await cancel(adas, key), await cancel(eves, key)];

		expect(answers.map(({ status }) => status)).toEqual([200, 200]);
	});

	test("is not kept by a cancellation that was refused", async () => {
		const [order, key] = [await anOrder(await shop.given.customer()), randomUUID()];
		await cancel(order);
		expect(await cancel(order, key)).toMatchObject({ status: 409 });

		expect(await cancel(order, key, { reason: "too green" })).toMatchObject({ status: 409 });
	});

	const add = (as: Account | undefined, key: string, body: object) =>
		shop.door.rest("POST", "/cart/items", { ...(as && { as }), body, headers: { "idempotency-key": key } });
	const inCart = (quantity: number) => ({ status: 200, body: { items: [{ quantity }] } });

	test("adds to a cart once, and is answered with the cart also when the product is not sold any more", async () => {
		const [ada, lamp, key] = [await shop.given.customer(), await shop.given.product(), randomUUID()];
		const body = { productId: lamp.id, quantity: 2 };
		await add(ada, key, body);

		await shop.when.updatesProduct(lamp, { active: false });

		expect(await add(ada, key, body)).toMatchObject(inCart(2));
		expect(await add(ada, randomUUID(), body)).toMatchObject({ status: 404 });
	});

	test.each(["a guest", "a customer"])("is the same with its ids in capitals: %s has added once", async (who) => {
		const as = who === "a guest" ? undefined : await shop.given.customer();
		const lamp = await shop.given.product();
		const { id: cartId } = await shop.given.cart(as ?? "guest", { product: lamp, quantity: 1 });
		const key = randomUUID();
		expect(await add(as, key, { cartId, productId: lamp.id, quantity: 2 })).toMatchObject(inCart(3));

		const capitals = { cartId: cartId.toUpperCase(), productId: lamp.id.toUpperCase(), quantity: 2 };

		expect(await add(as, key, capitals)).toMatchObject(inCart(3));
		expect(await add(as, randomUUID(), capitals)).toMatchObject(inCart(5));
	});

	test("saves an address once, and another one is refused", async () => {
		const [ada, key] = [await shop.given.customer(), randomUUID()];
		const save = (address: object) => post("/addresses", ada, key, address);

		const [first, again] = await Promise.all([save(HOME), save(HOME)]);

		expect(first).toMatchObject({ status: 200, body: { address: HOME } });
		expect(again.body).toEqual(first.body);
		expect(await save({ ...HOME, city: "Paris" })).toMatchObject(REUSED);
	});

	test("does not bring back an address that was removed, and leaves no copy of it", async () => {
		const [ada, key] = [await shop.given.customer(), randomUUID()];
		const saved = await post("/addresses", ada, key, HOME);
		await shop.door.rest("DELETE", `/addresses/${saved.body["id"] as string}`, { as: ada });

		expect(await post("/addresses", ada, key, HOME)).toMatchObject({ status: 404 });

		const kept = await shop.database.query("SELECT answer FROM users.idempotency_keys WHERE key = $1", [key]);
		expect(kept.rows).toEqual([{ answer: { id: saved.body["id"] } }]);
	});
});
