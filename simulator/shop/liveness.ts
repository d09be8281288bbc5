import type { FaultPlan } from "./fault-plans";
import type { ShopNode } from "./nodes";
import type { ServiceName } from "./node-plans";
import type { Shopper } from "./shoppers";
import type { Stage } from "./stage";
import type { Timeline } from "./timeline";

/** While a fault lasts that leaves others healthy, what they can do is done within it. */
const ALIVE_MS_MAX = 15_000;
/** What all nodes suffer from may be felt for as long as the invariants are given at the end. */
const RECOVERY_MS_MAX = 60_000;

/** Tokens to which the provider says at once what becomes of them. */
const ANSWERED_AT_ONCE = new Set(["tok_approve", "tok_decline", "tok_insufficient_funds", "tok_error_once"]);
const SERVICES: readonly ServiceName[] = ["products", "cart", "orders", "payments"];
/** A node whose clock is off by as much says of itself that it is not healthy; clocks that drift get there slowly. */
const CLOCK_OFF_MS = 4_500;

/** The only queue without which no order goes on: the others' events tell of what a saga has done, or will look at anyway. */
const ORDERS_BEGIN_IN = "orders.checkout";

/** Holds the shop to L1: a fault of one node, or of a queue that no order waits for, stops no order. */
export interface Liveness {
	/** Asked now and then. @returns a sentence for each order that should have ended by now */
	look(): Promise<string[]>;
}

export function newLiveness(stage: Stage, timeline: Timeline, shoppers: readonly Shopper[]): Liveness {
	const { world, cluster, surroundings } = stage;
	const { clock, control } = world;
	const whose = (plan: FaultPlan): Whose => whoseIs(plan, cluster.nodes.length, surroundings.queues);
	/** When one service at least had no healthy node, for the last time. */
	let lackingMs = -Infinity;

	/** Since when nothing has happened that an order may wait for; undefined while something like that lasts. */
	function calmSinceMs(nowMs: number): number | undefined {
		const begun = timeline.begun();
		const current = timeline.current();
		const touched = new Set(current.map(({ fault }) => whose(fault.plan)));
		if (!SERVICES.every((service) => cluster.nodes.some((each, at) => !touched.has(at) && isHealthy(each, service)))) {
			lackingMs = nowMs;
			return undefined;
		}
		const ofAll = begun.filter(({ fault }) => whose(fault.plan) === "all");
		if (ofAll.some(({ endMs }) => endMs + RECOVERY_MS_MAX > nowMs)) return undefined;
		if (current.length === 0) return undefined;
		// A node that thaws finds out only then from what else it suffers, and holds until then what it was given before.
		const thawed = begun.filter(({ fault: { plan }, endMs }) => {
			return plan.kind === "freeze" && endMs <= nowMs && touched.has(whose(plan));
		});
		return Math.max(lackingMs, ...begun.map(({ sinceMs }) => sinceMs), ...thawed.map(({ endMs }) => endMs));
	}

	return {
		async look() {
			const nowMs = clock.nowMs();
			const calmMs = calmSinceMs(nowMs);
			if (calmMs === undefined) return [];
			const overdue = shoppers.filter(
				({ plan, acceptedMs = Infinity }) =>
					ANSWERED_AT_ONCE.has(plan.paymentToken) && nowMs - Math.max(acceptedMs, calmMs) > ALIVE_MS_MAX,
			);
			if (overdue.length === 0) return [];
			const waiting = await control.query<{ id: string; status: string }>(UNFINISHED, [
				overdue.map(({ orderId }) => orderId),
			]);
			const faults = timeline.current().map(({ fault }) => fault.plan.kind);
			return waiting.map(
				({ id, status }) =>
					`L1: order ${id} is ${status} for more than ${ALIVE_MS_MAX / 1_000} s, and healthy nodes have all that they need ` +
					`(${faults.join(", ")} lasts)`,
			);
		},
	};
}

const UNFINISHED = `SELECT accepted AS id, coalesce(status, 'no order yet') AS status
	FROM unnest($1::uuid[]) AS accepted LEFT JOIN orders.orders ON orders.id = accepted
	WHERE status IS NULL OR status IN ('PENDING', 'CART_VALIDATED', 'PAYMENT_PROCESSED', 'FAILED')`;

function isHealthy({ node, failure, host }: ShopNode, service: ServiceName): boolean {
	if (!node || failure || host.state !== "running" || Math.abs(host.clockOffsetMs) > CLOCK_OFF_MS) return false;
	return node.settings.services.includes(service);
}

/** A node, all nodes, or nobody for longer than a moment. */
type Whose = number | "all" | "none";

/** Whose trouble a fault is. */
function whoseIs(plan: FaultPlan, nodes: number, queues: readonly string[]): Whose {
	switch (plan.kind) {
		case "kill":
		case "freeze":
		case "cut off":
		case "clock step":
			return plan.node % nodes;
		case "lost connections":
		case "rabbitmq closes connections":
		case "rabbitmq closes what opens":
			return plan.node === undefined ? "all" : plan.node % nodes;
		case "rabbitmq closes a channel":
			return "none";
		case "queue silent":
		case "queue deleted":
		case "bindings lost":
			return queues[plan.nth % queues.length] === ORDERS_BEGIN_IN ? "all" : "none";
		default:
			return "all";
	}
}
