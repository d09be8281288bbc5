import { addsUpAtTheEnd } from "../support/adds-up";
import { transports } from "../support/servers";
import { openShop, type Shop } from "../support/shop";

describe.each(transports)("stock and prices, with events over %s", (events) => {
	let shop: Shop;

	beforeAll(async () => {
		shop = await openShop({ events });
	});
	afterAll(async () => shop[Symbol.asyncDispose]());

	test("of ten shoppers for the last one, exactly one gets it and nine have everything back", async () => {
		const last = await shop.given.product({ stock: 1 });
		const shoppers = await Promise.all(Array.from({ length: 10 }, () => shop.given.customer()));
		const carts = await Promise.all(
			shoppers.map((shopper) => shop.given.cart(shopper, { product: last, quantity: 1 })),
		);

		const orders = await Promise.all(shoppers.map((shopper, index) => shop.when.checksOutCart(shopper, carts[index]!)));
		await shop.eventually(async () => {
			const now = await Promise.all(orders.map((order) => shop.look(order)));
			return now.map(({ status, failureReason }) => `${status} ${failureReason}`).toSorted();
		}, [...Array(9).fill("COMPENSATED OUT_OF_STOCK"), "CONFIRMED null"]);

		await shop.eventually(() => shop.stockOf(last), { onHand: 0, reserved: 0, available: 0 });
		const ledgers = await Promise.all(orders.map((order) => shop.ledgerOf(order)));
		expect(ledgers.filter((ledger) => ledger.length > 0)).toHaveLength(1);
	});

	test("carts of the same products in opposite orders don't wait for each other for ever", async () => {
		const [lamp, mug] = [await shop.given.product({ stock: 50 }), await shop.given.product({ stock: 50 })];
		const shoppers = await Promise.all(Array.from({ length: 12 }, () => shop.given.customer()));

		const orders = await Promise.all(
			shoppers.map((shopper, index) => {
				const wishes = [lamp, mug].map((product) => ({ product, quantity: 1 }));
				return shop.when.checksOut(shopper, index % 2 === 0 ? wishes : wishes.toReversed());
			}),
		);

		for (const order of orders) expect(await shop.until(order).is("CONFIRMED")).toMatchObject({ items: [{}, {}] });
	});

	test("more than there is can't be put into a cart, and what others bought shows as a problem", async () => {
		const lamp = await shop.given.product({ stock: 2 });
		const [ada, bob] = [await shop.given.customer(), await shop.given.customer()];
		const cart = await shop.given.cart(ada, { product: lamp, quantity: 2 });

		const tooMany = shop.given.cart(bob, { product: lamp, quantity: 3 });
		await expect(tooMany).rejects.toMatchObject({ code: "INSUFFICIENT_STOCK", details: { available: 2 } });
		const order = await shop.when.checksOut(bob, [{ product: lamp, quantity: 1 }]);
		await shop.until(order).is("CONFIRMED");

		// A cart is shown without it where products takes too long to say what is in stock.
		const problem = { code: "INSUFFICIENT_STOCK", productId: lamp.id, availableQuantity: 1 };
		await shop.eventually(
			() => shop.cartOf(ada, cart.id),
			expect.objectContaining({ problems: [expect.objectContaining(problem)] }),
		);
		const refused = await shop.when.checksOutCart(ada, cart);
		await shop.until(refused).is("COMPENSATED", { failureReason: "OUT_OF_STOCK", paymentStatus: "NONE" });
		expect(await shop.ledgerOf(refused)).toEqual([]);
		const mended = await shop.when.acceptsChanges(ada, cart);
		expect(mended).toMatchObject({ problems: [], items: [{ productId: lamp.id, quantity: 1 }] });
		await shop.until(await shop.when.checksOutCart(ada, mended)).is("CONFIRMED");
	});

	test("a price that changed after it was seen is a problem until the shopper accepts it", async () => {
		const lamp = await shop.given.product({ price: 1_999 });
		const ada = await shop.given.customer();
		const cart = await shop.given.cart(ada, { product: lamp, quantity: 1 });
		const changed = {
			code: "PRICE_CHANGED",
			productId: lamp.id,
			oldPrice: { amount: 1_999, currency: "USD" },
			newPrice: { amount: 2_499, currency: "USD" },
		};

		await shop.when.updatesProduct(lamp, { price: 2_499 });
		await shop.eventually(
			() => shop.cartOf(ada),
			expect.objectContaining({ problems: [expect.objectContaining(changed)] }),
		);
		await expect(shop.when.checksOutCart(ada, cart)).rejects.toMatchObject({
			code: "CART_CHANGED",
			details: { problems: [changed] },
		});
		const accepted = await shop.when.acceptsChanges(ada, cart);
		const order = await shop.when.checksOutCart(ada, accepted, { cartVersion: accepted.version });

		expect(accepted).toMatchObject({ problems: [], total: { amount: 2_499 } });
		await shop.until(order).is("CONFIRMED", { total: { amount: 2_499, currency: "USD" } });
	});

	test("a product that was withdrawn is a problem until it is taken out", async () => {
		const [lamp, mug] = [await shop.given.product(), await shop.given.product()];
		const ada = await shop.given.customer();
		const cart = await shop.given.cart(ada, { product: lamp, quantity: 1 }, { product: mug, quantity: 1 });

		await shop.when.updatesProduct(lamp, { active: false });
		await shop.eventually(
			async () => (await shop.cartOf(ada))!.problems.map(({ code }) => code),
			["PRODUCT_UNAVAILABLE"],
		);
		await expect(shop.when.checksOutCart(ada, cart)).rejects.toMatchObject({
			code: "CART_CHANGED",
			details: { problems: [{ code: "PRODUCT_UNAVAILABLE", productId: lamp.id }] },
		});
		const accepted = await shop.when.acceptsChanges(ada, cart);

		expect(accepted).toMatchObject({ problems: [], items: [{ productId: mug.id }] });
		await shop.until(await shop.when.checksOutCart(ada, accepted)).is("CONFIRMED");
	});

	test("another version of the cart than the one that was seen is not ordered", async () => {
		const lamp = await shop.given.product();
		const ada = await shop.given.customer();
		const seen = await shop.given.cart(ada, { product: lamp, quantity: 1 });
		await shop.given.cart(ada, { product: lamp, quantity: 1 });

		const checkout = shop.when.checksOutCart(ada, seen, { cartVersion: seen.version });

		await expect(checkout).rejects.toMatchObject({ code: "CART_CHANGED", details: { problems: [] } });
	});

	test.each([
		["a new price", { price: 2_499 }, "PRICE_CHANGED"],
		["a withdrawal", { active: false }, "PRODUCT_UNAVAILABLE"],
	])("%s that the cart had not heard of when it was ordered is never paid", async (_what, change, failureReason) => {
		const lamp = await shop.given.product({ price: 1_999 });
		const ada = await shop.given.customer();
		const cart = await shop.given.cart(ada, { product: lamp, quantity: 1 });
		let order;
		{
			// The cart can still be read, but it can't write down what it hears.
			await using _deaf = await shop.holding(
				`SELECT FROM cart.known_products WHERE product_id = '${lamp.id}' FOR UPDATE`,
			);
			await shop.when.updatesProduct(lamp, change);
			order = await shop.when.checksOutCart(ada, cart);
			await shop.until(order).is("COMPENSATED", { failureReason });
		}

		expect(await shop.ledgerOf(order)).toEqual([]);
		await shop.eventually(async () => (await shop.cartOf(ada))!.problems.map(({ code }) => code), [failureReason]);
	});

	test("more than a shelf can count is refused with the most that there can be, and nothing changes", async () => {
		const [lamp, none] = [await shop.given.product({ stock: 5 }), await shop.given.product({ stock: 0 })];

		for (const delta of [2_147_483_643, 2_147_483_647]) {
			await expect(shop.when.adjustsStock(lamp, delta)).rejects.toMatchObject({
				code: "BAD_USER_INPUT",
				details: { fields: [{ field: "delta", message: expect.stringContaining("2147483647 is the most") }] },
			});
		}

		expect(await shop.stockOf(lamp)).toMatchObject({ onHand: 5 });
		await expect(shop.when.adjustsStock(lamp, -6)).rejects.toMatchObject({ code: "INSUFFICIENT_STOCK" });
		expect(await shop.when.adjustsStock(none, 2_147_483_647)).toMatchObject({ onHand: 2_147_483_647 });
	});

	addsUpAtTheEnd(() => shop);
});
