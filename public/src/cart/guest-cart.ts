import { readStored, store } from "../session/stored";

/** A guest's cart is opened by its id alone, so this browser keeps it, and signing in hands it over. */
const GUEST_CART = "guest-cart";

export const guestCartId = (): string | undefined => readStored<string>(GUEST_CART);

export function keepGuestCart(id: string | undefined): void {
	store(GUEST_CART, id);
}
