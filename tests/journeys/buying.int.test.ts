import { randomUUID } from "node:crypto";
import { addsUpAtTheEnd } from "../support/adds-up";
import { transports } from "../support/servers";
import { openShop, type Shop } from "../support/shop";
import type { Account } from "../support/shop-types";
import { until } from "../support/until";

const ADDRESS = {
	name: "Ada Lovelace عادة",
	line1: "12 St James's Square",
	line2: "Flat 3 ☂",
	city: "London",
	postalCode: "SW1Y 4JH",
	country: "GB",
};

describe.each(transports)("buying, with events over %s", (events) => {
	let shop: Shop;

	beforeAll(async () => {
		shop = await openShop({ events });
	});
	afterAll(async () => shop[Symbol.asyncDispose]());

	test("a customer browses, orders two products, follows the order to CONFIRMED, and has paid once", async () => {
		const lamp = await shop.given.product({ name: "Porcini lamp", price: 4_900, stock: 5 });
		const mug = await shop.given.product({ name: "Stoneware mug", price: 1_250, stock: 8 });
		const ada = await shop.given.customer({ name: "Ada" });

		const found = await shop.door.graphql<object>(
			`{ products(filter: { search: "porcini", inStock: true }) { totalItems items { id name availableQuantity } } }`,
		);
		const cart = await shop.given.cart(ada, { product: lamp, quantity: 1 }, { product: mug, quantity: 2 });
		const order = await shop.when.checksOutCart(ada, cart, { cartVersion: cart.version, address: ADDRESS });

		expect(found).toEqual({ totalItems: 1, items: [{ id: lamp.id, name: "Porcini lamp", availableQuantity: 5 }] });
		expect(cart.total).toEqual({ amount: 7_400, currency: "USD" });
		expect(order).toMatchObject({ userId: ada.id, status: "PENDING", total: { amount: 7_400, currency: "USD" } });
		expect(await shop.until(order).is("CONFIRMED", { paymentStatus: "CAPTURED" })).toMatchObject({
			number: order.number,
			shippingAddress: ADDRESS,
			failureReason: null,
			items: [
				{ productId: lamp.id, sku: lamp.sku, quantity: 1, lineTotal: { amount: 4_900 } },
				{ productId: mug.id, sku: mug.sku, quantity: 2, lineTotal: { amount: 2_500 } },
			],
			history: ["PENDING", "CART_VALIDATED", "PAYMENT_PROCESSED", "CONFIRMED"].map((status) => ({ status })),
		});
		expect(await shop.ledgerOf(order)).toEqual([
			{ kind: "authorize", amount: 7_400 },
			{ kind: "capture", amount: 7_400 },
		]);
		await shop.eventually(() => shop.stockOf(lamp), { onHand: 4, reserved: 0, available: 4 });
		await shop.eventually(() => shop.stockOf(mug), { onHand: 6, reserved: 0, available: 6 });
		await shop.eventually(async () => (await shop.cartOf(ada, cart.id))?.status, "CHECKED_OUT");
		expect(await shop.cartOf(ada)).toBeNull();
	});

	test("who subscribes right after the checkout sees every status in order, and then the end", async () => {
		const lamp = await shop.given.product();
		const ada = await shop.given.customer();

		const approvals = await shop.holdingApprovals();
		const order = await shop.when.checksOut(ada, [{ product: lamp, quantity: 1 }]);
		const following = shop.door.follow("orderStatus", order.id, ada);
		await until(() => following.states.length > 0 || following.failure, { what: "the current state" });
		await approvals[Symbol.asyncDispose]();
		await until(() => following.ended || following.failure, { what: "the subscription to complete" });

		expect(following.failure).toBeUndefined();
		const statuses = following.states.map(({ status }) => status);
		expect(["PENDING", "CART_VALIDATED", "PAYMENT_PROCESSED", "CONFIRMED"].slice(-statuses.length)).toEqual(statuses);
		expect(statuses).toContain("PAYMENT_PROCESSED");
	});

	test("someone else's order is an error to a subscription, and never an event", async () => {
		const lamp = await shop.given.product();
		const order = await shop.when.checksOut(await shop.given.customer(), [{ product: lamp, quantity: 1 }]);

		const following = shop.door.follow("orderUpdated", order.id, await shop.given.customer());
		await until(() => following.failure, { what: "the refusal" });

		expect(following.failure).toMatchObject([{ extensions: { code: "NOT_FOUND" } }]);
		expect(following.states).toEqual([]);
		await shop.until(order).is("CONFIRMED");
	});

	test("the same journey by REST, where repeated requests with a key are answered alike", async () => {
		const { rest } = shop.door;
		const admin = await shop.given.admin();
		const key = { "idempotency-key": randomUUID() };
		const registration = { email: `${randomUUID()}@shop.test`, password: "correct horse", name: "Bob" };
		const newProduct = { sku: randomUUID(), name: "Vacuum flask", price: 3_300, initialStock: 4 };

		const registered = await rest("POST", "/register", { body: registration, headers: key });
		const again = await rest("POST", "/register", { body: registration, headers: key });
		const login = await rest("POST", "/login", {
			body: { email: registration.email, password: registration.password },
		});
		const bob = { ...(login.body["user"] as Account), token: login.body["accessToken"] as string };
		const created = await rest("POST", "/products", { as: admin, body: newProduct, headers: key });
		const createdAgain = await rest("POST", "/products", { as: admin, body: newProduct, headers: key });
		const listed = await rest("GET", "/products?search=vacuum&take=5");
		const productId = created.body["id"] as string;
		const priced = await rest("PATCH", `/products/${productId}`, { as: admin, body: { price: 3_500 } });
		const cart = await rest("POST", "/cart", { as: bob });
		const cartId = cart.body["id"] as string;
		const filled = await rest("POST", "/cart/items", { as: bob, body: { cartId, productId, quantity: 2 } });
		const checkout = { cartId, paymentToken: "tok_approve", shippingAddress: ADDRESS };
		const ordered = await rest("POST", "/orders", { as: bob, body: checkout, headers: key });
		const orderedAgain = await rest("POST", "/orders", { as: bob, body: checkout, headers: key });
		const orderId = ordered.body["id"] as string;
		await shop.eventually(
			async () => (await rest("GET", `/orders/${orderId}`, { as: bob })).body["status"],
			"CONFIRMED",
		);
		const orders = await rest("GET", "/orders", { as: bob });
		const cancelled = await rest("POST", `/orders/${orderId}/cancel`, { as: bob, body: { reason: "too green" } });

		expect([registered, created, cart, ordered].map(({ status }) => status)).toEqual([201, 201, 201, 201]);
		expect([login, listed, priced, filled, orders, cancelled].map(({ status }) => status)).toEqual(Array(6).fill(200));
		expect(again.body["user"]).toEqual(registered.body["user"]);
		expect(createdAgain.body["id"]).toBe(productId);
		expect(orderedAgain.body["id"]).toBe(orderId);
		expect(ordered.headers.get("location")).toBe(`/api/orders/${orderId}`);
		expect(listed.body).toMatchObject({ totalItems: 1, items: [{ id: productId, price: { amount: 3_300 } }] });
		expect(filled.body).toMatchObject({ id: cartId, total: { amount: 7_000 } });
		expect(orders.body).toMatchObject({ totalItems: 1, items: [{ id: orderId, shippingAddress: ADDRESS }] });
		expect(cancelled.body).toMatchObject({ id: orderId, status: "CANCELLED" });
		await shop.eventually(() => shop.stockOf({ id: productId }), { onHand: 4, reserved: 0, available: 4 });
	});

	test("a declined payment by REST is compensated, and leaves stock and cart as they were", async () => {
		const { rest } = shop.door;
		const vase = await shop.given.product({ stock: 3 });
		const eve = await shop.given.customer();
		const filled = await rest("POST", "/cart/items", { as: eve, body: { productId: vase.id, quantity: 2 } });
		const cartId = filled.body["id"] as string;

		const ordered = await rest("POST", "/orders", {
			as: eve,
			body: { cartId, paymentToken: "tok_decline", shippingAddress: ADDRESS },
			headers: { "idempotency-key": randomUUID() },
		});
		const order = () => rest("GET", `/orders/${ordered.body["id"] as string}`, { as: eve });
		await shop.eventually(async () => (await order()).body["status"], "COMPENSATED");

		expect((await order()).body).toMatchObject({ failureReason: "PAYMENT_DECLINED", paymentStatus: "DECLINED" });
		expect(await shop.stockOf(vase)).toEqual({ onHand: 3, reserved: 0, available: 3 });
		const { items, total } = filled.body;
		expect((await rest("GET", `/cart/${cartId}`, { as: eve })).body).toMatchObject({ status: "ACTIVE", items, total });
	});

	addsUpAtTheEnd(() => shop);
});
