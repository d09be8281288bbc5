import { Errors } from "moleculer";
import type { OrderStatus } from "./orders.model";

/** Also for somebody else's order: that it exists is nobody's business. */
export class OrderNotFoundError extends Errors.MoleculerClientError {
	constructor(id: string) {
		super(`There is no order ${id}`, 404, "NOT_FOUND", { id });
	}
}

/** The order has gone too far, or never came far enough: waiting won't help. */
export class OrderNotCancellableError extends Errors.MoleculerClientError {
	constructor(orderId: string, status: OrderStatus) {
		super(`Order ${orderId} is ${status} and can't be cancelled`, 409, "ORDER_NOT_CANCELLABLE", { orderId, status });
	}
}

export class WrongOrderStatusError extends Errors.MoleculerClientError {
	constructor(orderId: string, status: OrderStatus, wanted: OrderStatus) {
		super(`Order ${orderId} is ${status} and can't become ${wanted}`, 409, "CONFLICT", { orderId, status });
	}
}
