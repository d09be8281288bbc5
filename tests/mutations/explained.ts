import { explainedInEvents } from "./explained-events";
import { explainedInInboxes } from "./explained-inboxes";
import { explainedInOrders } from "./explained-orders";
import { explainedInOutboxes } from "./explained-outbox";
import { explainedInPayments } from "./explained-payments";
import { explainedInSagas } from "./explained-sagas";

/** Why survivors are left. */
export interface Explanation {
	/** A file, or all in a folder where it ends in a slash. */
	file: string;
	/** The place as the run's list has it, e.g. `return «a < b»;`, or a part of it. Without it, all of the file. */
	at?: string;
	/** What stands there instead, where not every change of the place is meant. */
	to?: string;
	why: string;
}

export const explained: readonly Explanation[] = [
	...explainedInSagas,
	...explainedInOutboxes,
	...explainedInInboxes,
	...explainedInEvents,
	...explainedInOrders,
	...explainedInPayments,
];
