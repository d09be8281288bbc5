import { z } from "zod";
import { event } from "../../mixins/events/contract";

const onCart = { exchange: "cart.events", version: 1, aggregate: "cartId" } as const;

/** `cartId` in these events is the cart's reference: a guest's cart is opened by its id, so that is kept out. */
export const ItemAddedToCart = event({
	...onCart,
	type: "ItemAddedToCart",
	routingKey: "cart.item_added",
	data: z.object({ cartId: z.uuid(), productId: z.uuid(), quantity: z.int().positive() }),
});

/** A shopper has ordered what is in the cart; the order's id is settled, the order is still to be made. */
export const CartCheckoutInitiated = event({
	...onCart,
	type: "CartCheckoutInitiated",
	routingKey: "cart.checkout_initiated",
	data: z.object({
		cartId: z.uuid(),
		orderId: z.uuid(),
		orderNumber: z.string(),
		userId: z.uuid(),
		items: z
			.array(
				z.object({
					productId: z.uuid(),
					sku: z.string(),
					name: z.string(),
					quantity: z.int().positive(),
					/** Minor units, as the shopper saw it. */
					unitPrice: z.int().nonnegative(),
				}),
			)
			.min(1),
		/** Minor units. */
		total: z.int().nonnegative(),
		currency: z.string().length(3),
	}),
});

/** Nothing is in the cart any more. */
export const CartCleared = event({
	...onCart,
	type: "CartCleared",
	routingKey: "cart.cleared",
	data: z.object({ cartId: z.uuid(), reason: z.enum(["SHOPPER", "CHECKED_OUT", "MERGED"]) }),
});
