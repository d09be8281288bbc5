import type { Context } from "moleculer";
import type { Transaction } from "../../mixins/database/database";
import { participantOf, StepUndoneError, type Operation } from "../../mixins/saga/participant";
import type { PaymentsService } from "./payments.service";
import { findPayment, movePayment, noteByHand, type PaymentStatus, type SettledByHand } from "./payments.table";
import { markVoided } from "./void";

const participant = participantOf("payments");

export type SettleByHandParams = SettledByHand & { operation: Operation; orderId: string };

/**
 * Takes note of what an operator has decided about a step that payments had a part in: that it was done at the provider's
 * desk, or that it was not and won't be. Who and why is kept with the payment, and a late attempt at the step finds that
 * it is over. @returns how the payment stands then
 */
export async function settleByHand(
	this: PaymentsService,
	ctx: Context<SettleByHandParams>,
): Promise<{ status: PaymentStatus | undefined }> {
	const { operation, orderId, what, isDone, by, reason } = ctx.params;
	return this.db.transaction(async (tx) => {
		await noteByHand(tx, orderId, operation.operationId, { what, isDone, by, reason });
		if (what === "void") await endVoid(this, tx, ctx.params);
		else if (isDone) await endAs(tx, operation, orderId, what);
		else await participant.leaveOut(tx, operation);
		return { status: (await findPayment(tx, orderId))?.status };
	});
}

async function endAs(
	tx: Transaction,
	operation: Operation,
	orderId: string,
	what: "capture" | "refund",
): Promise<void> {
	try {
		await participant.doOnce(tx, operation, async () => {
			if (what === "capture") return void (await movePayment(tx, orderId, ["AUTHORIZED"], "CAPTURED"));
			const refunded = await movePayment(tx, orderId, ["CAPTURED"], "REFUNDED");
			if (!refunded) await movePayment(tx, orderId, ["AUTHORIZED"], "VOIDED");
		});
	} catch (error) {
		// A refund has found nobody at work on the capture, and sees to it by the provider's books.
		if (!(error instanceof StepUndoneError)) throw error;
	}
}

/**
 * Done or left out, what was undone must not be done afterwards. A hold that is known of is left as it is where that was
 * decided; what nobody has heard of yet is wanted by nobody, so that a late approval is given back.
 */
async function endVoid(
	service: PaymentsService,
	tx: Transaction,
	{ operation, orderId, isDone }: SettleByHandParams,
): Promise<void> {
	await participant.undoOnce(tx, operation, () => Promise.resolve());
	const from: PaymentStatus[] = isDone ? ["AUTHORIZING", "AUTHORIZED"] : ["AUTHORIZING"];
	await markVoided(service, tx, { orderId, from, causationId: operation.operationId });
}
