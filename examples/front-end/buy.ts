import { randomUUID } from "node:crypto";
import { clientOf } from "./client";
import { AddToCart, Checkout, FollowOrder, OpenAccount, Search } from "./documents";

export interface Shopping {
	/** The shop's address. */
	shop: string;
	/** What to look for. */
	search: string;
	/** `tok_approve`, or one of the sandbox's that show how it goes wrong. */
	paymentToken: string;
	/** Is told what happens. */
	say(line: string): void;
}

/**
 * Opens an account, buys one of what is found first, and follows the order to its end.
 * @returns the state that it ended in
 */
export async function buy({ shop, search, paymentToken, say }: Shopping): Promise<string> {
	const client = clientOf(shop);

	const { registerUser: session } = await client.ask(OpenAccount, {
		input: { name: "Ada", email: `ada-${randomUUID()}@shop.example`, password: randomUUID() },
	});
	client.signIn(session);
	say(`${session.user.name} has an account.`);

	const { products } = await client.ask(Search, { filter: { search, inStock: true }, take: 1 });
	const [product] = products.items;
	if (!product) throw new Error(`There is no ${search} in stock`);
	say(`Found ${products.totalItems}, the first is ${product.name} for ${shown(product.price)}.`);

	const { addToCart: cart } = await client.ask(AddToCart, { input: { productId: product.id, quantity: 1 } });
	for (const { message } of cart.problems) say(message);

	// The version says that exactly this was seen. The key makes it one order, however often it is sent.
	const { checkout: order } = await client.ask(Checkout, {
		input: { cartId: cart.id, cartVersion: cart.version, idempotencyKey: randomUUID(), paymentToken },
	});
	say(`Order ${order.number} over ${shown(cart.total)} is accepted.`);

	let status: string = order.status;
	for await (const { orderStatus: now } of client.follow(FollowOrder, { orderId: order.id })) {
		status = now.status;
		say(now.failureReason ? `${status}: ${now.failureReason}` : status);
	}
	return status;
}

/** In minor units: 1999 of USD is $19.99, and of JPY ¥1,999. */
function shown({ amount, currency }: { amount: number; currency: string }): string {
	const format = new Intl.NumberFormat("en", { style: "currency", currency });
	return format.format(amount / 10 ** format.resolvedOptions().maximumFractionDigits!);
}
