import type { Topology } from "../mixins/events/topology";
import { cartConsumers } from "./cart/cart.consumers";
import { ordersConsumers } from "./orders/orders.consumers";
import { productsConsumers } from "./products/products.consumers";

/** Every queue of the shop, with what is listened to. */
export const consumers = [...cartConsumers, ...ordersConsumers, ...productsConsumers];

/** Every exchange and queue of the shop, whichever services a node hosts. */
export const topology: Topology = {
	exchanges: ["users.events", "products.events", "cart.events", "orders.events", "payments.events"],
	queues: consumers.map(({ queue }) => queue),
};
