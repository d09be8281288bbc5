import { Errors, type Context } from "moleculer";
import { participantOf, type Operation } from "../../mixins/saga/participant";
import { READ_TIMEOUT_MS } from "../timeouts";
import { CurrencyMismatchError } from "../currency";
import { refuseOtherSum } from "../sums";
import { ask, stepTime, type StepTime } from "./ask";
import { PaymentRefusedError, WrongPaymentStatusError, type RefusalReason } from "./payments.errors";
import { PaymentFailed, PaymentProcessed } from "./payments.events";
import type { PaymentsService } from "./payments.service";
import { moveOrFind, movePayment, openPayment, sumOf, type PaymentRow, type PaymentStatus } from "./payments.table";
import type { ProviderAnswer } from "./providers/provider";
import { voidAtProvider } from "./void";

const participant = participantOf("payments");

export interface AuthoriseParams {
	operation: Operation;
	orderId: string;
	amount: number;
	currency: string;
}

/**
 * Asks the provider to hold the money: written down before, asked outside of any transaction, written down after.
 * An attempt that died or got no answer is found again by its operation id, never made twice.
 * @throws {PaymentRefusedError} {@link PaymentUnavailableError} {@link CurrencyMismatchError} {@link SumMismatchError}
 */
export async function authorise(this: PaymentsService, ctx: Context<AuthoriseParams>): Promise<void> {
	const { operation, orderId, amount, currency } = ctx.params;
	if (currency !== this.currency) {
		throw new CurrencyMismatchError(`Order ${orderId}`, { currency, wanted: this.currency });
	}
	const time = stepTime();
	// Asked for while the payment is written down. Whether it is needed, and so whether a no matters, turns out there.
	const asked = ctx.call<{ token: string }, object>("cart.paymentToken", { orderId }, { timeout: READ_TIMEOUT_MS });
	asked.catch(() => undefined);
	const { payment, isNew } = await this.db.transaction(async (tx) => {
		await participant.begin(tx, operation);
		return openPayment(tx, { orderId, amount, currency, authorizeOperationId: operation.operationId });
	});
	refuseOtherSum(`order ${orderId}`, sumOf(payment), { amount, currency });
	if (payment.status === "DECLINED") throw new PaymentRefusedError(orderId, payment.failureReason as RefusalReason);
	if (payment.status === "AUTHORIZING") {
		const answer = await askProvider(this, payment, (await asked).token, { isNew, time });
		if (!answer.approved && (await noteRefusal(this, payment, answer.reason))) {
			throw new PaymentRefusedError(orderId, answer.reason);
		}
	}
	await noteApproval(this, operation, payment, time);
}

/** The provider holds the money, or held it until the order took another end. */
const HELD: ReadonlySet<PaymentStatus | undefined> = new Set(["AUTHORIZED", "CAPTURED", "REFUNDED"]);

/**
 * Several attempts may be under way at once, and each may have heard something else: what counts is how the payment is
 * when this one has written down what it heard.
 * @throws when it was undone or declined while the provider was asked; then what it has approved is given back
 */
async function noteApproval(
	service: PaymentsService,
	operation: Operation,
	{ id: paymentId, orderId, amount, currency, authorizeOperationId }: PaymentRow,
	time: StepTime,
): Promise<void> {
	try {
		await service.db.transaction((tx) =>
			participant.doOnce(tx, operation, async () => {
				const { payment, hasMoved } = await moveOrFind(tx, orderId, ["AUTHORIZING"], "AUTHORIZED");
				if (payment?.status === "DECLINED") {
					throw new PaymentRefusedError(orderId, payment.failureReason as RefusalReason);
				}
				if (!HELD.has(payment?.status)) throw new WrongPaymentStatusError(orderId, payment?.status, "AUTHORIZED");
				// The provider has told of it by itself before its answer was here, or has answered another attempt.
				if (!hasMoved) return;
				const fact = PaymentProcessed({ paymentId, orderId, amount, currency });
				await service.publish(tx, fact, { correlationId: orderId, causationId: operation.operationId });
			}),
		);
	} catch (error) {
		// Whoever dies here leaves it to the step's undo, which gives back what is declined as well.
		const isUnwanted = error instanceof Errors.MoleculerClientError;
		if (isUnwanted) await voidAtProvider(service, { orderId, amount, currency, authorizeOperationId }, time);
		throw error;
	}
}

function askProvider(
	service: PaymentsService,
	payment: PaymentRow,
	token: string,
	{ isNew, time }: { isNew: boolean; time: StepTime },
): Promise<ProviderAnswer> {
	const { orderId, amount, currency, authorizeOperationId: operationId } = payment;
	return ask(orderId, time, async (signal) => {
		// An earlier attempt may have been approved without our hearing of it.
		if (!isNew && (await service.provider.lookUp(operationId, signal))) return { approved: true };
		return service.provider.authorise({ operationId, orderId, amount, currency, token }, signal);
	});
}

/** @returns false when another attempt has moved the payment meanwhile: what is true then is what it says */
async function noteRefusal(service: PaymentsService, payment: PaymentRow, reason: RefusalReason): Promise<boolean> {
	const { id: paymentId, orderId, amount, currency } = payment;
	return service.db.transaction(async (tx) => {
		const declined = await movePayment(tx, orderId, ["AUTHORIZING"], "DECLINED", reason);
		if (!declined) return false;
		const fact = PaymentFailed({ paymentId, orderId, amount, currency, reason });
		await service.publish(tx, fact, { correlationId: orderId, causationId: payment.authorizeOperationId });
		return true;
	});
}
