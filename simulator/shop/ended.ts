import type { Control } from "../world/postgres/control";
import type { RabbitmqModel } from "../world/rabbitmq/model";

/** What is still to do in the shop, as sentences; empty when it has come to rest. */
export async function stillToDo(control: Control, rabbitmq: RabbitmqModel): Promise<string[]> {
	const rows = await control.query<{ what: string }>(STILL_TO_DO);
	const waiting = rabbitmq
		.queues()
		.filter(({ name, ready, unacknowledged }) => !name.endsWith(".dlq") && ready + unacknowledged > 0)
		.map(({ name, ready, unacknowledged }) => `the queue ${name} has ${ready + unacknowledged} messages`);
	return [...rows.map(({ what }) => what), ...waiting];
}

const OUTBOXES = ["users", "catalog", "cart", "orders", "payments"]
	.map((schema) => `SELECT 'an event waits in ${schema}.outbox' AS what FROM ${schema}.outbox`)
	.join(" UNION ALL ");

const STILL_TO_DO = `SELECT 'order ' || id || ' is ' || status AS what FROM orders.orders
		WHERE status IN ('PENDING', 'CART_VALIDATED', 'PAYMENT_PROCESSED', 'FAILED')
	UNION ALL SELECT 'checkout ' || order_id || ' is no order' FROM cart.checkouts
		WHERE order_id NOT IN (SELECT id FROM orders.orders)
	UNION ALL SELECT 'checkout ' || order_id || ' has its token' FROM cart.checkouts WHERE payment_token IS NOT NULL
	UNION ALL SELECT 'saga ' || saga || ' ' || saga_id || ' is ' || status FROM orders.saga_state
		WHERE status NOT IN ('COMPLETED', 'COMPENSATED')
	UNION ALL SELECT 'the provider has a notice to give' FROM sandbox_provider.notices
	UNION ALL ${OUTBOXES}`;
