import type { OrderStatus, PaymentStatus } from "../graphql/documents";
import { isBought, isInCheckout } from "./life";
import { voices, type OrderState, type Reader, type Voices } from "./reader";

const ON_ITS_WAY_BACK = voices("The money is on its way back to you.", "The money is on its way back to the customer.");

/** Where the money is, as the payment's and the order's state together say. */
const WORDS: Record<PaymentStatus, (status: OrderStatus) => string | Voices> = {
	NONE: (status) => (mayBePaid(status) ? "Not paid yet." : "Nothing was taken."),
	AUTHORIZED(status) {
		if (isBought(status)) return "The amount is held, and is being taken.";
		if (status === "CANCELLED") return ON_ITS_WAY_BACK;
		if (status === "FAILED") return "The hold on the amount is being released.";
		return status === "COMPENSATED" ? "The amount is still held, but not taken." : "The amount is held, not yet taken.";
	},
	CAPTURED(status) {
		if (status === "CANCELLED" || status === "FAILED") return ON_ITS_WAY_BACK;
		if (status !== "COMPENSATED") return "Paid.";
		return voices(
			"Paid, although nothing was bought: the shop owes it to you.",
			"Paid, although nothing was bought: the shop owes it to the customer.",
		);
	},
	VOIDED: () => "The hold is released; nothing was taken.",
	REFUNDED: () => voices("The money has gone back to you.", "The money has gone back to the customer."),
	DECLINED: () => "The payment was declined; nothing was taken.",
};

export function paymentInWords({ paymentStatus, status }: OrderState, reader: Reader): string {
	const words = WORDS[paymentStatus](status);
	return typeof words === "string" ? words : words[reader];
}

function mayBePaid(status: OrderStatus): boolean {
	return isBought(status) || (isInCheckout(status) && status !== "FAILED");
}
