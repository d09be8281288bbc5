import type { Context } from "moleculer";
import type { Transaction } from "../../mixins/database/database";
import { sql } from "../../mixins/database/statement";
import type { Envelope } from "../../mixins/events/envelope";
import type { z } from "zod";
import type { OrderCancelled, OrderConfirmed } from "../orders/orders.events";
import { ReservationRefusedError } from "./products.errors";
import type { ProductsService } from "./products.service";
import { release } from "./reserve";

// An expired reservation that the sweeper has not reached is still there, and still good.
const secureReservation = sql(
	"catalog.secure",
	`UPDATE catalog.reservations SET expires_at = NULL, updated_at = now()
	WHERE order_id = $1 AND state = 'RESERVED' RETURNING order_id`,
);

// The sweeper has given it back meanwhile: it is taken again, all lines or none, or refused.
const reserveAgain = sql(
	"catalog.reserve_again",
	`WITH reservation AS (
		SELECT order_id FROM catalog.reservations WHERE order_id = $1 AND state = 'EXPIRED' FOR UPDATE
	), locked AS (
		SELECT s.product_id, s.on_hand - s.reserved AS available, l.quantity
		FROM reservation JOIN catalog.reservation_lines l USING (order_id) JOIN catalog.stock s USING (product_id)
		ORDER BY s.product_id FOR UPDATE OF s
	), possible AS (
		SELECT order_id FROM reservation WHERE NOT EXISTS (SELECT FROM locked WHERE available < quantity)
	), held AS (
		UPDATE catalog.stock s SET reserved = s.reserved + locked.quantity
		FROM locked, possible WHERE s.product_id = locked.product_id
	)
	UPDATE catalog.reservations r SET state = 'RESERVED', expires_at = NULL, updated_at = now()
	FROM possible WHERE r.order_id = possible.order_id RETURNING r.order_id`,
);

/**
 * From here on nothing takes the order's stock away: the last thing before the order is confirmed.
 * @throws {ReservationRefusedError} OUT_OF_STOCK when it had expired and was sold to others
 */
export async function secure(this: ProductsService, ctx: Context<{ orderId: string }>): Promise<void> {
	const { orderId } = ctx.params;
	const secured = await this.db.query(secureReservation, [orderId]);
	if (secured.length > 0) return;
	const again = await this.db.query(reserveAgain, [orderId]);
	if (again.length === 0) throw new ReservationRefusedError("OUT_OF_STOCK", orderId);
}

const sellReserved = sql(
	"catalog.sell",
	`WITH reservation AS (
		UPDATE catalog.reservations SET state = 'SOLD', updated_at = now()
		WHERE order_id = $1 AND state = 'RESERVED' RETURNING order_id
	), locked AS (
		SELECT s.product_id, l.quantity
		FROM reservation JOIN catalog.reservation_lines l USING (order_id) JOIN catalog.stock s USING (product_id)
		ORDER BY s.product_id FOR UPDATE OF s
	)
	UPDATE catalog.stock s
	SET on_hand = s.on_hand - locked.quantity, reserved = s.reserved - locked.quantity, sold = s.sold + locked.quantity
	FROM locked WHERE s.product_id = locked.product_id`,
);

/** What was reserved leaves the shelf. After a cancellation that came first there is nothing to sell. */
export async function sellOnConfirmed(
	this: ProductsService,
	tx: Transaction,
	{ data }: Envelope<z.output<typeof OrderConfirmed.data>>,
): Promise<void> {
	await tx.query(sellReserved, [data.orderId]);
}

export async function restockOnCancelled(
	this: ProductsService,
	tx: Transaction,
	{ data, event_id }: Envelope<z.output<typeof OrderCancelled.data>>,
): Promise<void> {
	await release(this, tx, { orderId: data.orderId, as: "RELEASED", reason: data.reason, causationId: event_id });
}
