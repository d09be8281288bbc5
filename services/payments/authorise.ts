import type { Context } from "moleculer";
import { participantOf, type Operation } from "../../mixins/saga/participant";
import { PaymentRefusedError, PaymentUnavailableError, type RefusalReason } from "./payments.errors";
import { PaymentFailed, PaymentProcessed } from "./payments.events";
import type { PaymentsService } from "./payments.service";
import { findPayment, movePayment, openPayment, type PaymentRow } from "./payments.table";
import type { ProviderAnswer } from "./providers/provider";

/** How long a provider may take for one answer. */
const PROVIDER_TIMEOUT_MS = 5_000;

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
 * @throws {PaymentRefusedError} {@link PaymentUnavailableError}
 */
export async function authorise(this: PaymentsService, ctx: Context<AuthoriseParams>): Promise<void> {
	const { operation, orderId, amount, currency } = ctx.params;
	const { payment, isNew } = await this.db.transaction(async (tx) => {
		await participant.begin(tx, operation);
		return openPayment(tx, { orderId, amount, currency, authorizeOperationId: operation.operationId });
	});
	if (payment.status === "DECLINED") throw new PaymentRefusedError(orderId, payment.failureReason as RefusalReason);
	if (payment.status !== "AUTHORIZING") return;

	const { token } = await ctx.call<{ token: string }, { orderId: string }>("cart.paymentToken", { orderId });
	const answer = await askProvider(this, payment, token, isNew);
	if (!answer.approved) {
		await noteRefusal(this, payment, answer.reason);
		throw new PaymentRefusedError(orderId, answer.reason);
	}
	await this.db.transaction((tx) =>
		participant.doOnce(tx, operation, async () => {
			await movePayment(tx, orderId, ["AUTHORIZING"], "AUTHORIZED");
			const fact = PaymentProcessed({ paymentId: payment.id, orderId, amount, currency });
			await this.publish(tx, fact, { correlationId: orderId, causationId: operation.operationId });
		}),
	);
}

async function askProvider(
	service: PaymentsService,
	payment: PaymentRow,
	token: string,
	isNew: boolean,
): Promise<ProviderAnswer> {
	const { orderId, amount, currency, authorizeOperationId: operationId } = payment;
	try {
		// An earlier attempt may have been approved without our hearing of it.
		if (!isNew && (await service.provider.lookUp(operationId))) return { approved: true };
		const signal = AbortSignal.timeout(PROVIDER_TIMEOUT_MS);
		return await service.provider.authorise({ operationId, orderId, amount, currency, token }, signal);
	} catch (error) {
		throw new PaymentUnavailableError(orderId, (error as Error).message);
	}
}

async function noteRefusal(service: PaymentsService, payment: PaymentRow, reason: RefusalReason): Promise<void> {
	const { id: paymentId, orderId, amount, currency } = payment;
	await service.db.transaction(async (tx) => {
		const declined = await movePayment(tx, orderId, ["AUTHORIZING"], "DECLINED", reason);
		if (!declined) return;
		const fact = PaymentFailed({ paymentId, orderId, amount, currency, reason });
		await service.publish(tx, fact, { correlationId: orderId, causationId: payment.authorizeOperationId });
	});
}

/**
 * Undoes {@link authorise}, also one that has not arrived yet. The tombstone comes first, the provider second, and both
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
	if (payment?.status !== "VOIDED") return;
	const { amount, currency, authorizeOperationId: authorisationId } = payment;
	await this.provider.void({ operationId: operation.operationId, orderId, amount, currency, authorisationId });
}
