import { hashOf, randomOf, type Random } from "../world/random";
import { DECISIONS, type Decision } from "./deciding";
import type { FaultPlan } from "./fault-plans";
import { apart } from "./node-plans";
import type { OperatorPlan } from "./operator";
import type { Plan, ShopperPlan } from "./plan";
import type { Refused } from "./refusing-books";

/** So long an undo's 50 attempts take. */
const UNDO_MS = 95_000;

/** Past the pivot 20 attempts take 33 s: a book refuses for longer than all attempts take. */
const LONG_MS: Readonly<Record<Refused, number>> = {
	capture: 45_000,
	refund: 48_000,
	void: 115_000,
	release: 115_000,
	"give the cart back": 115_000,
};

/** So long that what is given back after the decision about an undo fails as well, in its own twenty attempts. */
const LONGER_MS = 155_000;

/** Undos cost most and come to least. */
const WEIGHED: readonly Refused[] = [
	"capture",
	"capture",
	"capture",
	"capture",
	"refund",
	"refund",
	"refund",
	"void",
	"release",
	"give the cart back",
];

/**
 * Leads some plans to sagas that wait for a person: something can't be written down for longer than it is tried, and an
 * operator or two decide about each. Of a stream of its own, so that all other plans are as they were.
 */
export function needingAPerson(plan: Plan): Plan {
	const random = randomOf(hashOf(`who has to decide in plan ${plan.seed}`));
	if (!random.chance(0.05)) return plan;
	const what = random.pick(WEIGHED);
	const isHeld = what === "release" || what === "give the cart back";
	const refusing: FaultPlan = {
		kind: "book refuses",
		what,
		fromStep: random.below(200),
		forMs: isHeld && random.chance(0.4) ? LONGER_MS : LONG_MS[what],
	};
	const isCutOff = isHeld && random.chance(0.4);
	const operators = Array.from({ length: random.pick([1, 1, 2]) }, () => drawDeciding(what, random));
	return {
		...plan,
		operators: [...plan.operators, ...operators],
		...(isCutOff && { nodes: apart(plan.nodes) }),
		// No other one for as long as an undo is tried: it would be no more than that.
		faults: [refusing, ...(isCutOff ? [cutOffWhenDecided(refusing)] : plan.faults.slice(0, random.below(3)))],
		shoppers: plan.shoppers.map((shopper) => ({ ...shopper, ...led(what, random) })),
		reservationTtlS: what === "void" ? random.pick([2, 3]) : plan.reservationTtlS,
	};
}

/** Who has taken a decision can't bring it to those whom it is about. */
function cutOffWhenDecided({ fromStep }: FaultPlan): FaultPlan {
	// Behind the other one: what waits keeps back those that come after it.
	const when = { fromStep: fromStep + 1, whenDoing: "saga.lock", forMs: 12_000 };
	return { ...when, kind: "cut off", node: 0, from: "rabbitmq", way: "both" };
}

function drawDeciding(what: Refused, random: Random): OperatorPlan {
	// There is no time for another fifty attempts.
	const among = LONG_MS[what] > UNDO_MS && random.chance(0.7) ? (["skip", "complete"] as const) : DECISIONS;
	const decisions = Array.from({ length: random.between(1, 4) }, () => random.pick<Decision>(among));
	const filter = random.pick(["waiting", "waiting", "failing"] as const);
	return { atMs: random.below(3_000), act: "decide", filter, decisions };
}

/** What shoppers do so that it is met: they cancel, before and after the decision, or can't pay, or take too long. */
function led(what: Refused, random: Random): Partial<ShopperPlan> {
	switch (what) {
		case "capture":
			return random.chance(0.5) ? { cancelAfterMs: random.pick([500, 3_000, 40_000, 60_000]) } : {};
		case "refund":
			return random.chance(0.6) ? { cancelAfterMs: random.below(10_000), insists: true } : {};
		case "void":
			return random.chance(0.6) ? { paymentToken: "tok_slow" } : {};
		case "release":
		case "give the cart back":
			return random.chance(0.4) ? { paymentToken: "tok_decline" } : {};
	}
}
