import type { OrderFields, OrderStatus } from "../graphql/documents";

/** The way of a checkout, and what each station means to the shopper. */
export const WAY: readonly { status: OrderStatus; name: string; meaning: string }[] = [
	{ status: "PENDING", name: "Order received", meaning: "Your cart was frozen as you saw it." },
	{ status: "CART_VALIDATED", name: "Put aside", meaning: "Every piece was reserved for you." },
	{ status: "PAYMENT_PROCESSED", name: "Payment approved", meaning: "The bank holds the amount for us." },
	{ status: "CONFIRMED", name: "Confirmed", meaning: "It is yours, and the payment is taken." },
];

export const STATUS_NAMES: Record<OrderStatus, string> = {
	PENDING: "Received",
	CART_VALIDATED: "Put aside",
	PAYMENT_PROCESSED: "Payment approved",
	CONFIRMED: "Confirmed",
	FAILED: "Being undone",
	COMPENSATED: "Not placed",
	CANCELLED: "Cancelled",
	SHIPPED: "On its way",
	DELIVERED: "Delivered",
};

const OVER = new Set<OrderStatus>(["COMPENSATED", "CANCELLED", "DELIVERED"]);
const IN_CHECKOUT = new Set<OrderStatus>(["PENDING", "CART_VALIDATED", "PAYMENT_PROCESSED", "FAILED"]);

/** Nothing follows. What a cancelled order has cost comes back a little later than it is cancelled. */
export function isOver({ status, paymentStatus }: Pick<OrderFields, "status" | "paymentStatus">): boolean {
	const moneyIsOut = paymentStatus === "AUTHORIZED" || paymentStatus === "CAPTURED";
	return OVER.has(status) && !(status === "CANCELLED" && moneyIsOut);
}

export const isInCheckout = (status: OrderStatus): boolean => IN_CHECKOUT.has(status);
export const hasFailed = (status: OrderStatus): boolean => status === "FAILED" || status === "COMPENSATED";

const REASONS: Record<string, string> = {
	OUT_OF_STOCK: "Somebody else was faster: not everything in your cart was left.",
	PRICE_CHANGED: "A price changed while you were ordering, and nobody pays another sum than the one seen.",
	PRODUCT_UNAVAILABLE: "Something in your cart is no longer sold.",
	PAYMENT_DECLINED: "Your bank declined the payment.",
	PAYMENT_INSUFFICIENT_FUNDS: "There was not enough money in the account.",
	INSUFFICIENT_FUNDS: "There was not enough money in the account.",
	PAYMENT_TOKEN_INVALID: "The way of paying was not recognised.",
	PAYMENT_UNAVAILABLE: "The bank could not be reached, however often we tried.",
	TIMED_OUT: "It took too long, so nothing was bought.",
};

export function reasonInWords(reason: string | null): string {
	return (reason && REASONS[reason]) ?? "Something in the shop got in the way.";
}

/** A reason that lies in the cart, so that the shopper should look at it before trying again. */
export function isAboutCart(reason: string | null): boolean {
	return reason === "OUT_OF_STOCK" || reason === "PRICE_CHANGED" || reason === "PRODUCT_UNAVAILABLE";
}

/** What was taken back, in the order in which it was. */
export function undone({ history, paymentStatus }: OrderFields): string[] {
	const reached = new Set(history.map(({ status }) => status));
	return [
		...(reached.has("PAYMENT_PROCESSED") || paymentStatus === "VOIDED" ? ["The hold on your money is released."] : []),
		...(reached.has("CART_VALIDATED") ? ["The reserved pieces are back on the shelf."] : []),
		"What was to be ordered went back into your cart.",
		...(paymentStatus === "CAPTURED" ? [] : ["No money was taken."]),
	];
}
