import { ROWS, type Belongings, type CallerName, type Row } from "./operations";

/** What a REST route is asked with, and who gets which answer. */
export interface RestRow {
	request(things: Belongings, caller: CallerName): Promise<{ id?: string; body?: object }>;
	expect: Record<CallerName, string>;
}

/** The same question and the same answers as over GraphQL, its variables as path and body. */
function like(operation: string): RestRow {
	const row: Row = ROWS[operation]!;
	return {
		expect: row.expect,
		async request(things, caller) {
			const { id, cartId, input, ...others } = ((await row.variables?.(things, caller)) ?? {}) as {
				id?: string;
				cartId?: string;
				input?: object;
			};
			const body = input ?? (Object.keys(others).length > 0 ? others : undefined);
			return { id: id ?? cartId ?? "", ...(body && { body }) };
		},
	};
}

/** By method and path, as in the gateway's table of contents. */
export const REST_ROWS: Record<string, RestRow> = {
	"POST /register": like("Mutation.registerUser"),
	"POST /login": like("Mutation.loginUser"),
	"POST /password-reset/request": like("Mutation.requestPasswordReset"),
	"POST /password-reset": like("Mutation.resetPassword"),
	"POST /email-verification/request": like("Mutation.requestEmailVerification"),
	"POST /email-verification": like("Mutation.verifyEmail"),
	"GET /profile/:id": like("Query.user"),
	"GET /addresses": like("Query.addresses"),
	"POST /addresses": like("Mutation.saveAddress"),
	"PUT /addresses/:id": like("Mutation.updateAddress"),
	"DELETE /addresses/:id": like("Mutation.removeAddress"),
	"POST /products": like("Mutation.createProduct"),
	"GET /products": like("Query.products"),
	"GET /products/:id": like("Query.product"),
	"PATCH /products/:id": like("Mutation.updateProduct"),
	"POST /cart": {
		request: async () => ({ body: {} }),
		expect: { nobody: "ok", another: "ok", owner: "ok", admin: "ok" },
	},
	"POST /cart/items": like("Mutation.addToCart"),
	"GET /cart/:id": like("Query.cart"),
	"DELETE /cart/:id": like("Mutation.clearCart"),
	"POST /orders": like("Mutation.checkout"),
	"GET /orders": like("Query.orders"),
	"GET /orders/:id": like("Query.order"),
	"POST /orders/:id/cancel": like("Mutation.cancelOrder"),
};
