import { Errors } from "moleculer";

/** Why a provider refuses; the order's failureReason. */
export type RefusalReason = "PAYMENT_DECLINED" | "INSUFFICIENT_FUNDS" | "PAYMENT_TOKEN_INVALID" | "PAYMENT_CALLED_OFF";

/** The provider's clear no. Asking again gets the same. */
export class PaymentRefusedError extends Errors.MoleculerClientError {
	constructor(orderId: string, reason: RefusalReason) {
		super(`The payment of order ${orderId} was refused: ${reason}`, 402, reason, { orderId });
	}
}

/** The provider did not answer, or not usefully. Whether it acted is found out at the next attempt. */
export class PaymentUnavailableError extends Errors.MoleculerRetryableError {
	constructor(orderId: string, problem: string) {
		super(`The provider could not be reached for order ${orderId}: ${problem}`, 502, "PAYMENT_UNAVAILABLE", {
			orderId,
		});
	}
}

/** The time of the step went by before the provider could be asked: nothing was done, and nobody is to blame. */
export class TooLateToAskError extends Errors.MoleculerRetryableError {
	constructor(orderId: string) {
		super(`There was no time left to ask the provider for order ${orderId}`, 503, "PAYMENT_TOO_LATE", { orderId });
	}
}

/** Not now, but soon: the capture of an order that was just confirmed comes first. */
export class SettlementUnderWayError extends Errors.MoleculerRetryableError {
	constructor(orderId: string) {
		super(`The payment of order ${orderId} is still being captured`, 503, "SETTLEMENT_UNDER_WAY", { orderId });
	}
}

/** The books say something that can't be: a person must look. */
export class WrongPaymentStatusError extends Errors.MoleculerClientError {
	constructor(orderId: string, status: string | undefined, wanted: string) {
		super(
			`The payment of order ${orderId} is ${status ?? "unknown"} and can't become ${wanted}`,
			409,
			"PAYMENT_STATUS",
			{
				orderId,
				status,
			},
		);
	}
}
