import type { Context } from "moleculer";
import { CartCleared } from "./cart.events";
import { CartNotFoundError } from "./cart.errors";
import type { CartService } from "./cart.service";
import { lockActiveCart, lockUserCarts, touchCart } from "./cart.table";
import { mergeInto } from "./merging";

/** A guest has signed in: their cart becomes the user's own, or its items join it. Safe to repeat. */
export async function joinGuest(this: CartService, ctx: Context<{ cartId: string; userId: string }>): Promise<void> {
	const { cartId, userId } = ctx.params;
	await this.db.transaction(async (tx) => {
		const own = await lockUserCarts(tx, userId);
		if (own?.id === cartId) return;
		const guests = await lockActiveCart(tx, cartId, undefined);
		if (guests.userId !== null) throw new CartNotFoundError();
		if (!own) {
			await touchCart(tx, guests, { userId });
			return;
		}
		await mergeInto(tx, guests, own);
		const requestId = ctx.requestID ?? ctx.id;
		const cause = { correlationId: requestId, causationId: requestId };
		await this.publish(tx, CartCleared({ cartId: guests.reference, reason: "MERGED" }), cause);
	});
}
