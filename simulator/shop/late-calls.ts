import type { Random } from "../world/random";
import type { FaultPlan } from "./fault-plans";
import { apart, type NodePlan } from "./node-plans";
import type { Plan, ShopperPlan } from "./plan";

/** What a saga asks of participants; the first of its steps twice, as most comes of them. */
const STEPS = [
	"products.reserve",
	"products.reserve",
	"products.undoReserve",
	"products.secure",
	"payments.authorise",
	"payments.authorise",
	"payments.void",
	"payments.capture",
	"payments.refund",
] as const;

/** With one of them an order holds its stock for long, and mostly gives it back. */
const SLOW_TOKENS = ["tok_slow", "tok_timeout", "tok_decline"];

/**
 * A node stands still with such a call on its way to it or in its hands, for longer than its caller waits: what was given
 * up on, undone or done elsewhere by then arrives all the same.
 */
export function arrivingLate(plan: Plan, random: Random): Partial<Plan> {
	const nodes = apart(plan.nodes);
	const whenAsked = random.pick(STEPS);
	const all = calleesOf(nodes, whenAsked);
	const callees = random.chance(0.5) ? all : all.toReversed();
	const late = random.chance(0.5) ? undoneMeanwhile(callees, random) : doneElsewhere(plan, callees, random);
	const [first, ...others] = late.faults!;
	return { nodes, ...late, faults: [{ ...first!, whenAsked, afterSteps: random.pick([0, 0, 3, 10, 25]) }, ...others] };
}

/** Who can answer it. */
export function calleesOf(nodes: readonly NodePlan[], action: string): number[] {
	return [...nodes.keys()].filter((at) => nodes[at]!.services.some((service) => action.startsWith(`${service}.`)));
}

/** The order's time is over before anybody can answer; who is back first undoes it, and the other one is still to come. */
function undoneMeanwhile([one, other = one]: readonly number[], random: Random): Partial<Plan> {
	const fromStep = random.below(100);
	return {
		reservationTtlS: 10,
		faults: [
			{ kind: "freeze", node: one!, fromStep, forMs: random.between(15_000, 19_000) },
			{ kind: "freeze", node: other!, fromStep, forMs: random.between(10_500, 13_500) },
		],
	};
}

/** Another node does it or refuses it: there is little in stock, all want the same, and what is taken comes back. */
function doneElsewhere(plan: Plan, [node]: readonly number[], random: Random): Partial<Plan> {
	const kind = random.pick(["freeze", "freeze", "cut off"] as const);
	const fault: FaultPlan = {
		...(kind === "freeze" ? { kind } : { kind, from: "rabbitmq", way: random.pick(["in", "both"]) }),
		node: node!,
		fromStep: random.below(100),
		forMs: random.between(6_000, 13_000),
	};
	const isScarce = random.chance(0.6);
	return {
		faults: [fault, ...plan.faults.slice(0, 2)],
		...(isScarce && {
			products: plan.products.map((product) => ({ ...product, stock: random.pick([2, 5]) })),
			shoppers: plan.shoppers.map((shopper) => wantingTheSame(shopper, random)),
		}),
	};
}

function wantingTheSame(shopper: ShopperPlan, random: Random): ShopperPlan {
	const paymentToken = random.chance(0.5) ? random.pick(SLOW_TOKENS) : shopper.paymentToken;
	return {
		...shopper,
		atMs: random.below(3_000),
		items: [{ product: 0, quantity: random.between(1, 2) }],
		paymentToken,
	};
}
