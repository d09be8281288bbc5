import { consumer, on } from "../../mixins/events/events.mixin";
import { CartCheckoutInitiated } from "../cart/cart.events";
import { PaymentFailed, PaymentProcessed } from "../payments/payments.events";
import type { OrdersService } from "./orders.service";
import { hearOfPayment, startCheckout } from "./start-checkout";

/** What orders listens to, and in which queue. */
export const ordersConsumers = [
	consumer<OrdersService>("orders.checkout", on(CartCheckoutInitiated, startCheckout)),
	consumer<OrdersService>("orders.payments", on(PaymentProcessed, hearOfPayment), on(PaymentFailed, hearOfPayment)),
];
