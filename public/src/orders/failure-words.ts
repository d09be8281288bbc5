import type { OrderFields } from "../graphql/documents";
import { voices, type Reader, type Voices } from "./reader";

const SHORT_OF_MONEY = "There was not enough money in the account.";

const REASONS: Record<string, string | Voices> = {
	OUT_OF_STOCK: voices(
		"Somebody else was faster: not everything in your cart was left.",
		"Somebody else was faster: not everything in the cart was left.",
	),
	PRICE_CHANGED: voices(
		"A price changed while you were ordering, and nobody pays another sum than the one seen.",
		"A price changed while it was ordered, and nobody pays another sum than the one seen.",
	),
	PRODUCT_UNAVAILABLE: voices("Something in your cart is no longer sold.", "Something in the cart is no longer sold."),
	CURRENCY_MISMATCH: "The prices were not all in the same money, so nothing was bought.",
	PAYMENT_DECLINED: voices("Your bank declined the payment.", "The bank declined the payment."),
	PAYMENT_INSUFFICIENT_FUNDS: SHORT_OF_MONEY,
	INSUFFICIENT_FUNDS: SHORT_OF_MONEY,
	PAYMENT_TOKEN_INVALID: "The way of paying was not recognised.",
	PAYMENT_UNAVAILABLE: "The bank could not be reached, however often we tried.",
	TIMED_OUT: "It took too long, so nothing was bought.",
};

export function reasonInWords(reason: string | null, reader: Reader): string {
	const words = (reason && REASONS[reason]) || "Something in the shop got in the way.";
	return typeof words === "string" ? words : words[reader];
}

/** A reason that lies in the cart, so that the shopper should look at it before trying again. */
export function isAboutCart(reason: string | null): boolean {
	return reason === "OUT_OF_STOCK" || reason === "PRICE_CHANGED" || reason === "PRODUCT_UNAVAILABLE";
}

const MONEY_BACK = voices("The money has gone back to you.", "The money has gone back to the customer.");
const HOLD_RELEASED = voices("The hold on your money is released.", "The hold on the money is released.");
const CART_BACK = voices(
	"What was to be ordered went back into your cart.",
	"What was to be ordered went back into the customer's cart.",
);

/** What was taken back, in the order in which it was. What an operator has left as it is was not. */
export function undone(
	{ history, paymentStatus }: Pick<OrderFields, "history" | "paymentStatus">,
	reader: Reader,
): string[] {
	const wasReserved = history.some(({ status }) => status === "CART_VALIDATED");
	return [
		...(paymentStatus === "REFUNDED" ? [MONEY_BACK[reader]] : []),
		...(paymentStatus === "VOIDED" ? [HOLD_RELEASED[reader]] : []),
		...(wasReserved ? ["The reserved pieces are back on the shelf."] : []),
		CART_BACK[reader],
		...(paymentStatus === "CAPTURED" || paymentStatus === "REFUNDED" ? [] : ["No money was taken."]),
	];
}
