import { hashOf, randomOf, type Random } from "../world/random";
import type { FaultPlan } from "./fault-plans";
import { calleesOf } from "./late-calls";
import { apart } from "./node-plans";
import type { ClerkPlan, Plan } from "./plan";
import { mostlySlow } from "./steering";

const CLERKS = 4;
const FAULTS = 3;

/**
 * Leads some plans to requests that RabbitMQ delivers again, because the connection of who has them in hand was lost, while
 * that one still works on them: of commands without a key, each of which counts, or of a saga's step that finds an expired
 * reservation. Of a stream of its own, so that all other plans are as they were.
 */
export function askedAgain(plan: Plan): Plan {
	const random = randomOf(hashOf(`who is asked again in plan ${plan.seed}`));
	if (!random.chance(0.06)) return plan;
	if (random.fork("held again").chance(0.3)) return { ...plan, ...heldAgain(plan, random) };
	const nodes = apart(plan.nodes);
	const whenAsked = random.pick(["products.adjustStock", "products.adjustStock", "products.secure"] as const);
	const closing = (): FaultPlan => ({
		kind: "rabbitmq closes connections",
		node: random.pick(calleesOf(nodes, whenAsked)),
		fromStep: random.below(300),
		forMs: 300,
		whenAsked,
		afterSteps: random.below(8),
	});
	const faults = Array.from({ length: FAULTS }, closing);
	if (whenAsked === "products.secure") return { ...plan, ...mostlySlow(plan, random), nodes, faults };
	return { ...plan, nodes, faults, clerks: Array.from({ length: CLERKS }, () => restocking(plan, random)) };
}

/** Who holds stock again that had expired loses the connection in the middle of it, and with it the way to say so. */
function heldAgain(plan: Plan, random: Random): Partial<Plan> {
	const closing = (): FaultPlan => ({
		kind: "rabbitmq closes connections",
		node: 0,
		fromStep: random.below(300),
		forMs: 300,
		whenDoing: random.pick(["catalog.lock_reservation", "catalog.reserve_again"]),
	});
	return {
		...mostlySlow(plan, random),
		nodes: apart(plan.nodes),
		faults: Array.from({ length: FAULTS }, closing),
		// Some transactions last longer than it takes to connect again.
		weather: { ...plan.weather, delayMsMax: 1_000, lateCommits: 0.5 },
	};
}

function restocking({ products }: Plan, random: Random): ClerkPlan {
	return { atMs: random.below(3_000), act: "restock", product: random.below(products.length) };
}
