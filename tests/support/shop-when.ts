import { randomUUID } from "node:crypto";
import type { Door } from "./shop-door";
import { signIn, type Given } from "./shop-given";
import {
	CART_FIELDS,
	ORDER_FIELDS,
	type Account,
	type Address,
	type Cart,
	type PlacedOrder,
	type Order,
	type Product,
	type Stock,
	type Wish,
} from "./shop-types";

/** How a checkout is to be. Everything has a default. */
export interface CheckoutOptions {
	/** Of the sandbox provider. Default `tok_approve`. */
	token?: string;
	/** The idempotency key. */
	key?: string;
	cartVersion?: number;
	address?: Address;
}

/** What people do in a journey. Each throws a `Refusal` when the shop says no. */
export interface When {
	/** Fills the customer's cart with the wishes and orders it. */
	checksOut(customer: Account, wishes: readonly Wish[], options?: CheckoutOptions): Promise<PlacedOrder>;
	checksOutCart(customer: Account, cart: Pick<Cart, "id">, options?: CheckoutOptions): Promise<PlacedOrder>;
	signsIn(account: Pick<Account, "email" | "password">, guestCart?: Cart): Promise<Account>;
	cancels(order: PlacedOrder, reason?: string): Promise<Order>;
	ships(order: Pick<Order, "id">): Promise<Order>;
	delivers(order: Pick<Order, "id">): Promise<Order>;
	acceptsChanges(customer: Account, cart: Pick<Cart, "id">): Promise<Cart>;
	updatesProduct(product: Pick<Product, "id">, changes: object): Promise<Product>;
	adjustsStock(product: Pick<Product, "id">, delta: number, reason?: string): Promise<Stock>;
}

export function whenIn(door: Door, given: Given, initialStock: Map<string, number>): When {
	const asAdmin = async <Answer>(operation: string, variables: object): Promise<Answer> =>
		door.graphql<Answer>(operation, variables, await given.admin());

	const when: When = {
		async checksOut(customer, wishes, options) {
			return when.checksOutCart(customer, await given.cart(customer, ...wishes), options);
		},
		async checksOutCart(
			customer,
			{ id: cartId },
			{ token = "tok_approve", key = randomUUID(), cartVersion, address } = {},
		) {
			const input = { cartId, cartVersion, idempotencyKey: key, paymentToken: token, shippingAddress: address };
			const order = await door.graphql<Order>(
				`mutation ($input: CheckoutInput!) { checkout(input: $input) { ${ORDER_FIELDS} } }`,
				{ input },
				customer,
			);
			return { ...order, by: customer };
		},
		signsIn: (account, guestCart) => signIn(door, account, guestCart),
		cancels: ({ id, by }, reason) =>
			door.graphql<Order>(
				`mutation ($id: ID!, $reason: String) { cancelOrder(id: $id, reason: $reason) { ${ORDER_FIELDS} } }`,
				{ id, reason },
				by,
			),
		ships: ({ id }) => asAdmin(`mutation ($id: ID!) { shipOrder(id: $id) { ${ORDER_FIELDS} } }`, { id }),
		delivers: ({ id }) => asAdmin(`mutation ($id: ID!) { deliverOrder(id: $id) { ${ORDER_FIELDS} } }`, { id }),
		acceptsChanges: (customer, { id }) =>
			door.graphql<Cart>(`mutation ($id: ID!) { acceptCartChanges(cartId: $id) { ${CART_FIELDS} } }`, { id }, customer),
		updatesProduct: ({ id }, changes) =>
			asAdmin(
				`mutation ($id: ID!, $input: UpdateProductInput!) {
					updateProduct(id: $id, input: $input) { id sku name active price { amount currency } }
				}`,
				{ id, input: changes },
			),
		async adjustsStock({ id }, delta, reason) {
			const stock = await asAdmin<Stock>(
				`mutation ($id: ID!, $delta: Int!, $reason: String) {
					adjustStock(productId: $id, delta: $delta, reason: $reason) { onHand reserved available }
				}`,
				{ id, delta, reason },
			);
			initialStock.set(id, initialStock.get(id)! + delta);
			return stock;
		},
	};
	return when;
}
