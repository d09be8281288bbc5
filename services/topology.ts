import type { Topology } from "../mixins/events/topology";
import { cartConsumers } from "./cart/cart.consumers";
import { ordersConsumers } from "./orders/orders.consumers";
import { productsConsumers } from "./products/products.consumers";

/** Every exchange and queue of the shop, whichever services a node hosts. */
export const topology: Topology = {
	exchanges: ["users.events", "products.events", "cart.events", "orders.events", "payments.events"],
	queues: [...cartConsumers, ...ordersConsumers, ...productsConsumers].map(({ queue }) => queue),
};
