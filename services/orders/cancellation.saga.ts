import type { Service } from "moleculer";
import { forward, saga, type Decided, type Progress, type StepContext } from "../../mixins/saga/definition";
import type { Transaction } from "../../mixins/database/database";
import { settleByHand } from "./by-hand.saga";
import type { PaymentStatus } from "./orders.model";
import { settleOrderPayment } from "./orders.table";
import type { OrdersService } from "./orders.service";

export interface CancellationData {
	orderId: string;
	/** What the order came to, in minor units; missing in cancellations from before. */
	amount?: number;
	currency?: string;
	/** How the money went back, once it has: what was never captured is voided. */
	settled?: PaymentStatus;
}

/** The order is CANCELLED already when this begins, and its stock goes back by the event; what is left is the money. */
export const cancellationSaga = saga<CancellationData, OrdersService>({
	name: "cancellation",
	steps: [
		forward("refund the payment", { do: refundPayment, reached: "REFUNDED", timeoutMs: 8_000, waitMs: 3_600_000 }),
	],
	deadlineMs: 60_000,
	deadlineReason: "TIMED_OUT",
	failed: "FAILED",
	compensated: "COMPENSATED",
	reach,
	decided,
});

/**
 * Answers "not yet" while the payment is still being captured, and is tried again: for an hour, which is longer than any
 * capture takes that needs no operator.
 */
async function refundPayment(step: StepContext<CancellationData>) {
	const { orderId, amount, currency } = step.data;
	const operation = { sagaId: step.sagaId, step: "refund", operationId: step.operationId };
	const refunded = await step.call<{ settled?: PaymentStatus } | null>("payments.refund", {
		operation,
		orderId,
		amount,
		currency,
	});
	return { keep: { settled: refunded?.settled ?? "REFUNDED" } };
}

/** What an operator has done by hand is settled when payments, which is told of it, has answered how. */
async function reach(this: OrdersService, tx: Transaction, { data }: Progress<CancellationData>): Promise<void> {
	if (data.settled) this.tellFollowers(tx, await settleOrderPayment(tx, data.orderId, data.settled));
}

async function decided(
	this: Service & OrdersService,
	tx: Transaction,
	decided: Decided<CancellationData>,
): Promise<void> {
	await settleByHand(this, tx, decided.data.orderId, decided);
}
