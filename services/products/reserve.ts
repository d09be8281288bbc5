import type { Context } from "moleculer";
import type { Transaction } from "../../mixins/database/database";
import { sql } from "../../mixins/database/statement";
import { participantOf, type Operation } from "../../mixins/saga/participant";
import { CurrencyMismatchError } from "../currency";
import { ON_HAND_MAX } from "./limits";
import { StockReleased, StockReserved, type StockReleasedReason } from "./products.events";
import { ReservationRefusedError } from "./products.errors";
import type { ProductsService } from "./products.service";
import { onStockOf } from "./stock-locks";

const participant = participantOf("catalog");

/** What an order wants, each product once. */
export interface WantedItem {
	productId: string;
	quantity: number;
	/** What the shopper saw, minor units: nobody pays another sum. */
	unitPrice: number;
}

interface WantedRow {
	product_id: string;
	quantity: number;
	problem: "OUT_OF_STOCK" | "PRICE_CHANGED" | "PRODUCT_UNAVAILABLE" | null;
	expires_at: Date | null;
}

// All lines or none, in one statement: it locks the stock rows in the order of their products, so that orders for the
// same products wait for each other instead of deadlocking, and looks at what is available only when it holds the
// locks. Five lines over 20 hot products: 1,400 orders a second; unsorted, about 1 (deadlocks).
// The new figures are made of the locked row, here and wherever stock is moved: the row that the UPDATE finds first is
// as it was when the statement began, and PostgreSQL checks the table's CHECKs on that one before it takes the locked.
const reserveAll = sql(
	"catalog.reserve",
	`WITH wanted AS (
		SELECT * FROM unnest($3::uuid[], $4::int[], $5::bigint[]) AS w (product_id, quantity, unit_price)
	), locked AS (
		SELECT s.product_id, s.on_hand, s.reserved
		FROM catalog.stock s WHERE s.product_id = ANY ($3::uuid[])
		ORDER BY s.product_id FOR UPDATE
	), checked AS (
		SELECT w.product_id, w.quantity, w.unit_price, l.on_hand, l.reserved, CASE
			WHEN p.id IS NULL OR NOT p.active THEN 'PRODUCT_UNAVAILABLE'
			WHEN p.price <> w.unit_price THEN 'PRICE_CHANGED'
			WHEN l.product_id IS NULL OR l.on_hand - l.reserved < w.quantity THEN 'OUT_OF_STOCK'
		END AS problem
		FROM wanted w LEFT JOIN locked l USING (product_id) LEFT JOIN catalog.products p ON p.id = w.product_id
	), possible AS (
		SELECT 1 WHERE NOT EXISTS (SELECT FROM checked WHERE problem IS NOT NULL)
	), held AS (
		UPDATE catalog.stock s SET on_hand = c.on_hand, reserved = c.reserved + c.quantity
		FROM checked c, possible WHERE s.product_id = c.product_id
	), reservation AS (
		INSERT INTO catalog.reservations (order_id, cart_id, state, expires_at)
		SELECT $1, $2, 'RESERVED', now() + $6 * interval '1 second' FROM possible
		RETURNING expires_at
	), lines AS (
		INSERT INTO catalog.reservation_lines (order_id, product_id, quantity, unit_price)
		SELECT $1, c.product_id, c.quantity, c.unit_price FROM checked c, possible
	), noted AS (
		INSERT INTO catalog.stock_movements (product_id, kind, on_hand_change, reserved_change, order_id)
		SELECT c.product_id, 'RESERVED', 0, c.quantity, $1 FROM checked c, possible
	)
	SELECT c.product_id, c.quantity, c.problem, (SELECT expires_at FROM reservation) FROM checked c ORDER BY c.product_id`,
);

export interface ReserveParams {
	operation: Operation;
	orderId: string;
	cartId: string;
	items: WantedItem[];
	/** What the prices are in; a node of before doesn't say. */
	currency?: string;
}

export interface Reservation {
	/** ISO 8601 */
	expiresAt: string;
}

/**
 * @throws {ReservationRefusedError} when one line can't be had as it was seen; then nothing is reserved
 * @throws {CurrencyMismatchError} when the prices that were seen are other money
 */
export async function reserve(this: ProductsService, ctx: Context<ReserveParams>): Promise<Reservation> {
	const { operation, orderId, cartId, currency = this.currency } = ctx.params;
	if (currency !== this.currency) {
		throw new CurrencyMismatchError(`Order ${orderId}`, { currency, wanted: this.currency });
	}
	const items = sumByProduct(ctx.params.items);
	return this.db.transaction(
		(tx) =>
			participant.doOnce(tx, operation, async () => {
				const expiresAt = await hold(tx, orderId, cartId, items, this.reservationTtlS);
				await this.publish(
					tx,
					StockReserved({
						orderId,
						cartId,
						items: items.map(({ productId, quantity }) => ({ productId, quantity })),
						expiresAt,
					}),
					{ correlationId: ctx.requestID ?? orderId, causationId: operation.operationId },
				);
				return { expiresAt };
			}),
		onStockOf(items.map(({ productId }) => productId)),
	);
}

