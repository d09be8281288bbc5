import { randomUUID } from "node:crypto";
import type { Stage } from "../support/shop-stage";
import type { PlacedOrder } from "../support/shop-types";
import { until } from "../support/until";

/** One way through the shop. */
export interface Path {
	name: "happy" | "declined" | "cancel";
	/** What is there before it begins. @returns a way to begin; it may be asked to begin again */
	prepare(stage: Stage): Promise<() => Promise<string>>;
	/** The order's status and its payment's when it is over. */
	end: readonly [status: string, paymentStatus: string];
}

export const PATHS: readonly Path[] = [
	{ name: "happy", prepare: (stage) => checkingOut(stage, "tok_approve"), end: ["CONFIRMED", "CAPTURED"] },
	{ name: "declined", prepare: (stage) => checkingOut(stage, "tok_decline"), end: ["COMPENSATED", "DECLINED"] },
	{ name: "cancel", prepare: cancelling, end: ["CANCELLED", "REFUNDED"] },
];

async function checkingOut(stage: Stage, token: string): Promise<() => Promise<string>> {
	const lamp = await stage.given.product({ stock: 5 });
	const ada = await stage.given.customer();
	const cart = await stage.given.cart(ada, { product: lamp, quantity: 2 });
	const key = randomUUID();
	return async () => (await stage.when.checksOutCart(ada, cart, { token, key })).id;
}

async function cancelling(stage: Stage): Promise<() => Promise<string>> {
	const lamp = await stage.given.product({ stock: 5 });
	const ada = await stage.given.customer();
	const order = await stage.when.checksOut(ada, [{ product: lamp, quantity: 2 }]);
	await hasEnded(stage, order.id, PATHS[0]!, 30_000);
	return async () => {
		if (!(await isCancelled(stage, order))) await stage.when.cancels(order);
		return order.id;
	};
}

/** A client whose answer was lost asks for the order before it tries again. */
async function isCancelled(stage: Stage, order: PlacedOrder): Promise<boolean> {
	return (await stage.look(order)).status === "CANCELLED";
}

/** On a busy machine a request may take longer than it may; then all is made ready anew. */
export function prepared(stage: Stage, path: Path): Promise<() => Promise<string>> {
	return until(() => path.prepare(stage), { what: `all to be ready for the ${path.name} path`, withinMs: 120_000 });
}

/** As a client does who gets no answer: the same again, until there is one. */
export function begun(begin: () => Promise<string>): Promise<string> {
	return until(begin, { what: "an answer to the client", withinMs: 60_000, everyMs: 100 });
}

/** Waits until the order has come to the end of its path. */
export function hasEnded({ database }: Stage, id: string, { end }: Path, withinMs: number): Promise<unknown> {
	return until(
		async () => {
			const { rows } = await database.query<{ status: string; payment_status: string }>(
				"SELECT status, payment_status FROM orders.orders WHERE id = $1",
				[id],
			);
			const [order] = rows;
			if (order?.status === end[0] && order.payment_status === end[1]) return true;
			throw new Error(`it is ${order?.status} and ${order?.payment_status}`);
		},
		{ what: `order ${id} to be ${end.join(" and ")}`, withinMs },
	);
}
