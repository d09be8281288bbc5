import type { Context } from "moleculer";
import { v5 as uuidv5 } from "uuid";
import { participantOf, type Operation } from "../../mixins/saga/participant";
import { ask } from "./ask";
import { PaymentFailed } from "./payments.events";
import type { PaymentsService } from "./payments.service";
import { findPayment, movePayment, type PaymentRow } from "./payments.table";

const participant = participantOf("payments");

/**
 * Undoes `authorise`, also one that has not arrived yet. The tombstone comes first, the provider second, and both
 * again at each repetition: so a crash in between leaves no authorisation behind.
 */
export async function voidPayment(
	this: PaymentsService,
	ctx: Context<{ operation: Operation; orderId: string }>,
): Promise<void> {
	const { operation, orderId } = ctx.params;
	await this.db.transaction(async (tx) => {
		await participant.undoOnce(tx, operation, () => Promise.resolve());
		const voided = await movePayment(tx, orderId, ["AUTHORIZING", "AUTHORIZED"], "VOIDED");
		if (!voided) return;
		const { id: paymentId, amount, currency } = voided;
		const fact = PaymentFailed({ paymentId, orderId, amount, currency, reason: "VOIDED" });
		await this.publish(tx, fact, { correlationId: orderId, causationId: operation.operationId });
	});
	const payment = await findPayment(this.db, orderId);
	if (payment?.status === "VOIDED") await voidAtProvider(this, payment);
}

type Authorisation = Pick<PaymentRow, "orderId" | "amount" | "currency" | "authorizeOperationId">;

/**
 * Gives one authorisation back. Its id is derived from the authorisation's, so that whoever does it, and however often,
 * the provider knows it for the same request.
 */
export async function voidAtProvider(service: PaymentsService, authorisation: Authorisation): Promise<void> {
	const { orderId, amount, currency, authorizeOperationId: authorisationId } = authorisation;
	const request = { operationId: uuidv5("void", authorisationId), orderId, amount, currency, authorisationId };
	await ask(orderId, (signal) => service.provider.void(request, signal));
}
