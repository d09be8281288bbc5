import { randomUUID } from "node:crypto";
import { createClient } from "graphql-ws";
import { WebSocket } from "ws";
import type { Sample } from "./closed-loop";
import { doorOf } from "./door";

/** Somebody who buys, again and again. */
export interface Customer {
	/** One thing into the cart, checked out, and followed until it is CONFIRMED. */
	buy(productId: string): Promise<Sample>;
	leave(): Promise<void>;
}

export async function registerCustomer(url: string): Promise<Customer> {
	const door = doorOf(url);
	const input = { email: `${randomUUID()}@example.com`, password: randomUUID(), name: "A shopper" };
	const { registerUser } = await door.ask<{ registerUser: { accessToken: string } }>(
		"mutation ($input: RegisterUserInput!) { registerUser(input: $input) { accessToken } }",
		{ input },
	);
	const token = registerUser.accessToken;
	const socket = createClient({
		url: `${url.replace("http", "ws")}/graphql`,
		webSocketImpl: WebSocket,
		connectionParams: { authorization: `Bearer ${token}` },
		lazy: false,
		retryAttempts: 0,
		onNonLazyError: (error) => console.error("The shopper's socket has failed:", error),
	});

	async function confirmed(orderId: string): Promise<void> {
		const query = "subscription ($orderId: ID!) { orderStatus(orderId: $orderId) { status failureReason } }";
		let last: unknown;
		for await (const { data, errors } of socket.iterate<{ orderStatus: { status: string } }>({
			query,
			variables: { orderId },
		})) {
			last = data?.orderStatus ?? errors;
		}
		if ((last as { status?: string }).status !== "CONFIRMED") {
			throw new Error(`Order ${orderId} was not confirmed: ${JSON.stringify(last)}`);
		}
	}

	return {
		async buy(productId) {
			const { addToCart } = await door.ask<{ addToCart: { id: string; version: number } }>(
				"mutation ($input: AddToCartInput!) { addToCart(input: $input) { id version } }",
				{ input: { productId, quantity: 1 } },
				token,
			);
			const asked = performance.now();
			const { checkout } = await door.ask<{ checkout: { id: string } }>(
				"mutation ($input: CheckoutInput!) { checkout(input: $input) { id number status } }",
				{
					input: {
						cartId: addToCart.id,
						cartVersion: addToCart.version,
						idempotencyKey: randomUUID(),
						paymentToken: "tok_approve",
						shippingAddress: { name: "Ada", line1: "1 Lane", city: "London", postalCode: "N1", country: "GB" },
					},
				},
				token,
			);
			const accepted = performance.now();
			await confirmed(checkout.id);
			return { accepted: accepted - asked, confirmed: performance.now() - accepted };
		},
		leave: async () => socket.dispose(),
	};
}
