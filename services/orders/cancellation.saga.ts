import { forward, saga, type Progress, type StepContext } from "../../mixins/saga/definition";
import type { Transaction } from "../../mixins/database/database";
import type { PaymentStatus } from "./orders.model";
import { settleOrderPayment } from "./orders.table";
import type { OrdersService } from "./orders.service";

export interface CancellationData {
	orderId: string;
}

/** The order is CANCELLED already when this begins, and its stock goes back by the event; what is left is the money. */
export const cancellationSaga = saga<CancellationData, OrdersService>({
	name: "cancellation",
	steps: [forward("refund the payment", { do: refundPayment, reached: "REFUNDED", timeoutMs: 8_000 })],
	deadlineMs: 60_000,
	deadlineReason: "TIMED_OUT",
	failed: "FAILED",
	compensated: "COMPENSATED",
	reach,
});

/** Answers "not yet" while the payment is still being captured, and is tried again. */
async function refundPayment(step: StepContext<CancellationData>) {
	const { orderId } = step.data;
	const operation = { sagaId: step.sagaId, step: "refund", operationId: step.operationId };
	await step.call("payments.refund", { operation, orderId });
}

async function reach(
	this: OrdersService,
	tx: Transaction,
	{ data, status }: Progress<CancellationData>,
): Promise<void> {
	this.tellFollowers(tx, await settleOrderPayment(tx, data.orderId, status as PaymentStatus));
}
