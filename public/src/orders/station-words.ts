import type { OrderStatus } from "../graphql/documents";
import { isBought } from "./life";
import { voices, type OrderState, type Reader, type Voices } from "./reader";

interface Words {
	name: string;
	meaning: string | Voices;
}

/** What each station of an order means as the order stands now: what was true when it was reached may be so no longer. */
const WORDS: Record<OrderStatus, (order: OrderState) => Words> = {
	PENDING: () => ({
		name: "Order received",
		meaning: voices("Your cart was frozen as you saw it.", "The cart was frozen as the customer saw it."),
	}),
	CART_VALIDATED: () => ({
		name: "Put aside",
		meaning: voices("Every piece was reserved for you.", "Every piece was reserved."),
	}),
	PAYMENT_PROCESSED: ({ paymentStatus }) => ({
		name: "Payment approved",
		meaning: paymentStatus === "AUTHORIZED" ? "The bank holds the amount for us." : "The bank approved the amount.",
	}),
	CONFIRMED: (order) => ({ name: "Confirmed", meaning: confirmed(order) }),
	SHIPPED: () => ({ name: "On its way", meaning: "The parcel has left the house." }),
	DELIVERED: () => ({ name: "Delivered", meaning: "It has arrived." }),
	CANCELLED: ({ paymentStatus }) => ({ name: "Cancelled", meaning: cancelled(paymentStatus) }),
	FAILED: ({ status }) => ({
		name: "Stopped",
		meaning:
			status === "FAILED"
				? "It could not go on. What was done is being undone, last things first."
				: "It could not go on. What was done was undone, last things first.",
	}),
	COMPENSATED: ({ paymentStatus }) =>
		paymentStatus === "AUTHORIZED" || paymentStatus === "CAPTURED"
			? { name: "Undone but for the payment", meaning: "Everything else is as if it had never been ordered." }
			: { name: "Everything undone", meaning: "As if it had never been ordered." },
};

export function stationInWords(
	station: OrderStatus,
	order: OrderState,
	reader: Reader,
): { name: string; meaning: string } {
	const { name, meaning } = WORDS[station](order);
	return { name, meaning: typeof meaning === "string" ? meaning : meaning[reader] };
}

function confirmed({ status, paymentStatus }: OrderState): Voices {
	if (!isBought(status)) {
		return voices("It was yours until it was cancelled.", "It was the customer's until it was cancelled.");
	}
	if (paymentStatus === "CAPTURED") {
		return voices("It is yours, and the payment is taken.", "It is the customer's, and the payment is taken.");
	}
	if (paymentStatus === "AUTHORIZED") {
		return voices(
			"It is yours, and the payment is being taken.",
			"It is the customer's, and the payment is being taken.",
		);
	}
	return voices("It is yours.", "It is the customer's.");
}

function cancelled(paymentStatus: OrderState["paymentStatus"]): string | Voices {
	switch (paymentStatus) {
		case "REFUNDED":
			return voices(
				"The money has gone back to you, the pieces to the shelf.",
				"The money has gone back to the customer, the pieces to the shelf.",
			);
		case "AUTHORIZED":
		case "CAPTURED":
			return voices(
				"The money is on its way back to you, the pieces to the shelf.",
				"The money is on its way back to the customer, the pieces to the shelf.",
			);
		default:
			return "Nothing was taken, and the pieces go back to the shelf.";
	}
}
