import type { z } from "zod";
import type { Transaction } from "../../mixins/database/database";
import { sql } from "../../mixins/database/statement";
import type { Envelope } from "../../mixins/events/envelope";
import { UnknownAggregateError } from "../../mixins/events/unknown-aggregate";
import type { CartCheckoutInitiated } from "../cart/cart.events";
import type { PaymentFailed } from "../payments/payments.events";
import { refuseOtherSum } from "../sums";
import { OrderPlaced } from "./orders.events";
import { insertOrder } from "./orders.table";
import type { OrdersService } from "./orders.service";

/** The order, its saga and OrderPlaced are one transaction: there is never one without the others. */
export async function startCheckout(
	this: OrdersService,
	tx: Transaction,
	{ data, event_id, correlation_id }: Envelope<z.output<typeof CartCheckoutInitiated.data>>,
): Promise<void> {
	const { orderId, orderNumber, userId, cartId, items, total, currency } = data;
	const order = { id: orderId, number: orderNumber, userId, cartId, items, total, currency };
	await insertOrder(tx, order);
	await this.publish(tx, OrderPlaced({ orderId, userId, cartId, items, total, currency }), {
		correlationId: correlation_id,
		causationId: event_id,
	});
	await this.beginSaga(tx, "checkout", { sagaId: orderId, data: order, correlationId: correlation_id });
}

// Not the saga, which is cleared away some time after its end.
const sumOf = sql("orders.sum", "SELECT total, currency FROM orders.orders WHERE id = $1");

/** The answer may have been lost on its way to the saga: it asks again at once instead of after its pause. */
export async function hearOfPayment(
	this: OrdersService,
	tx: Transaction,
	{ data, event_type }: Envelope<z.output<typeof PaymentFailed.data>>,
): Promise<void> {
	const [order] = await tx.query<{ total: number; currency: string }>(sumOf, [data.orderId]);
	if (!order) throw new UnknownAggregateError("order", data.orderId, event_type);
	refuseOtherSum(`order ${data.orderId}`, order, data);
	await this.nudgeSaga(tx, data.orderId);
}
