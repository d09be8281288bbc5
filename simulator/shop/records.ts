import type { Control } from "../world/postgres/control";

interface Line {
	productId: string;
	quantity: number;
	/** Minor units. */
	unitPrice: number;
}

/** What the shop has written down of its customers' and clerks' commands, whatever it told them. */
export interface Records {
	/** Checkouts that were answered by an idempotency key. */
	keys: { userId: string; key: string; orderId: string }[];
	checkouts: { orderId: string; userId: string; items: Line[]; total: number }[];
	orders: {
		orderId: string;
		userId: string;
		items: Line[];
		total: number;
		status: string;
		failureReason: string | null;
	}[];
	/** Of each product, what all carts of a user hold, whatever became of them. */
	inCarts: { userId: string | null; productId: string; quantity: number }[];
	products: { productId: string; price: number; active: boolean; timesAdjusted: number; adjustedBy: number }[];
}

const RECORDS = `SELECT
	(SELECT coalesce(json_agg(json_build_object('userId', substr(scope, 10), 'key', key, 'orderId', answer ->> 'orderId')), '[]')
		FROM cart.idempotency_keys WHERE scope LIKE 'checkout/%') AS keys,
	(SELECT coalesce(json_agg(json_build_object('orderId', order_id, 'userId', user_id, 'items', items, 'total', total)
		ORDER BY order_id), '[]') FROM cart.checkouts) AS checkouts,
	(SELECT coalesce(json_agg(json_build_object('orderId', id, 'userId', user_id, 'items', items, 'total', total,
		'status', status, 'failureReason', failure_reason) ORDER BY id), '[]') FROM orders.orders) AS orders,
	(SELECT coalesce(json_agg(line), '[]') FROM (
		SELECT user_id AS "userId", product_id AS "productId", sum(quantity) AS quantity
		FROM cart.items JOIN cart.carts ON carts.id = cart_id GROUP BY user_id, product_id ORDER BY user_id, product_id
	) line) AS "inCarts",
	(SELECT coalesce(json_agg(product), '[]') FROM (
		SELECT p.id AS "productId", price, active, count(m.id) AS "timesAdjusted", coalesce(sum(on_hand_change), 0) AS "adjustedBy"
		FROM catalog.products p LEFT JOIN catalog.stock_movements m ON m.product_id = p.id AND m.kind = 'ADJUSTED'
		GROUP BY p.id ORDER BY p.id
	) product) AS products`;

export async function readRecords(control: Control): Promise<Records> {
	const [records] = await control.query<Records>(RECORDS);
	return records!;
}
