import { Errors } from "moleculer";
import {
	PaymentRefusedError,
	PaymentUnavailableError,
	SettlementUnderWayError,
	TooLateToAskError,
	WrongPaymentStatusError,
} from "./payments.errors";

const orderId = "an order";

test.each([
	[
		new PaymentUnavailableError(orderId, "no route"),
		{
			code: 502,
			type: "PAYMENT_UNAVAILABLE",
			message: "The provider could not be reached for order an order: no route",
		},
	],
	[
		new TooLateToAskError(orderId),
		{ code: 503, type: "PAYMENT_TOO_LATE", message: "There was no time left to ask the provider for order an order" },
	],
	[
		new SettlementUnderWayError(orderId),
		{ code: 503, type: "SETTLEMENT_UNDER_WAY", message: "The payment of order an order is still being captured" },
	],
])("what time can heal may be tried again, and names the order: $type", (error, says) => {
	expect(error).toMatchObject({ ...says, retryable: true, data: { orderId } });
});

test("the provider's no is final, and its reason is the error's type", () => {
	const error = new PaymentRefusedError(orderId, "INSUFFICIENT_FUNDS");

	expect(error).toBeInstanceOf(Errors.MoleculerClientError);
	expect(error).toMatchObject({
		code: 402,
		type: "INSUFFICIENT_FUNDS",
		message: "The payment of order an order was refused: INSUFFICIENT_FUNDS",
		retryable: false,
		data: { orderId },
	});
});

test.each([
	["DECLINED", "The payment of order an order is DECLINED and can't become CAPTURED"],
	[undefined, "The payment of order an order is unknown and can't become CAPTURED"],
])("a payment that is %s, where that can't be, is for a person to look at", (status, message) => {
	const error = new WrongPaymentStatusError(orderId, status, "CAPTURED");

	expect(error).toMatchObject({
		code: 409,
		type: "PAYMENT_STATUS",
		message,
		retryable: false,
		data: { orderId, status },
	});
});
