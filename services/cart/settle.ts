import type { Context } from "moleculer";
import type { z } from "zod";
import type { Transaction } from "../../mixins/database/database";
import { sql } from "../../mixins/database/statement";
import type { Envelope } from "../../mixins/events/envelope";
import { UnknownAggregateError } from "../../mixins/events/unknown-aggregate";
import { participantOf, type Operation } from "../../mixins/saga/participant";
import type { OrderConfirmed, OrderFailed } from "../orders/orders.events";
import { CartCleared } from "./cart.events";
import type { CartService } from "./cart.service";
import { lockUserCarts, touchCart } from "./cart.table";
import type { CartRow } from "./cart.view";
import { mergeInto } from "./merging";

const participant = participantOf("cart");

const lockOfOrder = sql(
	"cart.lock_of_order",
	`SELECT carts.id, reference, carts.user_id AS "userId", status, version, updated_at AS "updatedAt"
	FROM cart.carts JOIN cart.checkouts ON checkouts.cart_id = carts.id WHERE order_id = $1 FOR UPDATE OF carts`,
);
const userOfOrder = sql("cart.user_of_order", `SELECT user_id AS "userId" FROM cart.checkouts WHERE order_id = $1`);
const forgetToken = sql(
	"cart.forget_token",
	"UPDATE cart.checkouts SET payment_token = NULL, settled_at = coalesce(settled_at, now()) WHERE order_id = $1 RETURNING order_id",
);
/** Undoes the freezing: the cart is ACTIVE again, or its items are in the one that was begun meanwhile. */
export async function giveBack(
	this: CartService,
	ctx: Context<{ operation: Operation; orderId: string }>,
): Promise<void> {
	const { operation, orderId } = ctx.params;
	await this.db.transaction((tx) =>
		participant.undoOnce(tx, operation, async () => {
			const [checkout] = await tx.query<{ userId: string }>(userOfOrder, [orderId]);
			const another = await lockUserCarts(tx, checkout!.userId);
			const [frozen] = await tx.query<CartRow>(lockOfOrder, [orderId]);
			if (another) await mergeInto(tx, frozen!, another);
			else await touchCart(tx, frozen!, { status: "ACTIVE" });
			await tx.query(forgetToken, [orderId]);
		}),
	);
}

export async function closeOnConfirmed(
	this: CartService,
	tx: Transaction,
	{ data, event_id, correlation_id }: Envelope<z.output<typeof OrderConfirmed.data>>,
): Promise<void> {
	const [cart] = await tx.query<CartRow>(lockOfOrder, [data.orderId]);
	if (!cart) throw new UnknownAggregateError("order", data.orderId, "OrderConfirmed");
	await touchCart(tx, cart, { status: "CHECKED_OUT" });
	await tx.query(forgetToken, [data.orderId]);
	const cause = { correlationId: correlation_id, causationId: event_id };
	await this.publish(tx, CartCleared({ cartId: cart.reference, reason: "CHECKED_OUT" }), cause);
}

/** Nothing will be paid with the token any more. The cart itself is given back by the saga, when all else is undone. */
export async function forgetOnFailed(
	this: CartService,
	tx: Transaction,
	{ data }: Envelope<z.output<typeof OrderFailed.data>>,
): Promise<void> {
	const [checkout] = await tx.query(forgetToken, [data.orderId]);
	if (!checkout) throw new UnknownAggregateError("order", data.orderId, "OrderFailed");
}
