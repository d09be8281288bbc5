import { z } from "zod";
import { event } from "../../mixins/events/contract";

const payment = z.object({
	paymentId: z.uuid(),
	orderId: z.uuid(),
	/** Minor units. */
	amount: z.int().nonnegative(),
	currency: z.string().length(3),
	reason: z.string().optional(),
});

const onPayments = { exchange: "payments.events", version: 1, aggregate: "paymentId", data: payment } as const;

/** The provider holds the money for the order. */
export const PaymentProcessed = event({ ...onPayments, type: "PaymentProcessed", routingKey: "payment.processed" });

/** The provider has refused; `reason` says why. */
export const PaymentFailed = event({ ...onPayments, type: "PaymentFailed", routingKey: "payment.failed" });
