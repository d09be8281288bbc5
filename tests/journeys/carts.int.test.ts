import { addsUpAtTheEnd } from "../support/adds-up";
import { transports } from "../support/servers";
import { openShop, type Shop } from "../support/shop";
import { CART_FIELDS, type Account, type Cart } from "../support/shop-types";

describe.each(transports)("guests' carts, with events over %s", (events) => {
	let shop: Shop;

	beforeAll(async () => {
		shop = await openShop({ events });
	});
	afterAll(async () => shop[Symbol.asyncDispose]());

	test("a guest's cart joins the user's own when the guest signs in", async () => {
		const [lamp, mug] = [await shop.given.product(), await shop.given.product()];
		const ada = await shop.given.customer();
		const own = await shop.given.cart(ada, { product: lamp, quantity: 1 });
		const guests = await shop.given.cart("guest", { product: lamp, quantity: 2 }, { product: mug, quantity: 1 });

		await shop.when.signsIn(ada, guests);

		const merged = (await shop.cartOf(ada))!;
		expect(merged.id).toBe(own.id);
		expect(quantitiesIn(merged)).toEqual({ [lamp.id]: 3, [mug.id]: 1 });
		await expect(shop.cartOf(undefined, guests.id)).rejects.toMatchObject({ code: "NOT_FOUND" });
		await shop.when.signsIn(ada, guests);
		expect(quantitiesIn((await shop.cartOf(ada))!)).toEqual({ [lamp.id]: 3, [mug.id]: 1 });
	});

	test("who registers keeps the cart that was filled before, and can order it", async () => {
		const lamp = await shop.given.product();
		const guestCart = await shop.given.cart("guest", { product: lamp, quantity: 1 });

		const ada = await shop.given.customer({ guestCart });
		await expect(shop.cartOf(undefined, guestCart.id)).rejects.toMatchObject({ code: "NOT_FOUND" });
		const order = await shop.when.checksOutCart(ada, guestCart);

		const confirmed = await shop.until(order).is("CONFIRMED");
		expect(await shop.cartOf(ada, confirmed.cartId)).toMatchObject({ items: [{ productId: lamp.id }] });
	});

	test("a guest can't order, and nobody can name somebody else's cart", async () => {
		const lamp = await shop.given.product();
		const guests = await shop.given.cart("guest", { product: lamp, quantity: 1 });
		const [ada, eve] = [await shop.given.customer(), await shop.given.customer()];
		const adas = await shop.given.cart(ada, { product: lamp, quantity: 1 });
		const input = { cartId: guests.id, idempotencyKey: "k", paymentToken: "tok_approve" };

		const asGuest = shop.door.graphql("mutation ($input: CheckoutInput!) { checkout(input: $input) { id } }", {
			input,
		});

		await expect(asGuest).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
		const notFound = expect.objectContaining({ code: "NOT_FOUND" });
		await expect(shop.cartOf(eve, adas.id)).rejects.toEqual(notFound);
		await expect(shop.when.checksOutCart(eve, adas)).rejects.toEqual(notFound);
		await expect(shop.when.signsIn(eve, adas)).resolves.toMatchObject({ id: eve.id });
		expect(await shop.cartOf(ada)).toMatchObject({ id: adas.id, items: adas.items });
	});

	test("lines are changed, removed and cleared, and an ordered cart is not changed any more", async () => {
		const [lamp, mug] = [await shop.given.product(), await shop.given.product()];
		const ada = await shop.given.customer();
		const { id: cartId } = await shop.given.cart(ada, { product: lamp, quantity: 1 }, { product: mug, quantity: 1 });
		const change = (mutation: string, type: string, input: object): Promise<Cart> =>
			shop.door.graphql<Cart>(
				`mutation ($input: ${type}!) { ${mutation}(input: $input) { ${CART_FIELDS} } }`,
				{ input },
				ada,
			);
		const clear = (): Promise<Cart> =>
			shop.door.graphql<Cart>(`mutation ($id: ID!) { clearCart(cartId: $id) { ${CART_FIELDS} } }`, { id: cartId }, ada);

		const more = await change("updateCartItem", "UpdateCartItemInput", { cartId, productId: lamp.id, quantity: 4 });
		const none = await change("updateCartItem", "UpdateCartItemInput", { cartId, productId: mug.id, quantity: 0 });
		const removed = await change("removeFromCart", "RemoveFromCartInput", { cartId, productId: lamp.id });
		const refilled = await shop.given.cart(ada, { product: mug, quantity: 2 });
		const cleared = await clear();
		await expect(shop.when.checksOutCart(ada, cleared)).rejects.toMatchObject({ code: "CART_EMPTY" });
		const order = await shop.when.checksOut(ada, [{ product: lamp, quantity: 1 }]);

		expect([more, none, removed, refilled, cleared].map(quantitiesIn)).toEqual([
			{ [lamp.id]: 4, [mug.id]: 1 },
			{ [lamp.id]: 4 },
			{},
			{ [mug.id]: 2 },
			{},
		]);
		const versions = [more, none, removed, refilled, cleared].map(({ version }) => version);
		expect(versions).toEqual(versions.toSorted((a, b) => a - b));
		expect(new Set(versions).size).toBe(5);
		await shop.until(order).is("CONFIRMED");
		const notActive = expect.objectContaining({ code: "CART_NOT_ACTIVE" });
		await expect(clear()).rejects.toEqual(notActive);
		await expect(shop.when.checksOutCart(ada, { id: cartId })).rejects.toEqual(notActive);
	});

	test("a cart that is being ordered says so and names its order, to its owner alone, and is given back without", async () => {
		const lamp = await shop.given.product();
		const [ada, eve] = [await shop.given.customer(), await shop.given.customer()];
		const beingOrdered = (by: Account) =>
			shop.door.graphql<object[]>("{ cartsBeingOrdered { id status orderId items { quantity } } }", {}, by);
		const read = (id: string) =>
			shop.door.graphql<object>("query ($id: ID) { cart(id: $id) { status orderId } }", { id }, ada);
		const cart = await shop.given.cart(ada, { product: lamp, quantity: 2 });
		expect(await read(cart.id)).toEqual({ status: "ACTIVE", orderId: null });
		expect(await beingOrdered(ada)).toEqual([]);

		const approvals = await shop.holdingApprovals();
		const slow = await shop.when.checksOutCart(ada, cart);

		const frozen = { id: cart.id, status: "CHECKING_OUT", orderId: slow.id, items: [{ quantity: 2 }] };
		expect(await beingOrdered(ada)).toEqual([frozen]);
		expect(await beingOrdered(eve)).toEqual([]);
		await approvals[Symbol.asyncDispose]();
		await shop.until(slow).is("CONFIRMED");
		await shop.eventually(() => beingOrdered(ada), []);
		expect(await read(cart.id)).toEqual({ status: "CHECKED_OUT", orderId: slow.id });

		const again = await shop.given.cart(ada, { product: lamp, quantity: 1 });
		await shop.until(await shop.when.checksOutCart(ada, again, { token: "tok_decline" })).is("COMPENSATED");
		expect(await read(again.id)).toEqual({ status: "ACTIVE", orderId: null });
		const second = await shop.when.checksOutCart(ada, again);
		expect(await read(again.id)).toMatchObject({ orderId: second.id });
		await shop.until(second).is("CONFIRMED");
	});

	test("what two carts come to together is no more than money can say, whether one is merged or given back", async () => {
		const [palace, lamp] = [
			await shop.given.product({ price: 2_000_000_000 }),
			await shop.given.product({ price: 500 }),
		];
		const ada = await shop.given.customer();
		const own = await shop.given.cart(ada, { product: palace, quantity: 1 });
		const guests = await shop.given.cart("guest", { product: palace, quantity: 1 }, { product: lamp, quantity: 3 });

		await shop.when.signsIn(ada, guests);
		const merged = (await shop.cartOf(ada))!;
		const busy = await shop.holding("LOCK TABLE orders.saga_state IN SHARE MODE");
		const declined = await shop.when.checksOutCart(ada, merged, { token: "tok_decline" });
		await shop.given.cart(ada, { product: palace, quantity: 1 });
		await busy[Symbol.asyncDispose]();
		await shop.until(declined).is("COMPENSATED");

		expect(merged.id).toBe(own.id);
		for (const cart of [merged, (await shop.cartOf(ada))!]) {
			expect(quantitiesIn(cart)).toEqual({ [palace.id]: 1, [lamp.id]: 3 });
			expect(cart.total.amount).toBe(2_000_001_500);
		}
		await expect(shop.cartOf(undefined, guests.id)).rejects.toMatchObject({ code: "NOT_FOUND" });
	});

	test("a full cart takes more of what it holds, and nothing else", async () => {
		const ada = await shop.given.customer();
		const products = await Promise.all(Array.from({ length: 101 }, () => shop.given.product()));
		const wishes = products.map((product) => ({ product, quantity: 1 }));
		await shop.given.cart(ada, ...wishes.slice(0, 100));

		const fuller = await shop.given.cart(ada, wishes[0]!);

		expect(quantitiesIn(fuller)[products[0]!.id]).toBe(2);
		await expect(shop.given.cart(ada, wishes[100]!)).rejects.toMatchObject({ code: "CONFLICT" });
	});

	test("a cart that comes to more than money can say is refused, and stays as it was", async () => {
		const palace = await shop.given.product({ price: 2_000_000_000, stock: 5 });
		const ada = await shop.given.customer();
		const { id: cartId } = await shop.given.cart(ada, { product: palace, quantity: 1 });
		const tooDear = expect.objectContaining({ code: "CONFLICT", details: { totalMax: 2_147_483_647 } });

		await expect(shop.given.cart(ada, { product: palace, quantity: 1 })).rejects.toEqual(tooDear);
		const input = { cartId, productId: palace.id, quantity: 2 };
		const update = "mutation ($input: UpdateCartItemInput!) { updateCartItem(input: $input) { id } }";
		await expect(shop.door.graphql(update, { input }, ada)).rejects.toEqual(tooDear);

		expect(await shop.cartOf(ada)).toMatchObject({ items: [{ quantity: 1 }], total: { amount: 2_000_000_000 } });
	});

	test("more of a product than can be counted is more than there is", async () => {
		const leaflet = await shop.given.product({ price: 0, stock: 2_147_483_647 });
		const ada = await shop.given.customer();
		const { id: cartId } = await shop.given.cart(ada, { product: leaflet, quantity: 1 });
		await shop.database.query("UPDATE cart.items SET quantity = 2147483000 WHERE cart_id = $1", [cartId]);

		const adding = shop.given.cart(ada, { product: leaflet, quantity: 1_000 });

		await expect(adding).rejects.toMatchObject({ code: "INSUFFICIENT_STOCK", details: { available: 2_147_483_647 } });
		const all = await shop.given.cart(ada, { product: leaflet, quantity: 647 });
		expect(quantitiesIn(all)).toEqual({ [leaflet.id]: 2_147_483_647 });
	});

	addsUpAtTheEnd(() => shop);
});

function quantitiesIn({ items }: Cart): Record<string, number> {
	return Object.fromEntries(items.map(({ productId, quantity }) => [productId, quantity]));
}
