import type { Gathering } from "./gathering";

/** What the model needs of its surroundings. */
export interface Surroundings {
	/**
	 * Something that the server does by itself sometime soon. `what` is stable text without ids that vary: "commit",
	 * "deliver", "dead-letter" or "cancel" (its consumers, as it was deleted) with the name of a quorum queue, such as
	 * "commit orders.payments". The order among pending ones is for the caller to choose; each `what` is offered once at
	 * a time.
	 */
	soon(what: string, work: () => void): void;
	/** After `ms` of the server's time. Returns how to cancel. */
	after(ms: number, work: () => void): () => void;
	/** Milliseconds since 1970 by the server's clock. */
	nowMs(): number;
	/** A number in [0, 1), for generated names such as consumer tags and server-named queues. */
	random(): number;
	/**
	 * Whether a message that was routed to quorum queues is published once more right after itself: as its publisher does
	 * it who has not heard of the confirm. Never, where it is missing.
	 */
	isDoubled?(): boolean;
}

/** Offers each `what` once at a time; asked for again meanwhile, it is done as it was asked for last. */
export function once({ soon }: Pick<Surroundings, "soon">, { together }: Gathering): Surroundings["soon"] {
	const offered = new Map<string, () => void>();
	return (what, work) => {
		const isOffered = offered.has(what);
		offered.set(what, work);
		if (isOffered) return;
		soon(what, () => {
			const last = offered.get(what)!;
			offered.delete(what);
			together(last);
		});
	};
}
