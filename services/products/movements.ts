import type { Context } from "moleculer";
import type { Database } from "../../mixins/database/database";
import { sql, type Statement } from "../../mixins/database/statement";
import { pageSize } from "../pages";
import type { ProductsService } from "./products.service";

/** What GraphQL calls StockMovement. */
export interface StockMovement {
	/** Grows in the order in which they were written. */
	id: string;
	kind: "OPENED" | "ADJUSTED" | "RESERVED" | "EXPIRED" | "RESERVED_AGAIN" | "RELEASED" | "SOLD" | "RESTOCKED";
	onHandChange: number;
	reservedChange: number;
	orderId: string | null;
	userId: string | null;
	reason: string | null;
	at: Date;
}

/** What GraphQL calls StockReservation. */
export interface StockReservation {
	orderId: string;
	quantity: number;
	since: Date;
	expiresAt: Date | null;
}

const movements = sql(
	"catalog.movements",
	`SELECT id::text, kind, on_hand_change AS "onHandChange", reserved_change AS "reservedChange", order_id AS "orderId",
		user_id AS "userId", reason, at
	FROM catalog.stock_movements WHERE product_id = $1 ORDER BY stock_movements.id DESC OFFSET $2 LIMIT $3`,
);
const movementCount = sql(
	"catalog.movement_count",
	"SELECT count(*) AS total FROM catalog.stock_movements WHERE product_id = $1",
);

const HELD = `catalog.reservation_lines l JOIN catalog.reservations r USING (order_id)
	WHERE l.product_id = $1 AND r.state = 'RESERVED'`;
const reservations = sql(
	"catalog.held_by",
	`SELECT order_id AS "orderId", l.quantity, r.created_at AS since, r.expires_at AS "expiresAt"
	FROM ${HELD} ORDER BY r.created_at, order_id OFFSET $2 LIMIT $3`,
);
const reservationCount = sql("catalog.held_by_count", `SELECT count(*) AS total FROM ${HELD}`);

interface Page<Item> {
	items: Item[];
	totalItems: number;
}

type Ctx = Context<{ productId: string; skip: number; take: number }>;

/** Newest first: who changed a product's stock, when and why. */
export function stockMovements(this: ProductsService, ctx: Ctx): Promise<Page<StockMovement>> {
	return page<StockMovement>(this.db, movements, movementCount, ctx.params);
}

/** Oldest first: which orders hold a product now. */
export function stockReservations(this: ProductsService, ctx: Ctx): Promise<Page<StockReservation>> {
	return page<StockReservation>(this.db, reservations, reservationCount, ctx.params);
}

async function page<Item extends object>(
	db: Database,
	list: Statement,
	count: Statement,
	{ productId, skip, take }: Ctx["params"],
): Promise<Page<Item>> {
	const [items, [counted]] = await Promise.all([
		db.query<Item>(list, [productId, skip, pageSize(take)]),
		db.query<{ total: number }>(count, [productId]),
	]);
	return { items, totalItems: counted!.total };
}
