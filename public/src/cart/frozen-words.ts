import { hasFailed, isInCheckout } from "../orders/life";
import { paymentInWords } from "../orders/payment-words";
import type { OrderState } from "../orders/reader";

export interface FrozenStory {
	heading: string;
	words: string;
	link: string;
}

/** What has become of a cart that was frozen for an order; undefined while its order is not known. */
export function storyOf(order: OrderState | undefined): FrozenStory {
	if (order?.status === "FAILED")
		return {
			heading: "The order could not be placed",
			words: "What was done for it is being undone; then the cart is yours again.",
			link: "See why",
		};
	if (!order || isInCheckout(order.status))
		return {
			heading: "This cart is being ordered",
			words: "It is frozen until its order is through. You can follow it, or begin another cart meanwhile.",
			link: "Follow the order",
		};
	if (hasFailed(order.status))
		return {
			heading: "The order was not placed",
			words: "What was to be ordered is back in your cart.",
			link: "See why",
		};
	if (order.status === "CANCELLED")
		return { heading: "That order is cancelled", words: paymentInWords(order, "customer"), link: "See the order" };
	return {
		heading: "That cart is ordered",
		words: `It is yours. ${paymentInWords(order, "customer")}`,
		link: "See the order",
	};
}
