import { consumer, on } from "../../mixins/events/events.mixin";
import { OrderConfirmed, OrderFailed } from "../orders/orders.events";
import { ProductUpdated, StockReleased, StockReserved } from "../products/products.events";
import type { CartService } from "./cart.service";
import { hearOfProduct, hearOfReleased, hearOfReserved } from "./hear";
import { closeOnConfirmed, forgetOnFailed } from "./settle";

/** What cart listens to, and in which queue. */
export const cartConsumers = [
	consumer<CartService>("cart.orders", on(OrderConfirmed, closeOnConfirmed), on(OrderFailed, forgetOnFailed)),
	// One statement each, on a row of the order's or the product's own.
	consumer<CartService>(
		{ name: "cart.stock", independent: true },
		on(StockReserved, hearOfReserved),
		on(StockReleased, hearOfReleased),
	),
	consumer<CartService>({ name: "cart.products", independent: true }, on(ProductUpdated, hearOfProduct)),
];
