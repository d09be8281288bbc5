import type { Context } from "moleculer";
import { participantOf, StepUndoneError, type Operation } from "../../mixins/saga/participant";
import { refuseOtherSum } from "../sums";
import { ask, stepTime } from "./ask";
import { isCaptureOver, ON_ITS_WAY_MS } from "./capture-over";
import { SettlementUnderWayError, WrongPaymentStatusError } from "./payments.errors";
import type { PaymentsService } from "./payments.service";
import { findPayment, moveOrFind, sumOf, type PaymentRow, type PaymentStatus } from "./payments.table";
import type { Standing } from "./providers/provider";
import { voidAtProvider } from "./void";

const participant = participantOf("payments");

type Ctx = Context<{ operation: Operation; orderId: string; amount?: number; currency?: string }>;

/**
 * Takes the money that was authorised. The provider knows a repetition by its operation id.
 * @throws {StepUndoneError} when an operator has left the capture out
 */
export async function capture(this: PaymentsService, ctx: Ctx): Promise<void> {
	const { operation, orderId } = ctx.params;
	const time = stepTime();
	const payment = await findPending(this, ctx.params);
	if (payment?.status === "CAPTURED" || payment?.status === "REFUNDED") return;
	if (payment?.status !== "AUTHORIZED") throw new WrongPaymentStatusError(orderId, payment?.status, "CAPTURED");
	await ask(orderId, time, (signal) => this.provider.capture(requestOf(payment, operation), signal));
	await settle(this, operation, orderId, ["AUTHORIZED"], ["CAPTURED", "REFUNDED"]);
}

/** How the money went back, which depends on whether it had been taken. */
export interface Refunded {
	settled: "REFUNDED" | "VOIDED";
}

/**
 * Gives the money back: what was captured is refunded, what never will be is voided. Where the shop's own books may be
 * behind, because somebody has decided about the capture, the provider's are asked.
 * @throws {SettlementUnderWayError} until the capture is over, done or not
 */
export async function refund(this: PaymentsService, ctx: Ctx): Promise<Refunded> {
	const { operation, orderId } = ctx.params;
	const time = stepTime();
	const payment = await findPending(this, ctx.params);
	if (payment?.status === "REFUNDED") return { settled: "REFUNDED" };
	if (payment?.status === "VOIDED") {
		await voidAtProvider(this, payment, time);
		return { settled: "VOIDED" };
	}
	if (payment?.status !== "AUTHORIZED" && payment?.status !== "CAPTURED") {
		throw new WrongPaymentStatusError(orderId, payment?.status, "REFUNDED");
	}
	const isOwn = isTheProvidersOwn(payment);
	const isOver = payment.status === "CAPTURED" ? isLongAgo(payment) : await isCaptureOver(ctx, this.db, orderId);
	if (!isOwn && !isOver) throw new SettlementUnderWayError(orderId);

	const standing = isOwn
		? "captured"
		: await ask(orderId, time, (signal) => this.provider.standing(payment.authorizeOperationId, signal));
	const to = END_OF[standing];
	if (to === undefined)
		throw new WrongPaymentStatusError(orderId, `${payment.status} and not at the provider`, "REFUNDED");
	if (standing === "captured") {
		await ask(orderId, time, (signal) => this.provider.refund(requestOf(payment, operation), signal));
	}
	await settle(this, operation, orderId, ["AUTHORIZED", "CAPTURED"], [to]);
	if (to === "VOIDED") {
		this.logger.warn(`The payment of order ${orderId} was never captured at the provider: it is voided, not refunded`);
		await voidAtProvider(this, payment, time);
	}
	return { settled: to };
}

const END_OF: Record<Standing, Refunded["settled"] | undefined> = {
	captured: "REFUNDED",
	refunded: "REFUNDED",
	authorised: "VOIDED",
	voided: "VOIDED",
	unknown: undefined,
};

/** Captured by the provider's own answer, and not on somebody's word. */
function isTheProvidersOwn({ status, byHand }: PaymentRow): boolean {
	return status === "CAPTURED" && !byHand?.some(({ what }) => what === "capture");
}

/** An attempt that was under way when somebody said that it was done by hand has arrived by now, or never will. */
function isLongAgo({ unmovedForMs }: PaymentRow): boolean {
	return unmovedForMs > ON_ITS_WAY_MS;
}

/**
 * @throws {StepUndoneError} when an operator has left the step out: a late attempt must not do it all the same
 * @throws {CurrencyMismatchError} {@link SumMismatchError} when the order came to something else
 */
async function findPending(
	{ db }: PaymentsService,
	{ operation, orderId, ...sum }: Ctx["params"],
): Promise<PaymentRow | undefined> {
	const [payment, overForMs] = await Promise.all([findPayment(db, orderId), participant.undoneForMs(db, operation)]);
	if (overForMs !== undefined) throw new StepUndoneError(operation);
	if (payment) refuseOtherSum(`order ${orderId}`, sumOf(payment), sum);
	return payment;
}

function requestOf({ orderId, amount, currency }: PaymentRow, { operationId }: Operation) {
	return { operationId, orderId, amount, currency };
}

/** @param to the first is where it goes; the others are as good */
async function settle(
	service: PaymentsService,
	operation: Operation,
	orderId: string,
	from: PaymentStatus[],
	to: [PaymentStatus, ...PaymentStatus[]],
): Promise<void> {
	await service.db.transaction((tx) =>
		participant.doOnce(tx, operation, async () => {
			const { payment } = await moveOrFind(tx, orderId, from, to[0]);
			if (!payment || !to.includes(payment.status)) throw new WrongPaymentStatusError(orderId, payment?.status, to[0]);
		}),
	);
}
