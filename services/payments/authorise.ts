import type { Context } from "moleculer";
import { participantOf, type Operation } from "../../mixins/saga/participant";
import { ask } from "./ask";
import { PaymentRefusedError, type RefusalReason } from "./payments.errors";
import { PaymentFailed, PaymentProcessed } from "./payments.events";
import type { PaymentsService } from "./payments.service";
import { movePayment, openPayment, type PaymentRow } from "./payments.table";
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
 * @throws {PaymentRefusedError} {@link PaymentUnavailableError}
 */
export async function authorise(this: PaymentsService, ctx: Context<AuthoriseParams>): Promise<void> {
	const { operation, orderId, amount, currency } = ctx.params;
	// Asked for while the payment is written down. Whether it is needed, and so whether a no matters, turns out there.
	const asked = ctx.call<{ token: string }, { orderId: string }>("cart.paymentToken", { orderId });
	asked.catch(() => undefined);
	const { payment, isNew } = await this.db.transaction(async (tx) => {
		await participant.begin(tx, operation);
		return openPayment(tx, { orderId, amount, currency, authorizeOperationId: operation.operationId });
	});
	if (payment.status === "DECLINED") throw new PaymentRefusedError(orderId, payment.failureReason as RefusalReason);
	if (payment.status === "AUTHORIZING") {
		const answer = await askProvider(this, payment, (await asked).token, isNew);
		if (!answer.approved) {
			await noteRefusal(this, payment, answer.reason);
			throw new PaymentRefusedError(orderId, answer.reason);
		}
	}
	await noteApproval(this, operation, payment);
}

/** @throws when it was undone while the provider was asked; then what it has approved is given back */
async function noteApproval(service: PaymentsService, operation: Operation, payment: PaymentRow): Promise<void> {
	const { id: paymentId, orderId, amount, currency } = payment;
	try {
		await service.db.transaction((tx) =>
			participant.doOnce(tx, operation, async () => {
				// Nothing moves when the provider has told of it by itself, before its answer was here.
				if (!(await movePayment(tx, orderId, ["AUTHORIZING"], "AUTHORIZED"))) return;
				const fact = PaymentProcessed({ paymentId, orderId, amount, currency });
				await service.publish(tx, fact, { correlationId: orderId, causationId: operation.operationId });
			}),
		);
	} catch (error) {
		if ((error as { type?: string }).type === "SAGA_STEP_UNDONE") await voidAtProvider(service, payment);
		throw error;
	}
}

function askProvider(
	service: PaymentsService,
	payment: PaymentRow,
	token: string,
	isNew: boolean,
): Promise<ProviderAnswer> {
	const { orderId, amount, currency, authorizeOperationId: operationId } = payment;
	return ask(orderId, async (signal) => {
		// An earlier attempt may have been approved without our hearing of it.
		if (!isNew && (await service.provider.lookUp(operationId, signal))) return { approved: true };
		return service.provider.authorise({ operationId, orderId, amount, currency, token }, signal);
	});
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
