import { z } from "zod";
import { event } from "../../mixins/events/contract";
import { currency, money, orderId } from "../fields";

const payment = z.object({
	paymentId: z.uuid().toLowerCase().describe("The payment; an order has one"),
	orderId,
	amount: money("What was asked of the provider"),
	currency,
	reason: z.string().optional().describe("Why it was refused, such as PAYMENT_DECLINED; absent when it was not"),
});

const onPayments = { exchange: "payments.events", version: 1, aggregate: "paymentId", data: payment } as const;

export const PaymentProcessed = event({
	...onPayments,
	type: "PaymentProcessed",
	meaning: "The provider holds the money for the order. It is captured after the order is confirmed.",
	routingKey: "payment.processed",
});

export const PaymentFailed = event({
	...onPayments,
	type: "PaymentFailed",
	meaning: "The provider has refused, or the order gave up before it answered (reason VOIDED).",
	routingKey: "payment.failed",
});
