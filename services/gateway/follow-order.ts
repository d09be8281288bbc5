import type { Context } from "moleculer";
import { isAway } from "../../mixins/access/away";
import type { SocketContext } from "../../mixins/apollo/context";

/** What the gateway needs to know of an order to pass it on. */
interface Followed {
	status: string;
	version: number;
	history: { status: string }[];
}

/** A broadcast may be lost; so often the order is asked for without one. */
const LOOK_AGAIN_MS = 3_000;

const CHECKOUT_OVER = new Set(["CONFIRMED", "COMPENSATED", "CANCELLED", "SHIPPED", "DELIVERED"]);
const ALL_OVER = new Set(["COMPENSATED", "CANCELLED", "DELIVERED"]);

export const orderSubscriptions = {
	orderStatus: { subscribe: following("orderStatus", CHECKOUT_OVER) },
	orderUpdated: { subscribe: following("orderUpdated", ALL_OVER) },
};

function following(field: string, over: ReadonlySet<string>) {
	return async function (_root: unknown, { orderId }: { orderId: string }, context: SocketContext) {
		// Listening begins before looking: what happens in between is heard. Orders tells of an order by its id in lower case.
		const events = context.events<Followed>(`order.${orderId.toLowerCase()}`, { remindMs: LOOK_AGAIN_MS });
		// Asked for here, so that a refusal is an answer to the subscription and not its first event.
		const first = await lookUp(context.ctx, orderId);
		return changes(context.ctx, orderId, events, first, { field, over });
	};
}

/** The current state at once, then each state in order, also those whose broadcast did not arrive. */
async function* changes(
	ctx: Context,
	orderId: string,
	events: AsyncIterable<Followed | undefined>,
	first: Followed,
	{ field, over }: { field: string; over: ReadonlySet<string> },
) {
	let last = first;
	yield { [field]: last };
	if (over.has(last.status)) return;
	for await (const heard of events) {
		for (const state of statesBetween(last, heard ?? (await lookAgain(ctx, orderId, last)))) {
			last = state;
			yield { [field]: state };
			if (over.has(state.status)) return;
		}
	}
}

/** Each state that `current` has been through since `last`, as the order was then. */
export function statesBetween<Order extends Followed>(last: Order, current: Order): Order[] {
	if (current.version <= last.version) return [];
	const missed = current.history.slice(last.history.length).map((entry, index) => ({
		...current,
		status: entry.status,
		history: current.history.slice(0, last.history.length + index + 1),
	}));
	// PENDING as the cart tells it (version 0) and as orders does (version 1) are the same.
	return missed.length > 0 || last.version === 0 ? missed : [current];
}

/** While orders is away nothing is new: the subscription goes on when it is back. */
async function lookAgain(ctx: Context, id: string, last: Followed): Promise<Followed> {
	try {
		return await lookUp(ctx, id);
	} catch (error) {
		if ((error as { retryable?: boolean }).retryable || isAway(error)) return last;
		throw error;
	}
}

function lookUp(ctx: Context, id: string): Promise<Followed> {
	return ctx.call<Followed, { id: string }>("orders.get", { id });
}
