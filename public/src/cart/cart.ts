import { computed, shallowRef, watch } from "vue";
import {
	AcceptCartChanges,
	AddToCart,
	ClearCart,
	ReadGuestCart,
	ReadOwnCart,
	type CartFields,
	type CartLineFields,
	type CartProblemFields,
} from "../graphql/documents";
import { ask } from "../graphql/client";
import { ShopError } from "../graphql/shop-error";
import { identified, user } from "../session/session";
import { onTabMessage, tellTabs } from "../session/tabs";
import { guestCartId, keepGuestCart } from "./guest-cart";

export type Cart = CartFields;
export type CartLine = CartLineFields;
export type CartProblem = CartProblemFields;

/** What the shop says of somebody's carts: the one that can be filled, and the orders that others are becoming. */
interface Reading {
	cart: Cart | null;
	orderIds: readonly string[];
}

const current = shallowRef<Cart | null>();
const underWay = shallowRef<readonly string[]>([]);

/** The reading that counts: what was asked earlier, or before a change, is old when it arrives. */
let latest: Promise<void> = Promise.resolve();

/** As the shop last said it; null for none, undefined before it was asked. */
export const cart = computed(() => current.value);

/** By their ids: the orders that carts of one's own are becoming. What is in those is in no cart any more. */
export const ordersUnderWay = computed(() => underWay.value);

/** Pieces, not lines. */
export const pieces = computed(() => (current.value?.items ?? []).reduce((sum, { quantity }) => sum + quantity, 0));

/** Until then nobody can say how many there are. */
export const isCartKnown = computed(() => current.value !== undefined);

/** @throws {ShopError} when it can't be read and nothing newer was */
export function loadCart(): Promise<void> {
	const reading: Promise<void> = read(() => reading === latest);
	latest = reading;
	return reading;
}

async function read(counts: () => boolean): Promise<void> {
	try {
		const { cart: found, orderIds } = await askForCarts();
		if (!counts()) return latest;
		take(found);
		underWay.value = orderIds;
	} catch (error) {
		if (!counts()) return latest;
		throw error;
	}
}

async function askForCarts(): Promise<Reading> {
	await identified();
	try {
		if (user.value) {
			const { cart: found, cartsBeingOrdered } = await ask(ReadOwnCart, {});
			return { cart: found, orderIds: cartsBeingOrdered.flatMap(({ orderId }) => orderId ?? []) };
		}
	} catch (error) {
		if (user.value) throw error;
		// The session was over: whoever asks is a guest.
	}
	return { cart: await askForGuestCart(), orderIds: [] };
}

async function askForGuestCart(): Promise<Cart | null> {
	const id = guestCartId();
	if (id === undefined) return null;
	try {
		return (await ask(ReadGuestCart, { id })).cart;
	} catch (error) {
		if (!isGone(error)) throw error;
		keepGuestCart(undefined);
		return null;
	}
}

/** @throws {ShopError} INSUFFICIENT_STOCK with `available`, among others */
export async function addToCart(productId: string, quantity: number): Promise<void> {
	await identified();
	const cartId = user.value ? undefined : guestCartId();
	try {
		await change(async () => (await ask(AddToCart, { input: { cartId, productId, quantity } })).addToCart);
	} catch (error) {
		// The guest's old cart may have been bought or cleared away: a new one takes its place.
		if (cartId === undefined || !(isGone(error) || isClosed(error))) throw error;
		keepGuestCart(undefined);
		await change(async () => (await ask(AddToCart, { input: { productId, quantity } })).addToCart);
	}
}

export async function acceptChanges(): Promise<void> {
	const cartId = current.value?.id;
	if (cartId) await change(async () => (await ask(AcceptCartChanges, { cartId })).acceptCartChanges);
}

export async function clearCart(): Promise<void> {
	const cartId = current.value?.id;
	if (cartId) await change(async () => (await ask(ClearCart, { cartId })).clearCart);
}

/** What a mutation answers is newer than anything read before, unless somebody else shops here by then. */
export async function change(mutation: () => Promise<Cart>): Promise<void> {
	const shopper = user.value?.id;
	const answer = await mutation();
	if (user.value?.id !== shopper) return;
	if (shopper === undefined) keepGuestCart(answer.id);
	latest = Promise.resolve();
	take(answer);
	tellTabs({ kind: "cart" });
}

/** An order has taken the cart, or given it back: every tab reads it anew. The page that shows it says when it can't. */
export async function cartMoved(): Promise<void> {
	tellTabs({ kind: "cart" });
	await loadCart().catch(() => undefined);
}

/** Nobody's, until somebody asks again. */
export function forgetCart(): void {
	latest = Promise.resolve();
	current.value = undefined;
	underWay.value = [];
}

function take(answer: Cart | null): void {
	const shown = current.value;
	// An answer that was overtaken on its way says nothing new.
	if (answer && shown && answer.id === shown.id && answer.version < shown.version) return;
	current.value = answer;
}

function isGone(error: unknown): boolean {
	return error instanceof ShopError && error.code === "NOT_FOUND";
}

function isClosed(error: unknown): boolean {
	return error instanceof ShopError && error.code === "CART_NOT_ACTIVE";
}

// The next one here has a cart of their own. Even where it can't be read, the one before is nothing to them.
watch(
	() => user.value?.id,
	(_, before) => {
		if (before === undefined) return;
		forgetCart();
		void loadCart().catch(() => undefined);
	},
	{ flush: "sync" },
);

onTabMessage(({ kind }) => {
	// The page that shows the cart says so when it can't be read; here it only stays as it was.
	if (kind === "cart" || kind === "session") void loadCart().catch(() => undefined);
});
