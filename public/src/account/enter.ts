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
	forgetCart();
	announce(`Welcome, ${user.value!.name}`);
	// A cart that can't be read could not be joined either: the guest's is kept for the next time. The page that shows the
	// cart says that it can't be read.
	await loadCart().then(
		() => keepGuestCart(undefined),
		() => undefined,
	);
}

export async function leave(): Promise<void> {
	await settled();
	// Signed out here, whether or not the shop could be told; its side of the session ends by itself.
	await signOut().catch(() => undefined);
	announce("You are signed out");
}

/** Where one was going when one was asked to sign in. Only into this shop, whatever the address says. */
export function nextPlace(next: unknown): string {
	return typeof next === "string" && /^\/(?![/\\])/.test(next) ? next : "/";
}