async function hold(
	tx: Transaction,
	orderId: string,
	cartId: string,
	items: WantedItem[],
	ttlS: number,
): Promise<string> {
	const rows = await tx.query<WantedRow>(reserveAll, [
		orderId,
		cartId,
		items.map(({ productId }) => productId),
		items.map(({ quantity }) => quantity),
		items.map(({ unitPrice }) => unitPrice),
		ttlS,
	]);
	const refused = rows.find(({ problem }) => problem !== null);
	if (refused) throw new ReservationRefusedError(refused.problem!, refused.product_id);
	return rows[0]!.expires_at!.toISOString();
}

// RESERVED goes back on the shelf as available, SOLD as on hand; of EXPIRED it is only said that it is over. The first
// one to change the state moves the stock, nobody after it. What a shelf can't count any more is not counted: a
// cancellation must not fail for ever because somebody has filled the shelf meanwhile.
const giveBack = sql(
	"catalog.give_back",
	`WITH reservation AS (
		SELECT order_id, cart_id, state FROM catalog.reservations
		WHERE order_id = $1 AND state IN ('RESERVED', 'EXPIRED', 'SOLD') FOR UPDATE
	), changed AS (
		UPDATE catalog.reservations r
		SET state = CASE reservation.state WHEN 'SOLD' THEN 'RESTOCKED' ELSE $2 END, updated_at = now()
		FROM reservation WHERE r.order_id = reservation.order_id
	), locked AS (
		SELECT s.product_id, s.on_hand, s.reserved, s.sold, l.quantity, reservation.cart_id,
			reservation.state = 'SOLD' AS was_sold, least(l.quantity, ${ON_HAND_MAX} - s.on_hand) AS fitting
		FROM reservation JOIN catalog.reservation_lines l USING (order_id) JOIN catalog.stock s USING (product_id)
		WHERE reservation.state <> 'EXPIRED'
		ORDER BY s.product_id FOR UPDATE OF s
	), returned AS (
		UPDATE catalog.stock s SET
			reserved = locked.reserved - CASE WHEN locked.was_sold THEN 0 ELSE locked.quantity END,
			on_hand = locked.on_hand + CASE WHEN locked.was_sold THEN locked.fitting ELSE 0 END,
			sold = locked.sold - CASE WHEN locked.was_sold THEN locked.quantity ELSE 0 END
		FROM locked WHERE s.product_id = locked.product_id
	), noted AS (
		INSERT INTO catalog.stock_movements (product_id, kind, on_hand_change, reserved_change, order_id, reason)
		SELECT product_id, CASE WHEN was_sold THEN 'RESTOCKED' ELSE $2 END, CASE WHEN was_sold THEN fitting ELSE 0 END,
			CASE WHEN was_sold THEN 0 ELSE -quantity END, $1, $3
		FROM locked
	)
	SELECT product_id AS "productId", quantity, cart_id AS "cartId" FROM locked ORDER BY product_id`,
);

/** Why stock is given back, and for which order. */
export interface GivingBack {
	orderId: string;
	/** EXPIRED: its order may still reserve it again; RELEASED: never. */
	as: "EXPIRED" | "RELEASED";
	reason: StockReleasedReason;
	/** What somebody has said of it, for who looks at the product's movements; the event has only the reason. */
	note?: string;
	causationId: string;
}

/** Gives back what an order holds or has bought. Safe to repeat; does nothing where there is nothing. */
export async function release(
	service: ProductsService,
	tx: Transaction,
	{ orderId, as, reason, note = reason, causationId }: GivingBack,
): Promise<void> {
	const rows = await tx.query<{ productId: string; quantity: number; cartId: string }>(giveBack, [orderId, as, note]);
	if (rows.length === 0) return;
	const items = rows.map(({ productId, quantity }) => ({ productId, quantity }));
	await service.publish(tx, StockReleased({ orderId, cartId: rows[0]!.cartId, items, reason }), {
		correlationId: orderId,
		causationId,
	});
}

const productsHeldBy = sql(
	"catalog.products_held_by",
	`SELECT product_id AS "productId" FROM catalog.reservation_lines WHERE order_id = $1`,
);

/** The products that an order has reserved, however it stands with them now. */
export async function productsOf(service: ProductsService, orderId: string): Promise<string[]> {
	const rows = await service.db.query<{ productId: string }>(productsHeldBy, [orderId]);
	return rows.map(({ productId }) => productId);
}

export interface ReleaseParams {
	operation: Operation;
	orderId: string;
	reason: StockReleasedReason;
}

/** Undoes {@link reserve}; one that has not arrived yet will be refused. */
export async function undoReserve(this: ProductsService, ctx: Context<ReleaseParams>): Promise<void> {
	const { operation, orderId, reason } = ctx.params;
	await this.db.transaction(
		(tx) =>
			participant.undoOnce(tx, operation, () =>
				release(this, tx, { orderId, as: "RELEASED", reason, causationId: operation.operationId }),
			),
		onStockOf(await productsOf(this, orderId)),
	);
}

/** The same product on two lines counts as one, or it would pass the stock check twice. */
function sumByProduct(items: readonly WantedItem[]): WantedItem[] {
	const sums = new Map<string, WantedItem>();
	for (const item of items) {
		const sum = sums.get(item.productId);
		sums.set(item.productId, sum ? { ...sum, quantity: sum.quantity + item.quantity } : item);
	}
	return [...sums.values()];
}
