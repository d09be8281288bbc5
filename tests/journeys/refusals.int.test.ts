import { randomUUID } from "node:crypto";
import { addsUpAtTheEnd } from "../support/adds-up";
import { transports } from "../support/servers";
import { openShop, type Shop } from "../support/shop";
import type { Account, Cart, PlacedOrder, Product } from "../support/shop-types";

const NOBODY = randomUUID();

/** What administrators alone may do. */
const ADMINISTRATION: [operation: string, variables: object][] = [
	['mutation { createCategory(input: { name: "x", slug: "x" }) { id } }', {}],
	['mutation { createProduct(input: { sku: "x", name: "x", price: 1 }) { id } }', {}],
	["mutation ($id: ID!) { updateProduct(id: $id, input: { price: 0 }) { id } }", { id: NOBODY }],
	["mutation ($id: ID!) { adjustStock(productId: $id, delta: 1) { onHand } }", { id: NOBODY }],
	["mutation ($id: ID!) { shipOrder(id: $id) { id } }", { id: NOBODY }],
	["mutation ($id: ID!) { deliverOrder(id: $id) { id } }", { id: NOBODY }],
	["{ products { items { id stock { onHand } } } }", {}],
];

/** What takes an account. */
const PERSONAL: [operation: string, variables: object][] = [
	["{ orders { totalItems } }", {}],
	["query ($id: ID!) { order(id: $id) { id } }", { id: NOBODY }],
	["query ($id: ID!) { user(id: $id) { email } }", { id: NOBODY }],
	["mutation ($id: ID!) { cancelOrder(id: $id) { id } }", { id: NOBODY }],
	['mutation { changePassword(input: { currentPassword: "12345678", newPassword: "123456789" }) }', {}],
	[
		'mutation ($id: ID!) { checkout(input: { cartId: $id, idempotencyKey: "k", paymentToken: "tok_approve" }) { id } }',
		{ id: NOBODY },
	],
];

/** What makes no sense, and the field that is told so. `$cart`, `$product` stand for real ones. */
const NONSENSE: [what: string, mutation: string, input: object, field: string][] = [
	["a quantity of 0", "addToCart", { cartId: "$cart", productId: "$product", quantity: 0 }, "quantity"],
	["a quantity of -1", "addToCart", { cartId: "$cart", productId: "$product", quantity: -1 }, "quantity"],
	["half a lamp", "addToCart", { cartId: "$cart", productId: "$product", quantity: 1.5 }, "quantity"],
	["a billion lamps", "addToCart", { cartId: "$cart", productId: "$product", quantity: 1_000_000_000 }, "quantity"],
	["more than an Int holds", "addToCart", { cartId: "$cart", productId: "$product", quantity: 2 ** 31 }, "quantity"],
	["a product's id that is no UUID", "addToCart", { cartId: "$cart", productId: "1", quantity: 1 }, "productId"],
	["a price from the client", "addToCart", { productId: "$product", quantity: 1, price: 1 }, "price"],
	["no idempotency key", "checkout", { cartId: "$cart", paymentToken: "tok_approve" }, "idempotencyKey"],
	[
		"an idempotency key that is too long",
		"checkout",
		{ cartId: "$cart", paymentToken: "tok_approve", idempotencyKey: "k".repeat(201) },
		"idempotencyKey",
	],
	[
		"an address without a city",
		"checkout",
		{
			cartId: "$cart",
			paymentToken: "tok_approve",
			idempotencyKey: "k",
			shippingAddress: { name: "A", line1: "1", city: " ", postalCode: "1", country: "GB" },
		},
		"shippingAddress.city",
	],
	["a short password", "registerUser", { email: "a@shop.test", password: "1234567", name: "A" }, "password"],
	["a password of 73 bytes", "registerUser", { email: "a@shop.test", password: "p".repeat(73), name: "A" }, "password"],
	["an address that is no e-mail", "registerUser", { email: "nobody", password: "12345678", name: "A" }, "email"],
	[
		"a mail address with an empty label",
		"registerUser",
		{ email: "a@b..test", password: "12345678", name: "A" },
		"email",
	],
	["two dots before the @", "registerUser", { email: "a..b@shop.test", password: "12345678", name: "A" }, "email"],
	["a name that nobody sees", "registerUser", { email: "a@shop.test", password: "12345678", name: "\u200b" }, "name"],
	["a name of two lines", "registerUser", { email: "a@shop.test", password: "12345678", name: "A\nB" }, "name"],
	[
		"an address whose street nobody sees",
		"checkout",
		{
			cartId: "$cart",
			paymentToken: "tok_approve",
			idempotencyKey: "k",
			shippingAddress: { name: "A", line1: "\u2060\u3164", city: "London", postalCode: "1", country: "GB" },
		},
		"shippingAddress.line1",
	],
	[
		"a role from the client",
		"registerUser",
		{ email: "a@shop.test", password: "12345678", name: "A", role: "ADMIN" },
		"role",
	],
];

