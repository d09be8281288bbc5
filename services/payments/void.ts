import type { Context } from "moleculer";
import { v5 as uuidv5 } from "uuid";
import type { Transaction } from "../../mixins/database/database";
import { participantOf, type Operation } from "../../mixins/saga/participant";
import { ask, stepTime, type StepTime } from "./ask";
import { PaymentFailed } from "./payments.events";
import type { PaymentsService } from "./payments.service";
import { findPayment, movePayment, type PaymentRow, type PaymentStatus } from "./payments.table";

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
	const time = stepTime();
	await this.db.transaction(async (tx) => {
		await participant.undoOnce(tx, operation, () => Promise.resolve());
		const from: PaymentStatus[] = ["AUTHORIZING", "AUTHORIZED"];
		await markVoided(this, tx, { orderId, from, causationId: operation.operationId });
	});
	const payment = await findPayment(this.db, orderId);
	// The provider may have approved another attempt than the one that it declined.
	const mayBeHeld = payment?.status === "VOIDED" || payment?.status === "DECLINED";
	if (mayBeHeld) await voidAtProvider(this, payment, time);
}

/** In the shop's own books; nothing where the payment is in none of the states `from`. */
export async function markVoided(
	service: PaymentsService,
	tx: Transaction,
	{ orderId, from, causationId }: { orderId: string; from: readonly PaymentStatus[]; causationId: string },
): Promise<void> {
	const voided = await movePayment(tx, orderId, from, "VOIDED");
	if (!voided) return;
	const { id: paymentId, amount, currency } = voided;
	const fact = PaymentFailed({ paymentId, orderId, amount, currency, reason: "VOIDED" });
	await service.publish(tx, fact, { correlationId: orderId, causationId });
}

type Authorisation = Pick<PaymentRow, "orderId" | "amount" | "currency" | "authorizeOperationId">;

/**
 * Gives one authorisation back. Its id is derived from the authorisation's, so that whoever does it, and however often,
 * the provider knows it for the same request.
 */
export async function voidAtProvider(
	service: PaymentsService,
	authorisation: Authorisation,
	time: StepTime = stepTime(),
): Promise<void> {
	const { orderId, amount, currency, authorizeOperationId: authorisationId } = authorisation;
	const request = { operationId: uuidv5("void", authorisationId), orderId, amount, currency, authorisationId };
	await ask(orderId, time, (signal) => service.provider.void(request, signal));
}
