import { randomUUID } from "node:crypto";
import type { Shop } from "../support/shop";
import type { Account, Cart, PlacedOrder, Product } from "../support/shop-types";

/** Who asks: the one that it belongs to, another customer, an administrator, or nobody. */
export const CALLERS = ["nobody", "another", "owner", "admin"] as const;
export type CallerName = (typeof CALLERS)[number];

/** What the matrix plays with: everything belongs to `owner`. */
export interface Belongings {
	shop: Shop;
	owner: Account;
	another: Account;
	admin: Account;
	product: Product;
	cart: Cart;
	order: PlacedOrder;
}

/** One row: an operation, what is asked with it, and who gets which answer; `ok`, or the code of the refusal. */
export interface Row {
	/** Its selection, where the type has fields. */
	select?: string;
	/** Made anew for each cell, since many an operation can be done once only. */
	variables?(things: Belongings, caller: CallerName): object | Promise<object>;
	expect: Record<CallerName, string>;
}

const anyone = { nobody: "ok", another: "ok", owner: "ok", admin: "ok" };
const users = { nobody: "UNAUTHENTICATED", another: "ok", owner: "ok", admin: "ok" };
const ownerAlone = { nobody: "NOT_FOUND", another: "NOT_FOUND", owner: "ok", admin: "NOT_FOUND" };
const ownerOrAdmin = { nobody: "UNAUTHENTICATED", another: "NOT_FOUND", owner: "ok", admin: "ok" };
const strangers = {
	nobody: "BAD_USER_INPUT",
	another: "BAD_USER_INPUT",
	owner: "BAD_USER_INPUT",
	admin: "BAD_USER_INPUT",
};
/** What is another's is none, also to an administrator. */
const ofOwnBook = { nobody: "UNAUTHENTICATED", another: "NOT_FOUND", owner: "ok", admin: "NOT_FOUND" };
const admins = { nobody: "UNAUTHENTICATED", another: "FORBIDDEN", owner: "FORBIDDEN", admin: "ok" };

const ADDRESS = { name: "Ada", line1: "12 St James's Square", city: "London", postalCode: "SW1Y 4JH", country: "GB" };
/** One that is in nobody's book yet. */
const savedBy = async (shop: Shop, owner: Account): Promise<string> => {
	const input = { ...ADDRESS, line2: randomUUID() };
	const save = "mutation ($input: AddressInput!) { saveAddress(input: $input) { id } }";
	const { id } = await shop.door.graphql<{ id: string }>(save, { input }, owner);
	await shop.database.query("DELETE FROM users.addresses WHERE user_id = $1 AND id <> $2", [owner.id, id]);
	return id;
};

/** The owner's one cart becomes the order, so they get another one. */
const placed = async (things: Belongings, status: string): Promise<PlacedOrder> => {
	const { shop, owner, product } = things;
	const order = await shop.when.checksOut(owner, [{ product, quantity: 1 }]);
	things.cart = await shop.given.cart(owner, { product, quantity: 1 });
	await shop.until(order).is("CONFIRMED", { paymentStatus: "CAPTURED" });
	if (status === "SHIPPED") await shop.when.ships(order);
	return order;
};
/** Only who may do it needs one of their own to do it with. */
const orderFor = (status: string, allowed: CallerName[]) => async (things: Belongings, caller: CallerName) => ({
	id: allowed.includes(caller) ? (await placed(things, status)).id : things.order.id,
});
const line = ({ cart, product }: Belongings, quantity?: number) => ({
	input: { cartId: cart.id, productId: product.id, ...(quantity !== undefined && { quantity }) },
});

