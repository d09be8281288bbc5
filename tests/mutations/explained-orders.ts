import type { Explanation } from "./explained";

const NOTHING_TO_SETTLE = "without a state no row is changed, and nobody has anything to be told";

const orders = (file: string, at: string, to: string, why: string): Explanation => ({
	file: `services/orders/${file}`,
	at,
	to,
	why,
});

/** Of orders. */
export const explainedInOrders: readonly Explanation[] = [
	orders("by-hand.saga.ts", "if («data.settled»)", "true", NOTHING_TO_SETTLE),
	orders("cancellation.saga.ts", "if («data.settled»)", "true", NOTHING_TO_SETTLE),
	orders("by-hand.saga.ts", "if («!part»)", "false", "whatever an operator can decide about has a part"),
];
