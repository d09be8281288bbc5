import { loadCart, forgetCart } from "../cart/cart";
import { guestCartId, keepGuestCart } from "../cart/guest-cart";
import { settled } from "../cart/quantities";
import { announce } from "../ui/announce";
import { signOut, user } from "../session/session";

/** Signs in, or registers, with the cart that was filled as a guest: it becomes the user's. */
export async function enter(how: (cartId: string | undefined) => Promise<void>): Promise<void> {
	// A number that was clicked a moment ago goes into the guest's cart, before that becomes the user's.
	await settled();
	await how(guestCartId());
	keepGuestCart(undefined);
	forgetCart();
	announce(`Welcome, ${user.value!.name}`);
	// The page that shows the cart says so when it can't be read.
	await loadCart().catch(() => undefined);
}

export async function leave(): Promise<void> {
	await settled();
	// Signed out here, whether or not the shop could be told; its side of the session ends by itself.
	await signOut().catch(() => undefined);
	forgetCart();
	announce("You are signed out");
	await loadCart().catch(() => undefined);
}

/** Where one was going when one was asked to sign in. Only into this shop, whatever the address says. */
export function nextPlace(next: unknown): string {
	return typeof next === "string" && /^\/(?![/\\])/.test(next) ? next : "/";
}
