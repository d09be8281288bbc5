import { z } from "zod";
import { event } from "../../mixins/events/contract";
import { cartId, currency, money, orderId, productId, quantity } from "../fields";

const product = z.object({
	productId,
	sku: z.string().describe("The seller's own name of the product"),
	name: z.string().describe("What shoppers read"),
	price: money("What one costs"),
	currency,
	active: z.boolean().describe("Whether it can be bought"),
});

const onProduct = { exchange: "products.events", version: 1, aggregate: "productId", data: product } as const;

export const ProductCreated = event({
	...onProduct,
	type: "ProductCreated",
	meaning: "A product can be sold from now on.",
	routingKey: "product.created",
});

export const ProductUpdated = event({
	...onProduct,
	type: "ProductUpdated",
	meaning: "A product's name, price or state has changed; the data is how it is now.",
	routingKey: "product.updated",
});

const held = z.object({
	orderId,
	cartId,
	items: z.array(z.object({ productId, quantity })).min(1).describe("What is held, each product once"),
});

const onStock = { exchange: "products.events", version: 1, aggregate: "orderId" } as const;

export const StockReserved = event({
	...onStock,
	type: "StockReserved",
	meaning: "Stock is held for an order, until `expiresAt` unless the order is confirmed before.",
	routingKey: "product.stock_reserved",
	data: held.extend({ expiresAt: z.iso.datetime().describe("When others can buy it again; ISO 8601, UTC") }),
});

/** The words that StockReleased gives as its reason. */
export type StockReleasedReason = "EXPIRED" | "ORDER_FAILED" | "ORDER_CANCELLED";

export const StockReleased = event({
	...onStock,
	type: "StockReleased",
	meaning: "What was held for an order, or sold to it, can be bought by others again.",
	routingKey: "product.stock_released",
	data: held.extend({
		reason: z
			.string()
			.describe(
				"Why: EXPIRED (the reservation was over), ORDER_FAILED (the order is undone) or ORDER_CANCELLED (it was called off)",
			),
	}),
});
