import type { OrderFields, PaymentStatus } from "../graphql/documents";

const WORDS: Record<PaymentStatus, string> = {
	NONE: "Not paid yet.",
	AUTHORIZED: "The amount is held, not yet taken.",
	CAPTURED: "Paid.",
	VOIDED: "The hold is released; nothing was taken.",
	REFUNDED: "The money has gone back to you.",
	DECLINED: "The payment was declined; nothing was taken.",
};

export function paymentInWords({ paymentStatus, status }: OrderFields): string {
	if (status === "CANCELLED" && paymentStatus !== "REFUNDED" && paymentStatus !== "VOIDED") {
		return "The money is on its way back to you.";
	}
	if (status === "COMPENSATED" && paymentStatus === "NONE") return "Nothing was taken.";
	return WORDS[paymentStatus];
}
