import { z } from "zod";
import { event } from "../../mixins/events/contract";

const product = z.object({
	productId: z.uuid(),
	sku: z.string(),
	name: z.string(),
	/** Minor units. */
	price: z.int().nonnegative(),
	currency: z.string().length(3),
	active: z.boolean(),
});

/** A product can be sold from now on. */
export const ProductCreated = event({
	type: "ProductCreated",
	exchange: "products.events",
	routingKey: "product.created",
	version: 1,
	aggregate: "productId",
	data: product,
});

/** A product's name, price or state has changed; the data is how it is now. */
export const ProductUpdated = event({
	type: "ProductUpdated",
	exchange: "products.events",
	routingKey: "product.updated",
	version: 1,
	aggregate: "productId",
	data: product,
});

const heldItems = z.array(z.object({ productId: z.uuid(), quantity: z.int().positive() })).min(1);

/** Stock is held for an order, until `expiresAt` unless the order is confirmed before. */
export const StockReserved = event({
	type: "StockReserved",
	exchange: "products.events",
	routingKey: "product.stock_reserved",
	version: 1,
	aggregate: "orderId",
	data: z.object({ orderId: z.uuid(), cartId: z.uuid(), items: heldItems, expiresAt: z.iso.datetime() }),
});

/** What was held for an order, or sold to it, can be bought by others again. */
export const StockReleased = event({
	type: "StockReleased",
	exchange: "products.events",
	routingKey: "product.stock_released",
	version: 1,
	aggregate: "orderId",
	data: z.object({ orderId: z.uuid(), cartId: z.uuid(), items: heldItems, reason: z.string() }),
});
