import { OrderNotCancellableError, OrderNotFoundError, WrongOrderStatusError } from "./orders.errors";

test.each([
	[new OrderNotFoundError("o"), { code: 404, type: "NOT_FOUND", data: { id: "o" }, message: "There is no order o" }],
	[
		new OrderNotCancellableError("o", "SHIPPED"),
		{
			code: 409,
			type: "ORDER_NOT_CANCELLABLE",
			data: { orderId: "o", status: "SHIPPED" },
			message: "Order o is SHIPPED and can't be cancelled",
		},
	],
	[
		new WrongOrderStatusError("o", "PENDING", "SHIPPED"),
		{
			code: 409,
			type: "CONFLICT",
			data: { orderId: "o", status: "PENDING" },
			message: "Order o is PENDING and can't become SHIPPED",
		},
	],
])("%s says which order, and that asking again would not help", (error, told) => {
	expect(error).toMatchObject({ ...told, retryable: false });
});
