import { PaymentProcessed } from "./payments.events";
import type { PaymentsService } from "./payments.service";
import { lockPaymentOf, movePayment, type PaymentRow } from "./payments.table";
import type { LateApproval } from "./providers/provider";
import { voidAtProvider } from "./void";

/**
 * The provider says, unasked, that it has authorised: after its time was over, a second time, or both. The payment is
 * found by the authorisation, whatever has become of it: one that is still waited for is AUTHORIZED, one that nobody
 * wants any more is voided, and of one that is known nothing is new. One of another sum
 * is for a person to look at. Safe to repeat.
 */
export async function hearOfApproval(service: PaymentsService, approval: LateApproval): Promise<void> {
	const payment = await service.db.transaction(async (tx) => {
		const found = await lockPaymentOf(tx, approval.operationId);
		if (found?.status !== "AUTHORIZING") return found;
		if (!isOfItsSum(found, approval)) {
			service.logger.error(
				`The provider tells of ${approval.amount} ${approval.currency} for order ${found.orderId}, ` +
					`which comes to ${found.amount} ${found.currency}: that counts for nothing, and somebody must look at it`,
			);
			return found;
		}
		const { id: paymentId, orderId, amount, currency } = found;
		await movePayment(tx, orderId, ["AUTHORIZING"], "AUTHORIZED");
		await service.publish(tx, PaymentProcessed({ paymentId, orderId, amount, currency }), {
			correlationId: orderId,
			causationId: approval.operationId,
		});
		return found;
	});
	if (payment && !isUnwanted(payment)) return;
	const { operationId: authorizeOperationId, orderId, amount, currency } = approval;
	const state = payment?.status ?? "unknown";
	service.logger.warn(`The payment of order ${orderId} is ${state}, and was authorised late: it is voided`);
	await voidAtProvider(service, { authorizeOperationId, orderId, amount, currency });
}

function isOfItsSum({ amount, currency }: PaymentRow, said: LateApproval): boolean {
	return amount === said.amount && currency === said.currency;
}

function isUnwanted({ status }: PaymentRow): boolean {
	return status === "VOIDED" || status === "DECLINED";
}
