import { z } from "zod";
import { event } from "../../mixins/events/contract";
import { cartId, currency, money, orderId, orderLines, userId } from "../fields";

const order = z.object({ orderId, userId, cartId });
const withTotal = order.extend({ items: orderLines, total: money("The sum of all lines"), currency });
const withReason = (reason: string) => order.extend({ items: orderLines, reason: z.string().describe(reason) });

const onOrders = { exchange: "orders.events", version: 1, aggregate: "orderId" } as const;

export const OrderPlaced = event({
	...onOrders,
	type: "OrderPlaced",
	meaning: "The order exists; its checkout has begun.",
	routingKey: "order.placed",
	data: withTotal,
});

export const OrderConfirmed = event({
	...onOrders,
	type: "OrderConfirmed",
	meaning:
		"The order is final: it is reserved and its payment authorised. Only a cancellation, an event of its own, follows it.",
	routingKey: "order.confirmed",
	data: withTotal,
});

export const OrderFailed = event({
	...onOrders,
	type: "OrderFailed",
	meaning: "The checkout did not succeed; what it did is being undone.",
	routingKey: "order.failed",
	data: withReason("Why, such as OUT_OF_STOCK or PAYMENT_DECLINED"),
});

export const OrderCancelled = event({
	...onOrders,
	type: "OrderCancelled",
	meaning: "A confirmed order was called off: its stock and its money go back.",
	routingKey: "order.cancelled",
	data: withReason("What the customer said; CUSTOMER where nothing was"),
});

const parcel = z.object({ orderId, userId });

export const OrderShipped = event({
	...onOrders,
	type: "OrderShipped",
	meaning: "The parcel has left.",
	routingKey: "order.shipped",
	data: parcel,
});

export const OrderDelivered = event({
	...onOrders,
	type: "OrderDelivered",
	meaning: "The parcel has arrived.",
	routingKey: "order.delivered",
	data: parcel,
});
