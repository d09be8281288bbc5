import type { Control } from "../world/postgres/control";

// What an operator has decided about is judged by decisions.ts.
const ORDERS = `SELECT o.id, o.status, o.payment_status, o.failure_reason, p.status AS payment, r.state AS reservation, c.status AS cart,
		k.settled_at IS NOT NULL AS is_settled, EXISTS (
			SELECT FROM orders.saga_log l JOIN orders.saga_state s ON s.saga_id = l.saga_id
			WHERE correlation_id = o.id::text AND outcome IN ('SKIPPED', 'COMPLETED_BY_HAND')
		) AS is_decided
	FROM orders.orders o JOIN cart.checkouts k ON k.order_id = o.id JOIN cart.carts c ON c.id = o.cart_id
		LEFT JOIN payments.payments p ON p.order_id = o.id LEFT JOIN catalog.reservations r ON r.order_id = o.id`;

const ORDERED = `SELECT o.id AS order_id, (i ->> 'productId')::uuid AS product_id, sum((i ->> 'quantity')::int) AS quantity,
		min((i ->> 'unitPrice')::bigint) AS unit_price
	FROM orders.orders o JOIN catalog.reservations r ON r.order_id = o.id CROSS JOIN jsonb_array_elements(o.items) AS i
	GROUP BY o.id, i ->> 'productId'`;

const DISAGREEING = `WITH judged AS (${ORDERS})
	SELECT format('Agreement: order %s is %s and %s, its payment is %s, its reservation %s, its cart %s and its checkout %s', id,
			status, payment_status, coalesce(payment, 'missing'), coalesce(reservation, 'missing'), cart,
			CASE WHEN is_settled THEN 'settled' ELSE 'open' END) AS fault
		FROM judged WHERE NOT is_settled OR NOT CASE
			WHEN status IN ('CONFIRMED', 'SHIPPED', 'DELIVERED') THEN reservation = 'SOLD' AND cart = 'CHECKED_OUT'
				AND (is_decided OR (payment_status, payment) = ('CAPTURED', 'CAPTURED'))
			WHEN status = 'CANCELLED' THEN reservation IN ('RESTOCKED', 'RELEASED') AND cart = 'CHECKED_OUT'
				AND (is_decided OR (payment_status = payment AND payment IN ('REFUNDED', 'VOIDED')))
			ELSE coalesce(reservation, 'RELEASED') IN ('RELEASED', 'EXPIRED') AND cart IN ('ACTIVE', 'MERGED')
				AND (is_decided OR coalesce(payment, 'VOIDED') IN ('VOIDED', 'DECLINED'))
				AND (is_decided OR payment_status IN ('NONE', payment))
				AND (payment_status = 'DECLINED') = (failure_reason IN ('PAYMENT_DECLINED', 'INSUFFICIENT_FUNDS'))
		END
	UNION ALL SELECT format('Agreement: product %s costs %s%s, and cart takes it for %s%s', id, p.price,
			CASE WHEN p.active THEN '' ELSE ' and is withdrawn' END, k.price, CASE WHEN k.active THEN '' ELSE ', withdrawn' END)
		FROM catalog.products p JOIN cart.known_products k ON k.product_id = p.id
		WHERE (p.price, p.active) <> (k.price, k.active)
	UNION ALL SELECT format('Agreement: the reservation of order %s is %s, and for cart it is %s', order_id, state,
			CASE WHEN held THEN 'held' ELSE 'over' END)
		FROM cart.held_stock JOIN catalog.reservations USING (order_id) WHERE held <> (state IN ('RESERVED', 'SOLD'))
	UNION ALL SELECT format('Agreement: of product %s order %s wants %s for %s each, and has reserved %s for %s', product_id,
			order_id, o.quantity, o.unit_price, l.quantity, l.unit_price)
		FROM (${ORDERED}) AS o FULL JOIN catalog.reservation_lines l USING (order_id, product_id)
		WHERE (o.quantity, o.unit_price) IS DISTINCT FROM (l.quantity, l.unit_price)
	UNION ALL ${["cart", "orders", "catalog"]
		.map(
			(schema) => `SELECT format('Agreement: the key %s of %s was taken, and has no answer', key, scope)
			FROM ${schema}.idempotency_keys WHERE answer = 'null'`,
		)
		.join(" UNION ALL ")}`;

/** What services have written down of one thing, each in its own tables, is the same at rest. @returns a sentence for each fault */
export async function disagreements(control: Pick<Control, "query">): Promise<string[]> {
	return (await control.query<{ fault: string }>(DISAGREEING)).map(({ fault }) => fault);
}
