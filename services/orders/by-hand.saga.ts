import type { Service } from "moleculer";
import { v5 as uuidv5 } from "uuid";
import type { Transaction } from "../../mixins/database/database";
import { forward, saga, type Decided, type StepContext } from "../../mixins/saga/definition";
import type { OrdersService } from "./orders.service";

/** What an operator has decided about a payment, in another saga. */
export interface ByHandData {
	orderId: string;
	/** The saga that it was decided in, and the step as payments knows it. */
	decidedIn: string;
	step: string;
	what: "capture" | "refund" | "void";
	isDone: boolean;
	by: string;
	reason: string;
}

/** Brings an operator's decision to payments, which may be away just then. */
export const byHandSaga = saga<ByHandData, OrdersService>({
	name: "settlement by hand",
	steps: [forward("tell payments", { do: tellPayments })],
	deadlineMs: 60_000,
	deadlineReason: "TIMED_OUT",
	failed: "FAILED",
	compensated: "COMPENSATED",
	reach: async () => undefined,
});

async function tellPayments(step: StepContext<ByHandData>) {
	const { decidedIn: sagaId, step: name, ...told } = step.data;
	const operation = { sagaId, step: name, operationId: step.operationId };
	await step.call("payments.settleByHand", { operation, ...told });
}

/** The steps that payments has a part in: what they are there, and what a decision about them is about. */
const PAYMENTS_PART: Record<string, Pick<ByHandData, "step" | "what">> = {
	"do capture the payment": { step: "capture", what: "capture" },
	"do refund the payment": { step: "refund", what: "refund" },
	"undo authorise the payment": { step: "authorise", what: "void" },
};

/** A saga's `decided`: what payments took part in is told to it, by a saga that begins with the decision. */
export async function settledByHand(
	this: Service & OrdersService,
	tx: Transaction,
	{ sagaId, correlationId, step, direction, isDone, by, reason }: Decided<unknown>,
): Promise<void> {
	const part = PAYMENTS_PART[`${direction} ${step}`];
	if (!part) return;
	// Both of the sagas that payments takes part in carry their order's id.
	const data: ByHandData = { orderId: correlationId, decidedIn: sagaId, ...part, isDone, by, reason };
	await this.beginSaga(tx, "settlement by hand", {
		sagaId: uuidv5(`${part.what} by hand`, sagaId),
		data,
		correlationId,
	});
}
