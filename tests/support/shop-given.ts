import { randomUUID } from "node:crypto";
import type { Door } from "./shop-door";
import { CART_FIELDS, type Account, type Cart, type Product, type Wish } from "./shop-types";

/** The administrator's account of every shop under test. */
export const ADMIN = { email: "admin@shop.test", password: "the administrator's own" };

/** What a journey begins with. Made through the public door, as people would. */
export interface Given {
	/** 19.99, and 10 of it on hand, unless said otherwise. */
	product(properties?: { name?: string; price?: number; stock?: number; categoryId?: string }): Promise<Product>;
	customer(properties?: { name?: string; guestCart?: Cart }): Promise<Account>;
	admin(): Promise<Account>;
	/** A cart with these things in it: the customer's own, or a guest's. */
	cart(owner: Account | "guest", ...wishes: Wish[]): Promise<Cart>;
}

interface AuthPayload {
	accessToken: string;
	refreshToken: string;
	user: { id: string; email: string; name: string };
}

/** Some suites take longer than the fifteen minutes that an access token is good for. */
const SIGNED_IN_MS = 10 * 60_000;

const AUTH_FIELDS = "accessToken refreshToken expiresIn user { id email name role createdAt }";

/** @param initialStock is told how many there were of each product */
export function givenIn(door: Door, initialStock: Map<string, number>): Given {
	let admin: Account | undefined;
	let adminUntilMs = 0;

	const given: Given = {
		async product({ name = "A brass lamp", price = 1_999, stock = 10, categoryId } = {}) {
			const input = { sku: `SKU-${randomUUID()}`, name, price, initialStock: stock, categoryId };
			const product = await door.graphql<Product>(
				"mutation ($input: CreateProductInput!) { createProduct(input: $input) { id sku name price { amount currency } } }",
				{ input },
				await given.admin(),
			);
			initialStock.set(product.id, stock);
			return product;
		},
		async customer({ name = "Ada", guestCart } = {}) {
			const password = "correct horse battery";
			const input = { email: `${randomUUID()}@shop.test`, password, name, cartId: guestCart?.id };
			const auth = await door.graphql<AuthPayload>(
				`mutation ($input: RegisterUserInput!) { registerUser(input: $input) { ${AUTH_FIELDS} } }`,
				{ input },
			);
			return accountOf(auth, password);
		},
		async admin() {
			if (!admin || performance.now() > adminUntilMs) {
				admin = await signIn(door, ADMIN);
				adminUntilMs = performance.now() + SIGNED_IN_MS;
			}
			return admin;
		},
		async cart(owner, ...wishes) {
			let cart: Cart | undefined;
			for (const { product, quantity } of wishes) {
				const input = { cartId: cart?.id, productId: product.id, quantity };
				const as = owner === "guest" ? undefined : owner;
				cart = await addToCart(door, input, as);
			}
			return cart!;
		},
	};
	return given;
}

export function addToCart(
	door: Door,
	input: { cartId?: string | undefined; productId: string; quantity: number },
	as?: Account,
): Promise<Cart> {
	return door.graphql<Cart>(
		`mutation ($input: AddToCartInput!) { addToCart(input: $input) { ${CART_FIELDS} } }`,
		{ input },
		as,
	);
}

/** @throws {Refusal} */
export async function signIn(
	door: Door,
	{ email, password }: { email: string; password: string },
	guestCart?: Cart,
): Promise<Account> {
	const input = { email, password, cartId: guestCart?.id };
	const auth = await door.graphql<AuthPayload>(
		`mutation ($input: LoginUserInput!) { loginUser(input: $input) { ${AUTH_FIELDS} } }`,
		{ input },
	);
	return accountOf(auth, password);
}

function accountOf({ accessToken, refreshToken, user: { id, email, name } }: AuthPayload, password: string): Account {
	return { id, email, name, password, token: accessToken, refreshToken };
}