/** By type and field, as in the schema. */
export const ROWS: Record<string, Row> = {
	"Query.products": { select: "{ items { id name availableQuantity category { id } } totalItems }", expect: anyone },
	"Query.productFacets": { select: "{ count category { id } }", expect: anyone },
	"Query.product": { select: "{ id }", variables: ({ product }) => ({ id: product.id }), expect: anyone },
	"Query.categories": { select: "{ id parent { id } children { id } }", expect: anyone },
	"Query.cart": { select: "{ id }", variables: ({ cart }) => ({ id: cart.id }), expect: ownerAlone },
	"Query.cartsBeingOrdered": { select: "{ id orderId }", expect: users },
	"Query.orders": { select: "{ items { id } totalItems }", expect: users },
	"Query.order": {
		select: "{ id shippingAddress { name } }",
		variables: ({ order }) => ({ id: order.id }),
		expect: ownerOrAdmin,
	},
	"Query.user": { select: "{ id email }", variables: ({ owner }) => ({ id: owner.id }), expect: ownerOrAdmin },
	"Query.me": { select: "{ id }", expect: anyone },
	"Query.stockMovements": {
		select: "{ totalItems }",
		variables: ({ product }) => ({ productId: product.id }),
		expect: admins,
	},
	"Query.stockReservations": {
		select: "{ totalItems }",
		variables: ({ product }) => ({ productId: product.id }),
		expect: admins,
	},
	"Query.addresses": { select: "{ items { id address { city } } totalItems }", expect: users },
	"Query.sessions": { select: "{ id }", expect: users },

	"Mutation.registerUser": {
		select: "{ user { id } }",
		variables: () => ({
			input: { email: `${randomUUID()}@shop.test`, password: "correct horse battery", name: "Eve" },
		}),
		expect: anyone,
	},
	"Mutation.loginUser": {
		select: "{ user { id } }",
		variables: ({ owner: { email, password } }) => ({ input: { email, password } }),
		expect: anyone,
	},
	// Whoever holds the refresh token is who it belongs to.
	"Mutation.refreshSession": {
		select: "{ user { id } }",
		variables: async ({ shop, owner }) => ({ refreshToken: (await shop.when.signsIn(owner)).refreshToken }),
		expect: anyone,
	},
	"Mutation.logoutUser": {
		variables: async ({ shop, owner }) => ({ refreshToken: (await shop.when.signsIn(owner)).refreshToken }),
		expect: anyone,
	},
	// Done, it would end the sessions that the other cells need: a wrong password is as far as each gets.
	"Mutation.changePassword": {
		variables: () => ({ input: { currentPassword: "a wrong one", newPassword: "another horse battery" } }),
		expect: {
			nobody: "UNAUTHENTICATED",
			another: "INVALID_CREDENTIALS",
			owner: "INVALID_CREDENTIALS",
			admin: "INVALID_CREDENTIALS",
		},
	},
	// The links of mails are secrets: who has none gets no further, whoever it is.
	"Mutation.requestPasswordReset": { variables: ({ owner: { email } }) => ({ email }), expect: anyone },
	"Mutation.resetPassword": {
		variables: () => ({ input: { token: "x".repeat(43), newPassword: "another horse battery" } }),
		expect: strangers,
	},
	"Mutation.requestEmailVerification": { expect: users },
	"Mutation.verifyEmail": { variables: () => ({ token: "x".repeat(43) }), expect: strangers },
	"Mutation.endSession": {
		variables: async ({ shop, owner }) => {
			const other = await shop.when.signsIn(owner);
			const list = await shop.door.graphql<{ id: string; current: boolean }[]>(
				"{ sessions { id current } }",
				{},
				other,
			);
			return { id: list.find(({ current }) => current)!.id };
		},
		expect: ofOwnBook,
	},
	"Mutation.saveAddress": { select: "{ id }", variables: () => ({ input: ADDRESS }), expect: users },
	"Mutation.updateAddress": {
		select: "{ id }",
		variables: async ({ shop, owner }) => ({ id: await savedBy(shop, owner), input: { ...ADDRESS, city: "Ockham" } }),
		expect: ofOwnBook,
	},
	"Mutation.removeAddress": {
		variables: async ({ shop, owner }) => ({ id: await savedBy(shop, owner) }),
		expect: ofOwnBook,
	},
	"Mutation.createCategory": {
		select: "{ id }",
		variables: () => ({ input: { name: "Lamps", slug: `lamps-${randomUUID()}` } }),
		expect: admins,
	},
	"Mutation.createProduct": {
		select: "{ id }",
		variables: () => ({ input: { sku: randomUUID(), name: "A lamp", price: 100 } }),
		expect: admins,
	},
	"Mutation.updateProduct": {
		select: "{ id }",
		variables: ({ product }) => ({ id: product.id, input: { description: "Bright." } }),
		expect: admins,
	},
	"Mutation.adjustStock": {
		select: "{ onHand }",
		variables: async ({ shop }) => ({ productId: (await shop.given.product()).id, delta: 0 }),
		expect: admins,
	},
	"Mutation.addToCart": { select: "{ id }", variables: (things) => line(things, 1), expect: ownerAlone },
	"Mutation.updateCartItem": { select: "{ id }", variables: (things) => line(things, 2), expect: ownerAlone },
	"Mutation.removeFromCart": {
		select: "{ id }",
		variables: ({ cart }) => ({ input: { cartId: cart.id, productId: randomUUID() } }),
		expect: ownerAlone,
	},
	"Mutation.acceptCartChanges": {
		select: "{ id }",
		variables: ({ cart }) => ({ cartId: cart.id }),
		expect: ownerAlone,
	},
	"Mutation.checkout": {
		select: "{ id }",
		// Another version than the cart's: as far as one gets without ordering it.
		variables: async ({ shop, owner, cart, product }, caller) => {
			if (caller === "owner") await shop.given.cart(owner, { product, quantity: 1 });
			return { input: { cartId: cart.id, cartVersion: 0, idempotencyKey: randomUUID(), paymentToken: "tok_approve" } };
		},
		expect: { nobody: "UNAUTHENTICATED", another: "NOT_FOUND", owner: "CART_CHANGED", admin: "NOT_FOUND" },
	},
	"Mutation.clearCart": {
		select: "{ id }",
		variables: async ({ shop, owner, cart, product }, caller) => {
			if (caller === "owner") await shop.given.cart(owner, { product, quantity: 1 });
			return { cartId: cart.id };
		},
		expect: ownerAlone,
	},
	"Mutation.cancelOrder": {
		select: "{ id }",
		variables: orderFor("CONFIRMED", ["owner", "admin"]),
		expect: ownerOrAdmin,
	},
	"Mutation.shipOrder": { select: "{ id }", variables: orderFor("CONFIRMED", ["admin"]), expect: admins },
	"Mutation.deliverOrder": { select: "{ id }", variables: orderFor("SHIPPED", ["admin"]), expect: admins },

	"Subscription.orderStatus": {
		select: "{ id }",
		variables: ({ order }) => ({ orderId: order.id }),
		expect: ownerOrAdmin,
	},
	"Subscription.orderUpdated": {
		select: "{ id }",
		variables: ({ order }) => ({ orderId: order.id }),
		expect: ownerOrAdmin,
	},

	// Fields that not everybody may see.
	"Product.stock": { expect: admins },
};