const INPUTS: Record<string, string> = {
	addToCart: "AddToCartInput",
	checkout: "CheckoutInput",
	registerUser: "RegisterUserInput",
};

describe.each(transports)("refusals, with events over %s", (events) => {
	let shop: Shop;
	let ada: Account;
	let eve: Account;
	let lamp: Product;
	let cart: Cart;
	let order: PlacedOrder;

	beforeAll(async () => {
		shop = await openShop({ events });
		lamp = await shop.given.product();
		[ada, eve] = [await shop.given.customer(), await shop.given.customer()];
		order = await shop.when.checksOut(ada, [{ product: lamp, quantity: 1 }]);
		await shop.until(order).is("CONFIRMED");
		cart = await shop.given.cart(ada, { product: lamp, quantity: 1 });
	});
	afterAll(async () => shop[Symbol.asyncDispose]());

	test.each(ADMINISTRATION)(
		"%s is FORBIDDEN to a customer and UNAUTHENTICATED to nobody",
		async (operation, variables) => {
			await expect(shop.door.graphql(operation, variables, ada)).rejects.toMatchObject({ code: "FORBIDDEN" });
			await expect(shop.door.graphql(operation, variables)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
		},
	);

	test.each(PERSONAL)("%s is UNAUTHENTICATED to nobody", async (operation, variables) => {
		await expect(shop.door.graphql(operation, variables)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
	});

	test("someone else's things are not there", async () => {
		const notFound = expect.objectContaining({ code: "NOT_FOUND" });

		await expect(shop.look({ ...order, by: eve })).rejects.toEqual(notFound);
		await expect(shop.when.cancels({ ...order, by: eve })).rejects.toEqual(notFound);
		await expect(shop.cartOf(eve, cart.id)).rejects.toEqual(notFound);
		await expect(shop.given.cart(eve, { product: { id: NOBODY }, quantity: 1 })).rejects.toEqual(notFound);
		const user = shop.door.graphql("query ($id: ID!) { user(id: $id) { email } }", { id: ada.id }, eve);
		await expect(user).rejects.toEqual(notFound);
		for (const path of [`/orders/${order.id}`, `/cart/${cart.id}`, `/profile/${ada.id}`]) {
			expect(await shop.door.rest("GET", path, { as: eve })).toMatchObject({
				status: 404,
				body: { error: { code: "NOT_FOUND" } },
			});
		}
	});

	test("a token that the shop has not signed is nobody's", async () => {
		const forged = { ...ada, token: `${ada.token.slice(0, -4)}AAAA` };

		await expect(shop.look({ ...order, by: forged })).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
		expect(await shop.door.rest("GET", "/orders", { as: forged })).toMatchObject({ status: 401 });
	});

	test("an account that exists is EMAIL_TAKEN however it is written, and a wrong password tells nothing", async () => {
		const pasted = `\ufeff ${ada.email.toUpperCase()}\u00a0\u200b`;
		const input = { email: pasted, password: "not a common one", name: "Eve" };
		const register = "mutation ($input: RegisterUserInput!) { registerUser(input: $input) { expiresIn } }";

		await expect(shop.door.graphql(register, { input })).rejects.toMatchObject({ code: "EMAIL_TAKEN" });
		expect(await shop.when.signsIn({ ...ada, email: pasted })).toMatchObject({ id: ada.id });
		const wrong = shop.when.signsIn({ ...ada, password: "not the password" });
		const unknown = shop.when.signsIn({ email: "nobody@shop.test", password: "not the password" });
		const [first, second] = await Promise.allSettled([wrong, unknown]);
		expect(first).toMatchObject({ status: "rejected", reason: { code: "INVALID_CREDENTIALS" } });
		expect(String((first as PromiseRejectedResult).reason)).toBe(String((second as PromiseRejectedResult).reason));
	});

	test.each(NONSENSE)("%s is BAD_USER_INPUT and names the field", async (_what, mutation, input, field) => {
		const real = JSON.stringify(input).replaceAll("$cart", cart.id).replaceAll("$product", lamp.id);
		const operation = `mutation ($input: ${INPUTS[mutation]!}!) { ${mutation}(input: $input) { __typename } }`;

		const sent = shop.door.graphql(
			operation,
			{ input: JSON.parse(real) },
			mutation === "registerUser" ? undefined : ada,
		);

		await expect(sent).rejects.toMatchObject({
			code: "BAD_USER_INPUT",
			details: { fields: expect.arrayContaining([expect.objectContaining({ field })]) },
		});
	});

	test("none of it has changed anything", async () => {
		expect(await shop.cartOf(ada)).toEqual(cart);
		expect(await shop.stockOf(lamp)).toEqual({ onHand: 9, reserved: 0, available: 9 });
	});

	addsUpAtTheEnd(() => shop);
});
