import type { OrderStatus } from "../graphql/documents";
import type { OrderState } from "./reader";

/** The way of a checkout. */
export const WAY: readonly OrderStatus[] = ["PENDING", "CART_VALIDATED", "PAYMENT_PROCESSED", "CONFIRMED"];

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
const BOUGHT = new Set<OrderStatus>(["CONFIRMED", "SHIPPED", "DELIVERED"]);

/** Nothing follows. What a cancelled order has cost comes back a little later than it is cancelled. */
export function isOver({ status, paymentStatus }: OrderState): boolean {
	const moneyIsOut = paymentStatus === "AUTHORIZED" || paymentStatus === "CAPTURED";
	return OVER.has(status) && !(status === "CANCELLED" && moneyIsOut);
}

export const isInCheckout = (status: OrderStatus): boolean => IN_CHECKOUT.has(status);
export const hasFailed = (status: OrderStatus): boolean => status === "FAILED" || status === "COMPENSATED";
export const isBought = (status: OrderStatus): boolean => BOUGHT.has(status);
