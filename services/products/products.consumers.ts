import { consumer, on } from "../../mixins/events/events.mixin";
import { OrderCancelled, OrderConfirmed } from "../orders/orders.events";
import type { ProductsService } from "./products.service";
import { restockOnCancelled, sellOnConfirmed } from "./sell";

/** What products listens to, and in which queue. */
export const productsConsumers = [
	consumer<ProductsService>(
		"products.orders",
		on(OrderConfirmed, sellOnConfirmed),
		on(OrderCancelled, restockOnCancelled),
	),
];
