import type { Context } from "moleculer";
import type { Transaction } from "../../mixins/database/database";
import { participantOf, StepUndoneError, type Operation } from "../../mixins/saga/participant";
import type { PaymentsService } from "./payments.service";
import { movePayment, noteByHand, type SettledByHand } from "./payments.table";
import { markVoided } from "./void";

const participant = participantOf("payments");

export type SettleByHandParams = SettledByHand & { operation: Operation; orderId: string };

/**
 * Takes note of what an operator has decided about a step that payments had a part in: that it was done at the provider's
 * desk, or that it was not and won't be. Who and why is kept with the payment, and a late attempt at the step finds that
 * it is over.
 */
export async function settleByHand(this: PaymentsService, ctx: Context<SettleByHandParams>): Promise<void> {
	const { operation, orderId, what, isDone, by, reason } = ctx.params;
	await this.db.transaction(async (tx) => {
		await noteByHand(tx, orderId, operation.operationId, { what, isDone, by, reason });
		if (what === "void") return endVoid(this, tx, ctx.params);
		if (!isDone) return participant.leaveOut(tx, operation);
		await participant
			.doOnce(tx, operation, () => endAs(tx, orderId, what))
			// A refund has found nobody at work on the capture, and sees to it by the provider's books.
			.catch((error: unknown) => {
				if (!(error instanceof StepUndoneError)) throw error;
			});
	});
}

async function endAs(tx: Transaction, orderId: string, what: "capture" | "refund"): Promise<void> {
	if (what === "capture") return void (await movePayment(tx, orderId, ["AUTHORIZED"], "CAPTURED"));
	const refunded = await movePayment(tx, orderId, ["CAPTURED"], "REFUNDED");
	if (!refunded) await movePayment(tx, orderId, ["AUTHORIZED"], "VOIDED");
}

/** Done or left out, what was undone must not be done afterwards. */
async function endVoid(
	service: PaymentsService,
	tx: Transaction,
	{ operation, orderId, isDone }: SettleByHandParams,
): Promise<void> {
	await participant.undoOnce(tx, operation, () => Promise.resolve());
	if (isDone) await markVoided(service, tx, orderId, operation.operationId);
}
