import { consumer, on } from "../../mixins/events/events.mixin";
import { OrderCancelled, OrderConfirmed } from "../orders/orders.events";
import type { ProductsService } from "./products.service";
import { restockOnCancelled, sellOnConfirmed } from "./sell";

/** What products listens to, and in which queue. */
export const productsConsumers = [
	// Orders lock the stock of the same products: each in its own transaction, in the order of the products.
	consumer<ProductsService>(
		{ name: "products.orders", batchMax: 1 },
		on(OrderConfirmed, sellOnConfirmed),
		on(OrderCancelled, restockOnCancelled),
	),
];
