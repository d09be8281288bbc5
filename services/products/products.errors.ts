import { Errors } from "moleculer";

export class ProductNotFoundError extends Errors.MoleculerClientError {
	constructor(id: string) {
		super(`There is no product ${id}`, 404, "NOT_FOUND", { id });
	}
}

export class CategoryNotFoundError extends Errors.MoleculerClientError {
	constructor(id: string) {
		super(`There is no category ${id}`, 404, "NOT_FOUND", { id });
	}
}

/** A unique name of a product or category is in use. */
export class NameTakenError extends Errors.MoleculerClientError {
	constructor(field: "sku" | "slug", value: string) {
		super(`The ${field} "${value}" is already taken`, 409, "CONFLICT", { field, value });
	}
}

/** Stock can't fall below what is reserved for orders. */
export class StockTooLowError extends Errors.MoleculerClientError {
	constructor(productId: string, available: number) {
		super(`Of product ${productId} only ${available} are neither sold nor reserved`, 409, "INSUFFICIENT_STOCK", {
			productId,
			available,
		});
	}
}

/** There is more of it already than would leave room for so many. */
export class StockTooHighError extends Errors.ValidationError {
	constructor(productId: string, onHand: number, onHandMax: number) {
		const message = `Of product ${productId} there are ${onHand} on hand, and ${onHandMax} is the most: ${onHandMax - onHand} more at most`;
		super(message, "VALIDATION_ERROR", [{ field: "delta", message }]);
	}
}

/** Why nothing was reserved; the type is the order's failureReason. */
export class ReservationRefusedError extends Errors.MoleculerClientError {
	constructor(reason: "OUT_OF_STOCK" | "PRICE_CHANGED" | "PRODUCT_UNAVAILABLE", productId: string) {
		super(`Nothing was reserved because of product ${productId}: ${reason}`, 409, reason, { productId });
	}
}

/** It has given back what it had reserved, or was never here. */
export class NothingReservedError extends Errors.MoleculerClientError {
	constructor(orderId: string) {
		super(`Nothing is reserved for order ${orderId} any more`, 409, "OUT_OF_STOCK", { orderId });
	}
}
