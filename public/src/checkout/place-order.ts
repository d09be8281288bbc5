import { Checkout, type OrderFields } from "../graphql/documents";
import { ask } from "../graphql/client";
import { urgentPause } from "../graphql/pause";
import { ShopError } from "../graphql/shop-error";
import { user } from "../session/session";
import { answered, endAttempt, type Attempt } from "./attempt";

/** A restart takes seconds, an update of the shop a minute or so; after that a person should decide. */
const GIVE_UP_MS = 120_000;

/**
 * Sends the attempt until the shop answers. Its key makes that safe: however often it arrives, it is one order.
 * @param onWaiting is told before each pause
 * @throws {ShopError} when the shop refuses, or after two minutes without an answer: the attempt is kept in that case
 */
export async function placeOrder(attempt: Attempt, onWaiting: () => void): Promise<OrderFields> {
	const giveUpAt = Date.now() + GIVE_UP_MS;
	for (let retries = 0; ; retries++) {
		// Their attempt is kept for them; whoever is here now has not asked for it.
		if (user.value?.id !== attempt.userId) throw new ShopError("Sign in again to see your order.", "UNAUTHENTICATED");
		try {
			const { checkout } = await ask(Checkout, { input: attempt.input });
			answered(attempt, checkout.id);
			return checkout;
		} catch (error) {
			if (!(error instanceof ShopError) || !mayPass(error)) {
				// Refused: nothing was ordered, and the next try is a new wish.
				endAttempt(({ input }) => input.idempotencyKey === attempt.input.idempotencyKey);
				throw error;
			}
			if (Date.now() > giveUpAt) throw error;
			onWaiting();
			await urgentPause(retries);
		}
	}
}

/** An inner error may have come after the order was accepted: only asking again with the same key tells. */
function mayPass(error: ShopError): boolean {
	return error.isPassing || error.code === "INTERNAL_SERVER_ERROR";
}
