import { reactive } from "vue";
import { UpdateCartItem } from "../graphql/documents";
import { ask } from "../graphql/client";
import { toShopError, type ShopError } from "../graphql/shop-error";
import { announce } from "../ui/announce";
import { cart, change, loadCart } from "./cart";

/** A pause this long after the last click is the number that was meant. */
const SETTLE_MS = 250;

/** The numbers that are shown already and not yet the shop's, by product. */
const wanted = reactive(new Map<string, number>());

/** Why a number went back to what it was, by product. */
export const refusals = reactive(new Map<string, string>());

const timers = new Map<string, ReturnType<typeof setTimeout>>();
let sending: Promise<unknown> = Promise.resolve();

/** What the shopper sees: their own number until the shop has answered. */
export function shownQuantity(productId: string, inCart: number): number {
	return wanted.get(productId) ?? inCart;
}

export function isChanging(): boolean {
	return wanted.size > 0;
}

/** Shows the new number at once and sends the last of several; a refusal takes it back and says why. */
export function setQuantity(productId: string, name: string, quantity: number): void {
	wanted.set(productId, quantity);
	refusals.delete(productId);
	clearTimeout(timers.get(productId));
	timers.set(
		productId,
		setTimeout(() => enqueue(productId, name), quantity === 0 ? 0 : SETTLE_MS),
	);
}

/** Everything that was clicked is with the shop. */
export async function settled(): Promise<void> {
	while (wanted.size > 0) await new Promise((resolve) => setTimeout(resolve, 50));
}

/** One after the other, so that answers arrive in the order of the questions. */
function enqueue(productId: string, name: string): void {
	timers.delete(productId);
	sending = sending.then(() => put(productId, name));
}

async function put(productId: string, name: string): Promise<void> {
	const quantity = wanted.get(productId);
	const cartId = cart.value?.id;
	if (quantity === undefined) return;
	// There is no cart any more that it could be said to.
	if (cartId === undefined) return void wanted.delete(productId);
	try {
		await change(async () => (await ask(UpdateCartItem, { input: { cartId, productId, quantity } })).updateCartItem);
		announce(quantity === 0 ? `${name} removed from the cart` : `${name}: ${quantity} in the cart`);
	} catch (error) {
		// Clicked again meanwhile: what comes of that is what counts.
		if (wanted.get(productId) === quantity) await takeBack(productId, toShopError(error));
	}
	if (wanted.get(productId) === quantity && !timers.has(productId)) wanted.delete(productId);
}

async function takeBack(productId: string, error: ShopError): Promise<void> {
	refusals.set(productId, error.message);
	announce(error.message);
	wanted.delete(productId);
	// Another tab, or a checkout, may have changed what this page shows. That it can't be read is said already.
	if (!error.isPassing) await loadCart().catch(() => undefined);
}
