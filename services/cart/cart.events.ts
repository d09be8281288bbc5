import { z } from "zod";
import { event } from "../../mixins/events/contract";
import { cartId, currency, money, orderId, orderLines, productId, userId } from "../fields";

const onCart = { exchange: "cart.events", version: 1, aggregate: "cartId" } as const;

export const ItemAddedToCart = event({
	...onCart,
	type: "ItemAddedToCart",
	meaning: "A shopper has put something into a cart.",
	routingKey: "cart.item_added",
	data: z.object({
		cartId,
		productId,
		quantity: z.int().positive().describe("How many were added, not how many are in the cart now"),
	}),
});

export const CartCheckoutInitiated = event({
	...onCart,
	type: "CartCheckoutInitiated",
	meaning:
		"A shopper has ordered what is in the cart. The order's id is settled, the order is still to be made, and the cart is frozen as the shopper saw it.",
	routingKey: "cart.checkout_initiated",
	data: z.object({
		cartId,
		orderId,
		orderNumber: z.string().describe("The order's name for people"),
		userId,
		items: orderLines,
		total: money("The sum of all lines"),
		currency,
	}),
});

export const CartCleared = event({
	...onCart,
	type: "CartCleared",
	meaning: "Nothing is in the cart any more.",
	routingKey: "cart.cleared",
	data: z.object({
		cartId,
		reason: z
			.enum(["SHOPPER", "CHECKED_OUT", "MERGED"])
			.describe(
				"SHOPPER: emptied by hand. CHECKED_OUT: its order is confirmed. MERGED: its items are in the user's own cart, after signing in",
			),
	}),
});
