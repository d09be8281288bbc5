import type { Service } from "moleculer";
import { v5 as uuidv5 } from "uuid";
import type { Transaction } from "../../mixins/database/database";
import { forward, saga, type Decided, type Progress, type StepContext } from "../../mixins/saga/definition";
import { giveBackByHand, type GivingBackData } from "./giving-back.saga";
import type { PaymentStatus } from "./orders.model";
import { settleOrderPayment } from "./orders.table";
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
	/** How the money went back, as payments has written it down: what was never captured is voided. */
	settled?: PaymentStatus;
}

/** Brings an operator's decision to payments, which may be away just then. */
export const byHandSaga = saga<ByHandData, OrdersService>({
	name: "settlement by hand",
	steps: [forward("tell payments", { do: tellPayments, reached: "TOLD" })],
	deadlineMs: 60_000,
	deadlineReason: "TIMED_OUT",
	failed: "FAILED",
	compensated: "COMPENSATED",
	reach,
});

async function tellPayments(step: StepContext<ByHandData>) {
	const { decidedIn: sagaId, step: name, settled: _unknown, ...told } = step.data;
	const operation = { sagaId, step: name, operationId: step.operationId };
	const paid = await step.call<{ status?: PaymentStatus } | null>("payments.settleByHand", { operation, ...told });
	const isRefund = told.what === "refund" && told.isDone;
	// A node of before does not say how the payment stands.
	return isRefund ? { keep: { settled: paid?.status ?? "REFUNDED" } } : {};
}

/** The two books agree: what a refund by hand has come to is known by who has the payment. */
async function reach(this: OrdersService, tx: Transaction, { data }: Progress<ByHandData>): Promise<void> {
	if (data.settled) this.tellFollowers(tx, await settleOrderPayment(tx, data.orderId, data.settled));
}

/** The steps that payments has a part in: what they are there, and what a decision about them is about. */
const PAYMENTS_PART: Record<string, Pick<ByHandData, "step" | "what">> = {
	"do capture the payment": { step: "capture", what: "capture" },
	"do refund the payment": { step: "refund", what: "refund" },
	"undo authorise the payment": { step: "authorise", what: "void" },
};

/** The undos that catalog and cart have a part in, and what they hold until then. */
const HELD: Record<string, GivingBackData["what"]> = {
	"undo reserve the stock": "stock",
	"undo freeze the cart": "cart",
};

/** Whoever took part in what was decided about is told, by a saga that begins with the decision. */
export async function settleByHand(
	service: Service & OrdersService,
	tx: Transaction,
	orderId: string,
	{ sagaId, correlationId, step, direction, isDone, by, reason }: Decided<unknown>,
): Promise<void> {
	const what = HELD[`${direction} ${step}`];
	if (what) return giveBackByHand(service, tx, { orderId, decidedIn: sagaId, what }, correlationId);
	const part = PAYMENTS_PART[`${direction} ${step}`];
	if (!part) return;
	const data: ByHandData = { orderId, decidedIn: sagaId, ...part, isDone, by, reason };
	await service.beginSaga(tx, "settlement by hand", {
		sagaId: uuidv5(`${part.what} by hand`, sagaId),
		data,
		correlationId,
	});
}
