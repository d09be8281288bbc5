import type { Context } from "moleculer";
import type { Transaction } from "../../mixins/database/database";
import { sql } from "../../mixins/database/statement";
import type { Envelope } from "../../mixins/events/envelope";
import type { z } from "zod";
import type { OrderCancelled, OrderConfirmed } from "../orders/orders.events";
import { UnknownAggregateError } from "../../mixins/events/unknown-aggregate";
import { NothingReservedError, ReservationRefusedError } from "./products.errors";
import { StockReserved } from "./products.events";
import type { ProductsService } from "./products.service";
import { productsOf, release } from "./reserve";
import { onStockOf } from "./stock-locks";

// An expired reservation that the sweeper has not reached is still there, and still good.
const secureReserved = sql(
	"catalog.secure",
	`UPDATE catalog.reservations SET expires_at = NULL, updated_at = now()
	WHERE order_id = $1 AND state = 'RESERVED' RETURNING order_id`,
);

const lockReservation = sql(
	"catalog.lock_reservation",
	"SELECT state FROM catalog.reservations WHERE order_id = $1 FOR UPDATE",
);

type Problem = "OUT_OF_STOCK" | "PRICE_CHANGED" | "PRODUCT_UNAVAILABLE";

interface LineRow {
	productId: string;
	quantity: number;
	cartId: string;
	problem: Problem | null;
	expiresAt: Date;
}

// The sweeper has given it back meanwhile: it is taken again, all lines or none, on the terms of a first reservation.
const reserveAgain = sql(
	"catalog.reserve_again",
	`WITH reservation AS (
		SELECT order_id, cart_id FROM catalog.reservations WHERE order_id = $1 AND state = 'EXPIRED'
	), locked AS (
		SELECT s.product_id, s.on_hand, s.reserved, l.quantity, l.unit_price, cart_id
		FROM reservation JOIN catalog.reservation_lines l USING (order_id) JOIN catalog.stock s USING (product_id)
		ORDER BY s.product_id FOR UPDATE OF s
	), checked AS (
		SELECT l.product_id, l.quantity, l.cart_id, l.on_hand, l.reserved, CASE
			WHEN NOT p.active THEN 'PRODUCT_UNAVAILABLE'
			WHEN p.price <> l.unit_price THEN 'PRICE_CHANGED'
			WHEN l.on_hand - l.reserved < l.quantity THEN 'OUT_OF_STOCK'
		END AS problem
		FROM locked l JOIN catalog.products p ON p.id = l.product_id
	), possible AS (
		SELECT order_id FROM reservation WHERE NOT EXISTS (SELECT FROM checked WHERE problem IS NOT NULL)
	), held AS (
		UPDATE catalog.stock s SET on_hand = c.on_hand, reserved = c.reserved + c.quantity
		FROM checked c, possible WHERE s.product_id = c.product_id
	), noted AS (
		INSERT INTO catalog.stock_movements (product_id, kind, on_hand_change, reserved_change, order_id)
		SELECT c.product_id, 'RESERVED_AGAIN', 0, c.quantity, $1 FROM checked c, possible
	), secured AS (
		UPDATE catalog.reservations r SET state = 'RESERVED', expires_at = NULL, updated_at = now()
		FROM possible WHERE r.order_id = possible.order_id
	)
	SELECT product_id AS "productId", quantity, cart_id AS "cartId", problem,
		now() + $2 * interval '1 second' AS "expiresAt"
	FROM checked ORDER BY product_id`,
);

/**
 * From here on nothing takes the order's stock away: the last thing before the order is confirmed. Safe to repeat.
 * @throws {ReservationRefusedError} when it had expired and can't be had any more as it was
 * @throws {NothingReservedError} when it was given back, or never reserved
 */
