import { openShop, type Shop } from "../support/shop";
import { transports } from "../support/servers";
import { until } from "../support/until";

const ADDRESS = {
	name: "Ada Lovelace",
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
	afterAll(() => shop[Symbol.asyncDispose]());

	test("a customer browses, orders two products, follows the order to CONFIRMED, and has paid once", async () => {
		const lamp = await shop.given.product({ name: "Porcini lamp", price: 4_900, stock: 5 });
		const mug = await shop.given.product({ name: "Stoneware mug", price: 1_250, stock: 8 });
		const ada = await shop.given.customer({ name: "Ada" });

		const found = await shop.door.graphql<{ items: object[]; totalItems: number }>(
			`{ products(filter: { search: "porcini", inStock: true }) { totalItems items { id name availableQuantity } } }`,
		);
		const cart = await shop.given.cart(ada, { product: lamp, quantity: 1 }, { product: mug, quantity: 2 });
		const order = await shop.when.checksOutCart(ada, cart, { cartVersion: cart.version, address: ADDRESS });
		const following = shop.door.follow("orderStatus", order.id, ada);
		await until(() => following.ended || following.failure, { what: "the subscription to complete" });

		expect(found).toEqual({ totalItems: 1, items: [{ id: lamp.id, name: "Porcini lamp", availableQuantity: 5 }] });
		expect(cart.total).toEqual({ amount: 7_400, currency: "USD" });
		expect(order).toMatchObject({ userId: ada.id, status: "PENDING", total: { amount: 7_400, currency: "USD" } });
		expect(following.failure).toBeUndefined();
		const statuses = following.states.map(({ status }) => status);
		expect(["PENDING", "CART_VALIDATED", "PAYMENT_PROCESSED", "CONFIRMED"].slice(-statuses.length)).toEqual(statuses);
		await following.stop();

		const settled = await shop.until(order).is("CONFIRMED", { paymentStatus: "CAPTURED" });
		expect(settled).toMatchObject({ number: order.number, shippingAddress: ADDRESS, failureReason: null });
		expect(settled.history.map(({ status }) => status)).toEqual([
			"PENDING",
			"CART_VALIDATED",
			"PAYMENT_PROCESSED",
			"CONFIRMED",
		]);
		expect(await shop.ledgerOf(order)).toEqual([
			{ kind: "authorize", amount: 7_400 },
			{ kind: "capture", amount: 7_400 },
		]);
		await shop.eventually(() => shop.stockOf(lamp), { onHand: 4, reserved: 0, available: 4 });
		await shop.eventually(() => shop.stockOf(mug), { onHand: 6, reserved: 0, available: 6 });
		await shop.eventually(async () => (await shop.cartOf(ada, cart.id))?.status, "CHECKED_OUT");
		expect(await shop.cartOf(ada)).toBeNull();
	});

	test("what is left at the end adds up, and nothing is dead", async () => {
		await shop.untilSound();

		expect(await shop.deadLetters()).toEqual([]);
	});
});
