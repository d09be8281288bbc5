import { Errors } from "moleculer";
import type { CartProblem, CartStatus } from "./cart.view";

/** Also for somebody else's cart. */
export class CartNotFoundError extends Errors.MoleculerClientError {
	constructor() {
		super("There is no such cart", 404, "NOT_FOUND");
	}
}

export class ProductNotFoundError extends Errors.MoleculerClientError {
	constructor(productId: string) {
		super(`There is no product ${productId} to buy`, 404, "NOT_FOUND", { productId });
	}
}

export class ItemNotFoundError extends Errors.MoleculerClientError {
	constructor(productId: string) {
		super(`The product ${productId} is not in the cart`, 404, "NOT_FOUND", { productId });
	}
}

export class InsufficientStockError extends Errors.MoleculerClientError {
	constructor(productId: string, available: number) {
		super(available > 0 ? `Only ${available} left` : "Sold out", 409, "INSUFFICIENT_STOCK", { productId, available });
	}
}

export class CartEmptyError extends Errors.MoleculerClientError {
	constructor() {
		super("The cart is empty", 409, "CART_EMPTY");
	}
}

const WHY_CLOSED: Record<Exclude<CartStatus, "ACTIVE">, string> = {
	CHECKING_OUT: "The cart is being ordered",
	CHECKED_OUT: "The cart has been ordered",
	MERGED: "The cart has become a part of another one",
};

/** Its checkout is under way or over, or its contents have moved. */
export class CartNotActiveError extends Errors.MoleculerClientError {
	constructor(status: Exclude<CartStatus, "ACTIVE">) {
		super(`${WHY_CLOSED[status]} and can't be changed`, 409, "CART_NOT_ACTIVE", { status });
	}
}

/** The cart is not as the shopper saw it: show it again, and let them agree. */
export class CartChangedError extends Errors.MoleculerClientError {
	constructor(problems: readonly CartProblem[]) {
		super("The cart has changed since it was last seen", 409, "CART_CHANGED", { problems });
	}
}

export class TooManyLinesError extends Errors.MoleculerClientError {
	constructor(linesMax: number) {
		super(`A cart holds ${linesMax} different products at most`, 409, "CONFLICT", { linesMax });
	}
}

/** An order of more than this could not be shown, let alone paid. */
export class TooDearError extends Errors.MoleculerClientError {
	constructor(totalMax: number) {
		super(`A cart comes to ${totalMax} minor units at most`, 409, "CONFLICT", { totalMax });
	}
}
