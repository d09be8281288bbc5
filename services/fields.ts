import { z } from "zod";

/** Fields that several services' events have in common, each with its meaning. */

export const productId = z.uuid().toLowerCase().describe("The product");
export const orderId = z.uuid().toLowerCase().describe("The order; it exists, as an id, since the checkout");
export const userId = z.uuid().toLowerCase().describe("Who has ordered");
export const cartId = z
	.uuid()
	.toLowerCase()
	.describe("The cart's public reference: a guest's cart is opened by its id, so that is kept out of events");
export const currency = z.string().length(3).describe("ISO 4217 code, such as USD");
export const quantity = z.int().positive().describe("How many of it");

/** Minor units: 1999 is 19.99. */
export const money = (meaning: string) => z.int().nonnegative().describe(`${meaning}, in minor units: 1999 is 19.99`);

export const orderLine = z.object({
	productId,
	sku: z.string().describe("The seller's own name of the product"),
	name: z.string().describe("As the shopper saw it"),
	quantity,
	unitPrice: money("Price of one, as the shopper saw it"),
});

export const orderLines = z.array(orderLine).min(1).describe("What was ordered, each product once");
