import type { Context } from "moleculer";
import { participantOf, type Operation } from "../../mixins/saga/participant";
import { ask } from "./ask";
import { SettlementUnderWayError, WrongPaymentStatusError } from "./payments.errors";
import type { PaymentsService } from "./payments.service";
import { findPayment, movePayment, type PaymentRow, type PaymentStatus } from "./payments.table";

const participant = participantOf("payments");

type Ctx = Context<{ operation: Operation; orderId: string }>;

/** Takes the money that was authorised. The provider knows a repetition by its operation id. */
export async function capture(this: PaymentsService, ctx: Ctx): Promise<void> {
	const { operation, orderId } = ctx.params;
	const payment = await findPayment(this.db, orderId);
	if (payment?.status === "CAPTURED" || payment?.status === "REFUNDED") return;
	if (payment?.status !== "AUTHORIZED") throw new WrongPaymentStatusError(orderId, payment?.status, "CAPTURED");
	await ask(orderId, (signal) => this.provider.capture(requestOf(payment, operation), signal));
	await settle(this, operation, orderId, "AUTHORIZED", "CAPTURED");
}

/** Gives the money back. @throws {SettlementUnderWayError} until it has been captured */
export async function refund(this: PaymentsService, ctx: Ctx): Promise<void> {
	const { operation, orderId } = ctx.params;
	const payment = await findPayment(this.db, orderId);
	if (payment?.status === "REFUNDED") return;
	if (payment?.status === "AUTHORIZED") throw new SettlementUnderWayError(orderId);
	if (payment?.status !== "CAPTURED") throw new WrongPaymentStatusError(orderId, payment?.status, "REFUNDED");
	await ask(orderId, (signal) => this.provider.refund(requestOf(payment, operation), signal));
	await settle(this, operation, orderId, "CAPTURED", "REFUNDED");
}

function requestOf({ orderId, amount, currency }: PaymentRow, { operationId }: Operation) {
	return { operationId, orderId, amount, currency };
}

async function settle(
	service: PaymentsService,
	operation: Operation,
	orderId: string,
	from: PaymentStatus,
	to: PaymentStatus,
): Promise<void> {
	await service.db.transaction((tx) =>
		participant.doOnce(tx, operation, async () => {
			await movePayment(tx, orderId, [from], to);
		}),
	);
}
