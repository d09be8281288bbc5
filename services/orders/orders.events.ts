import { z } from "zod";
import { event } from "../../mixins/events/contract";

const line = z.object({
	productId: z.uuid(),
	sku: z.string(),
	name: z.string(),
	quantity: z.int().positive(),
	/** Minor units. */
	unitPrice: z.int().nonnegative(),
});

const order = z.object({ orderId: z.uuid(), userId: z.uuid(), cartId: z.uuid() });
const withTotal = order.extend({
	items: z.array(line).min(1),
	/** Minor units. */
	total: z.int().nonnegative(),
	currency: z.string().length(3),
});
const withReason = order.extend({ items: z.array(line).min(1), reason: z.string() });

const onOrders = { exchange: "orders.events", version: 1, aggregate: "orderId" } as const;

/** The order exists; its checkout has begun. */
export const OrderPlaced = event({ ...onOrders, type: "OrderPlaced", routingKey: "order.placed", data: withTotal });

/** The order is final. Only a cancellation, an event of its own, follows it. */
export const OrderConfirmed = event({
	...onOrders,
	type: "OrderConfirmed",
	routingKey: "order.confirmed",
	data: withTotal,
});

/** The checkout did not succeed; what it did is being undone. */
export const OrderFailed = event({ ...onOrders, type: "OrderFailed", routingKey: "order.failed", data: withReason });

/** A confirmed order was called off: its stock and its money go back. */
export const OrderCancelled = event({
	...onOrders,
	type: "OrderCancelled",
	routingKey: "order.cancelled",
	data: withReason,
});

/** The parcel has left. */
export const OrderShipped = event({
	...onOrders,
	type: "OrderShipped",
	routingKey: "order.shipped",
	data: z.object({ orderId: z.uuid(), userId: z.uuid() }),
});

/** The parcel has arrived. */
export const OrderDelivered = event({
	...onOrders,
	type: "OrderDelivered",
	routingKey: "order.delivered",
	data: z.object({ orderId: z.uuid(), userId: z.uuid() }),
});
