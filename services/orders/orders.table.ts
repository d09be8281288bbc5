import type { Database, Transaction } from "../../mixins/database/database";
import { sql } from "../../mixins/database/statement";
import { pageSize } from "../pages";
import type { Address } from "../address";
import type { OrderLine, OrderRow, OrderStatus, PaymentStatus } from "./orders.model";
import { viewOf, type HistoryEntry, type OrderView } from "./orders.view";

type Queries = Pick<Database | Transaction, "query">;

const COLUMNS = `id, number, user_id AS "userId", cart_id AS "cartId", status, payment_status AS "paymentStatus", items, total,
	currency, failure_reason AS "failureReason", shipping_address AS "shippingAddress", version,
	created_at AS "createdAt", updated_at AS "updatedAt"`;

const insertPending = sql(
	"orders.insert",
	`WITH placed AS (
		INSERT INTO orders.orders (id, number, user_id, cart_id, status, items, total, currency)
		VALUES ($1, $2, $3, $4, 'PENDING', $5, $6, $7) RETURNING id, version, status, created_at
	)
	INSERT INTO orders.order_history (order_id, version, status, at) SELECT id, version, status, created_at FROM placed`,
);

/** What an order is made of. */
export interface NewOrder {
	id: string;
	number: string;
	userId: string;
	cartId: string;
	items: OrderLine[];
	total: number;
	currency: string;
}

export async function insertOrder(tx: Transaction, order: NewOrder): Promise<void> {
	const { id, number, userId, cartId, items, total, currency } = order;
	await tx.query(insertPending, [id, number, userId, cartId, JSON.stringify(items), total, currency]);
}

const HISTORY = `(
	SELECT coalesce(json_agg(json_build_object('status', h.status, 'at', h.at, 'note', h.note) ORDER BY h.version), '[]')
	FROM orders.order_history h WHERE h.order_id = o.id
) AS history`;

// Statements see the table as it was before them: the new line of the history is added to what they read. Who is
// compensated has the money back, unless an operator has left that undo out: a checkout's saga has the id of its order.
const advance = sql(
	"orders.advance",
	`WITH changed AS (
		UPDATE orders.orders SET status = $2,
			payment_status = CASE WHEN $2 = 'COMPENSATED' AND payment_status = 'AUTHORIZED' AND NOT EXISTS (
					SELECT FROM orders.saga_log WHERE saga_id = $1
						AND (step, direction, outcome) = ('authorise the payment', 'undo', 'SKIPPED')
				) THEN 'VOIDED' ELSE coalesce($4, payment_status) END,
			failure_reason = coalesce($5, failure_reason), shipping_address = coalesce($6, shipping_address),
			version = version + 1, updated_at = clock_timestamp()
		WHERE id = $1 AND status = ANY ($3) RETURNING *
	), noted AS (
		INSERT INTO orders.order_history (order_id, version, status, at, note)
		SELECT id, version, status, updated_at, $7 FROM changed RETURNING status, at, note
	)
	SELECT ${COLUMNS}, ${HISTORY}, (SELECT row_to_json(noted) FROM noted) AS latest FROM changed o`,
);

/** One step of an order's life. */
export interface OrderChange {
	id: string;
	/** Allowed only from one of these. */
	from: readonly OrderStatus[];
	to: OrderStatus;
	paymentStatus?: PaymentStatus;
	failureReason?: string;
	shippingAddress?: Address;
	note?: string;
}

/** @returns the order as it is then, or `undefined` when it was in none of the states `from` */
export async function advanceOrder(tx: Transaction, change: OrderChange): Promise<OrderView | undefined> {
	const { id, from, to, paymentStatus, failureReason, shippingAddress, note } = change;
	const [row] = await tx.query<OrderRow & { history: HistoryEntry[]; latest: HistoryEntry }>(advance, [
		id,
		to,
		from,
		paymentStatus,
		failureReason,
		shippingAddress,
		note,
	]);
	return row && viewOf(row, [...row.history, row.latest]);
}

const lockStatus = sql("orders.lock_status", "SELECT status FROM orders.orders WHERE id = $1 FOR UPDATE");

/**
 * As {@link advanceOrder}, for who is told why not.
 * @param refused makes the error of the status that it has instead, `undefined` when there is no such order
 */
export async function advanceOrRefuse(
	tx: Transaction,
	change: OrderChange,
	refused: (status: OrderStatus | undefined) => Error,
): Promise<OrderView> {
	const order = await advanceOrder(tx, change);
	if (order) return order;
	// Its saga may have moved it since that look: nobody is refused with the very status that allows it.
	const [locked] = await tx.query<{ status: OrderStatus }>(lockStatus, [change.id]);
	const lateOrder = await advanceOrder(tx, change);
	if (!lateOrder) throw refused(locked?.status);
	return lateOrder;
}

// A capture may be written down after the refund or the void that followed it: then it is no news.
const settlePayment = sql(
	"orders.settle_payment",
	`WITH changed AS (
		UPDATE orders.orders SET payment_status = $2, version = version + 1, updated_at = clock_timestamp()
		WHERE id = $1 AND payment_status NOT IN ($2, 'REFUNDED', 'VOIDED') RETURNING *
	)
	SELECT ${COLUMNS}, ${HISTORY} FROM changed o`,
);

/** Changes only the payment's state, which is no line of the history. */
export async function settleOrderPayment(
	tx: Transaction,
	id: string,
	to: PaymentStatus,
): Promise<OrderView | undefined> {
	const [row] = await tx.query<OrderRow & { history: HistoryEntry[] }>(settlePayment, [id, to]);
	return row && viewOf(row, row.history);
}

const byId = sql("orders.by_id", `SELECT ${COLUMNS}, ${HISTORY} FROM orders.orders o WHERE id = $1`);

export async function findOrder(db: Queries, id: string): Promise<OrderView | undefined> {
	const [row] = await db.query<OrderRow & { history: HistoryEntry[] }>(byId, [id]);
	return row && viewOf(row, row.history);
}

const byIds = sql("orders.by_ids", `SELECT ${COLUMNS}, ${HISTORY} FROM orders.orders o WHERE id = ANY ($1)`);

/** Those that are there, in no order. */
export async function findOrders(db: Queries, ids: string[]): Promise<OrderView[]> {
	const rows = await db.query<OrderRow & { history: HistoryEntry[] }>(byIds, [ids]);
	return rows.map((row) => viewOf(row, row.history));
}

const page = sql(
	"orders.page",
	`SELECT ${COLUMNS}, ${HISTORY} FROM orders.orders o
	WHERE ($1::uuid IS NULL OR user_id = $1) AND ($2::text IS NULL OR status = $2)
	ORDER BY created_at DESC, id OFFSET $3 LIMIT $4`,
);
const count = sql(
	"orders.count",
	"SELECT count(*) AS total FROM orders.orders WHERE ($1::uuid IS NULL OR user_id = $1) AND ($2::text IS NULL OR status = $2)",
);

/** Newest first; of one user, or of all. */
export async function listOrders(
	db: Database,
	filter: { userId?: string; status?: OrderStatus; skip: number; take: number },
): Promise<{ items: OrderView[]; totalItems: number }> {
	const where = [filter.userId ?? null, filter.status ?? null];
	const [rows, [counted]] = await Promise.all([
		db.query<OrderRow & { history: HistoryEntry[] }>(page, [...where, filter.skip, pageSize(filter.take)]),
		db.query<{ total: number }>(count, where),
	]);
	return { items: rows.map((row) => viewOf(row, row.history)), totalItems: counted!.total };
}
