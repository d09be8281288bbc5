import { hashOf, randomOf } from "../world/random";
import type { FaultPlan } from "./fault-plans";
import { calleesOf } from "./late-calls";
import { apart } from "./node-plans";
import type { Plan } from "./plan";

const CLERKS = 4;
const FAULTS = 2;

/**
 * Leads some plans to requests that RabbitMQ delivers again, because the connection of who has them in hand was lost: of
 * commands without a key, each of which counts. Of a stream of its own, so that all other plans are as they were.
 */
export function askedAgain(plan: Plan): Plan {
	const random = randomOf(hashOf(`who is asked again in plan ${plan.seed}`));
	if (!random.chance(0.04)) return plan;
	const nodes = apart(plan.nodes);
	const closing = (): FaultPlan => ({
		kind: "rabbitmq closes connections",
		node: random.pick(calleesOf(nodes, "products.adjustStock")),
		fromStep: random.below(300),
		forMs: 300,
		whenAsked: "products.adjustStock",
		afterSteps: random.below(8),
	});
	return {
		...plan,
		nodes,
		clerks: Array.from({ length: CLERKS }, () => ({
			atMs: random.below(3_000),
			act: "restock",
			product: random.below(plan.products.length),
		})),
		faults: Array.from({ length: FAULTS }, closing),
	};
}