export async function secure(this: ProductsService, ctx: Context<{ orderId: string }>): Promise<void> {
	const { orderId } = ctx.params;
	const secured = await this.db.change(secureReserved, [orderId]);
	if (secured.length > 0) return;
	await this.db.transaction((tx) => secureLocked(this, tx, orderId), onStockOf(await productsOf(this, orderId)));
}

/** What was not RESERVED a moment ago may be so by now, by another attempt of the same saga: the locked row decides. */
async function secureLocked(service: ProductsService, tx: Transaction, orderId: string): Promise<void> {
	const [reservation] = await tx.query<{ state: string }>(lockReservation, [orderId]);
	switch (reservation?.state) {
		case "RESERVED":
			await tx.query(secureReserved, [orderId]);
			return;
		case "EXPIRED":
			await holdAgain(service, tx, orderId);
			return;
		// Secured by an earlier attempt: the order has been confirmed since.
		case "SOLD":
			return;
		default:
			throw new NothingReservedError(orderId);
	}
}

async function holdAgain(service: ProductsService, tx: Transaction, orderId: string): Promise<void> {
	const lines = await tx.query<LineRow>(reserveAgain, [orderId, service.reservationTtlS]);
	const refused = lines.find(({ problem }) => problem !== null);
	if (refused) throw new ReservationRefusedError(refused.problem!, refused.productId);
	const items = lines.map(({ productId, quantity }) => ({ productId, quantity }));
	// It has no end now, but the event promises one: by then its order is confirmed, or has given it back.
	const expiresAt = lines[0]!.expiresAt.toISOString();
	await service.publish(tx, StockReserved({ orderId, cartId: lines[0]!.cartId, items, expiresAt }), {
		correlationId: orderId,
		causationId: orderId,
	});
}

const sellReserved = sql(
	"catalog.sell",
	`WITH reservation AS (
		UPDATE catalog.reservations SET state = 'SOLD', updated_at = now()
		WHERE order_id = $1 AND state = 'RESERVED' RETURNING order_id
	), locked AS (
		SELECT s.product_id, s.on_hand, s.reserved, s.sold, l.quantity
		FROM reservation JOIN catalog.reservation_lines l USING (order_id) JOIN catalog.stock s USING (product_id)
		ORDER BY s.product_id FOR UPDATE OF s
	), noted AS (
		INSERT INTO catalog.stock_movements (product_id, kind, on_hand_change, reserved_change, order_id)
		SELECT product_id, 'SOLD', -quantity, -quantity, $1 FROM locked
	), sold AS (
		UPDATE catalog.stock s SET on_hand = locked.on_hand - locked.quantity,
			reserved = locked.reserved - locked.quantity, sold = locked.sold + locked.quantity
		FROM locked WHERE s.product_id = locked.product_id
	)
	SELECT order_id FROM catalog.reservations WHERE order_id = $1`,
);
const reservationOf = sql("catalog.reservation_of", "SELECT order_id FROM catalog.reservations WHERE order_id = $1");

/**
 * What was reserved leaves the shelf. After a cancellation that came first there is nothing to sell. A reservation is kept
 * for good, whatever became of it, and no order is confirmed without one.
 */
export async function sellOnConfirmed(
	this: ProductsService,
	tx: Transaction,
	{ data }: Envelope<z.output<typeof OrderConfirmed.data>>,
): Promise<void> {
	const [reservation] = await tx.query(sellReserved, [data.orderId]);
	if (!reservation) throw new UnknownAggregateError("order", data.orderId, "OrderConfirmed");
}

export async function restockOnCancelled(
	this: ProductsService,
	tx: Transaction,
	{ data, event_id }: Envelope<z.output<typeof OrderCancelled.data>>,
): Promise<void> {
	const [reservation] = await tx.query(reservationOf, [data.orderId]);
	if (!reservation) throw new UnknownAggregateError("order", data.orderId, "OrderCancelled");
	const { orderId, reason: note } = data;
	await release(this, tx, { orderId, as: "RELEASED", reason: "ORDER_CANCELLED", note, causationId: event_id });
}
