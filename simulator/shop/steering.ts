import { hashOf, randomOf, type Random } from "../world/random";
import { drawFault, FAULT_KINDS, type FaultPlan } from "./fault-plans";
import { arrivingLate, calleesOf } from "./late-calls";
import { apart, split } from "./node-plans";
import type { ClerkPlan, Plan, ShopperPlan } from "./plan";

/** So near to each other two faults begin that are to last at once, in steps. */
const NEAR = 30;
const FAULTS_MAX = 4;
/** After so long it answers with `tok_slow`. */
export const PROVIDER_IS_SLOW_S = 3;

/**
 * Leads some plans to where few come by chance, as `--coverage` has shown: two faults of any kinds at once, orders that
 * expire while they are paid for, cancellations in the moment of the confirmation, parcels that arrive, a cluster that has to
 * do without one of its nodes, calls that arrive when nobody waits for them any more, queues that are silent or lose
 * something, events that come back again and again, a provider that tells of an approval by itself first. Of a stream of
 * its own, so that the rest of a plan is as it was.
 */
export function steer(plan: Plan): Plan {
	const random = randomOf(hashOf(`what steers plan ${plan.seed}`));
	const steered: Plan = {
		...plan,
		shoppers: plan.shoppers.map((shopper) => ({ ...shopper, ...(random.chance(0.5) && insisting(shopper)) })),
		clerks: plan.clerks.map((clerk) =>
			clerk.act === "ship" && random.chance(0.6) ? { ...clerk, act: "deliver" } : clerk,
		),
	};
	if (random.chance(0.3)) return { ...steered, faults: together(plan, random) };
	if (random.chance(0.06)) return { ...steered, faults: [silence(random)] };
	if (random.chance(0.15)) return { ...steered, ...expiring(steered, random) };
	if (random.chance(0.08)) return { ...steered, ...returning(steered, random) };
	if (random.chance(0.1)) return { ...steered, faults: [stuck(random), ...plan.faults].slice(0, FAULTS_MAX) };
	if (random.chance(0.2)) return { ...steered, nodes: split(plan.nodes), faults: [ofOneNode(random, plan)] };
	if (random.chance(0.25)) return { ...steered, ...arrivingLate(steered, random) };
	if (random.chance(0.2)) return { ...steered, faults: [losing(random), ...plan.faults.slice(0, 2)] };
	if (random.chance(0.05)) return { ...steered, ...losingAttempts(steered, random) };
	if (random.fork("several attempts").chance(0.1)) return { ...steered, ...severalAttempts(steered, random) };
	if (random.chance(0.1)) return { ...steered, ...toldFirst(steered, random) };
	return steered;
}

function insisting({ cancelAfterMs }: ShopperPlan): Partial<ShopperPlan> {
	return cancelAfterMs === undefined ? {} : { insists: true };
}

/** The first two of any kinds, each as likely as the others. */
function together({ faults, nodes }: Plan, random: Random): FaultPlan[] {
	const of = (): FaultPlan => drawFault(random, nodes.length, [[1, random.pick(FAULT_KINDS)]]);
	const first = of();
	const second = { ...of(), fromStep: first.fromStep + random.below(NEAR) };
	return [first, second, ...faults.slice(2)].slice(0, FAULTS_MAX);
}

/** Reservations last just as long as a slow provider takes, and most shoppers have one. */
export function mostlySlow({ shoppers }: Pick<Plan, "shoppers">, random: Random): Partial<Plan> {
	const slow = shoppers.map((shopper) => ({ ...shopper, ...(random.chance(0.7) && { paymentToken: "tok_slow" }) }));
	return { reservationTtlS: PROVIDER_IS_SLOW_S, shoppers: slow };
}

/**
 * Reservations last for 10 s, payments take long, and a node stands still about as long as that; or they last just as long
 * as a slow provider takes.
 */
function expiring({ shoppers, nodes, faults, products }: Plan, random: Random): Partial<Plan> {
	if (random.chance(0.3)) {
		const slow = mostlySlow({ shoppers }, random);
		return random.chance(0.5) ? { ...slow, products: scarce(products) } : slow;
	}
	const freeze: FaultPlan = {
		kind: "freeze",
		node: random.below(nodes.length),
		fromStep: random.below(300),
		forMs: random.between(8_000, 12_000),
	};
	const slowly = ["tok_slow", "tok_timeout", "tok_late"];
	return {
		reservationTtlS: 10,
		shoppers: shoppers.map((shopper) =>
			random.chance(0.4) ? { ...shopper, paymentToken: random.pick(slowly) } : shopper,
		),
		faults: [freeze, ...faults].slice(0, FAULTS_MAX),
	};
}

/** Whoever comes late finds nothing. */
function scarce(products: Plan["products"]): Plan["products"] {
	return products.map((product) => ({ ...product, stock: 2 }));
}

/** What whoever handles an event of one queue or another does first with it, and what it may have to wait for. */
const BEGUN = [
	{ whenDoing: "cart.inbox.accept_all", table: "cart.carts" },
	{ whenDoing: "orders.inbox.accept_all", table: "orders.orders" },
	{ whenDoing: "catalog.inbox.accept_all", table: "catalog.stock" },
	{ whenDoing: "cart.learn", table: "cart.known_products" },
	{ whenDoing: "orders.sum", table: "orders.orders" },
] as const;

/**
 * Connections are closed again and again, so that what was in somebody's hands comes back more often than is usual. In some
 * plans whoever has just begun an event of one inbox loses it, until that event is a suspect; and then either it waits
 * for a lock, or its consumer ends.
 */
function returning({ shoppers, clerks, products }: Plan, random: Random): Partial<Plan> {
	let fromStep = random.below(150);
	if (random.chance(0.5)) {
		const { whenDoing, table } = random.pick(BEGUN);
		const its = { node: 0, whenDoing, fromStep, forMs: 300 };
		const forMs = random.between(5_000, 12_000);
		const last = random.pick<FaultPlan>([
			{ kind: "rows locked", table, whenDoing: "suspects.begin", fromStep, forMs },
			{ kind: "kill", node: 0, whenDoing: "suspects.begin", fromStep, forMs: 300 },
			{ kind: "stop", node: 0, whenDoing: "suspects.begin", fromStep, forMs: 2_000 },
		]);
		// Whose connection is closed goes on with what it has begun, and is done with it.
		const kind = last.kind === "rows locked" ? "kill" : "rabbitmq closes connections";
		const first: FaultPlan = { kind, ...its };
		return {
			faults: [first, first, first, last],
			...(whenDoing === "cart.learn" && { clerks: [...clerks, ...repricing(products, random)] }),
			...(whenDoing === "orders.sum" && { shoppers: shoppers.map(declined) }),
		};
	}
	const closing = (): FaultPlan => {
		fromStep += random.between(20, 90);
		return { kind: "rabbitmq closes connections", node: undefined, fromStep, forMs: 300 };
	};
	return { faults: Array.from({ length: FAULTS_MAX }, closing) };
}

/** Of each other one payments has to tell that it can't be paid. */
function declined(shopper: ShopperPlan, at: number): ShopperPlan {
	return at % 2 === 0 ? { ...shopper, paymentToken: "tok_decline" } : shopper;
}

/** One node is no use for longer than an order may take, and the others have to do without it. */
function ofOneNode(random: Random, { nodes }: Plan): FaultPlan {
	const kind = random.pick(["freeze", "cut off", "cut off", "cut off", "lost connections", "kill"] as const);
	const fault = drawFault(random, nodes.length, [[1, kind]]);
	const its = fault.kind === "lost connections" ? { node: random.below(nodes.length), chance: 0.3 } : {};
	return { ...fault, ...its, fromStep: random.below(400), forMs: random.between(17_000, 22_000) };
}

/** One queue takes nothing for longer than an order may take, and what goes to the others has to get there. */
function silence(random: Random): FaultPlan {
	const nth = random.below(1_000);
	return { kind: "queue silent", nth, fromStep: random.below(300), forMs: random.between(17_000, 22_000) };
}

/** The provider tells of an approval by itself, before who has asked for it has written down the answer. */
function toldFirst({ shoppers, nodes, faults }: Plan, random: Random): Partial<Plan> {
	const its = apart(nodes);
	const stalled: FaultPlan = {
		kind: random.pick(["freeze", "kill"] as const),
		node: random.pick(calleesOf(its, "payments.authorise")),
		fromStep: random.below(100),
		whenAsked: "payments.authorise",
		afterSteps: random.between(5, 40),
		forMs: random.between(2_000, 7_000),
	};
	return {
		nodes: its,
		shoppers: shoppers.map((shopper) => ({ ...shopper, ...(random.chance(0.8) && { paymentToken: "tok_twice" }) })),
		faults: [stalled, ...faults.slice(0, 2)],
	};
}

/** A queue loses what waits in it, or what comes for it. */
function losing(random: Random): FaultPlan {
	const kind = random.pick(["queue deleted", "queue deleted", "bindings lost"] as const);
	const fromStep = random.below(random.pick([60, 600]));
	return { kind, nth: random.below(1_000), fromStep, forMs: random.pick([300, 7_000]), whenWaiting: true };
}

/** What could not be handled waits for its next attempt, and its queue is deleted. */
function losingAttempts({ clerks, products }: Plan, random: Random): Partial<Plan> {
	const table = random.pick(["catalog.stock", "cart.carts", "orders.orders", "cart.known_products"] as const);
	const fromStep = random.below(400);
	const deleted: FaultPlan = {
		kind: "retry queue deleted",
		nth: random.below(1_000),
		fromStep: fromStep + 1,
		whenDoing: "inbox.note_failures",
		afterSteps: random.pick([5, 10, 20, 40]),
		forMs: 300,
	};
	return {
		faults: [{ kind: "rows locked", table, fromStep, forMs: random.between(9_000, 17_000) }, deleted],
		...(table === "cart.known_products" && { clerks: [...clerks, ...repricing(products, random)] }),
	};
}

/** What carts hear of products fails only if somebody changes one meanwhile. */
function repricing(products: Plan["products"], random: Random): ClerkPlan[] {
	return products.map((_, product) => ({ atMs: random.between(100, 6_000), act: "reprice", product }));
}

/** Events fail, some for the third or fourth time when others fail for the first, as their orders were paid for later. */
function severalAttempts({ shoppers }: Plan, random: Random): Partial<Plan> {
	const locked: FaultPlan = {
		kind: "rows locked",
		table: "catalog.stock",
		fromStep: 0,
		whenDoing: "catalog.sell",
		forMs: random.between(9_000, 17_000),
	};
	const atTimes = (shopper: ShopperPlan, at: number): ShopperPlan => ({
		...shopper,
		atMs: random.below(4_000),
		paymentToken: at % 2 === 0 ? "tok_slow" : "tok_approve",
	});
	return { shoppers: shoppers.map(atTimes), faults: [locked] };
}

/** What a step has to change is locked for longer than it is waited for: so the step fails, and is tried again. */
function stuck(random: Random): FaultPlan {
	const table = random.pick(["payments.payments", "payments.payments", "catalog.stock", "cart.carts"] as const);
	return { kind: "rows locked", table, fromStep: random.below(400), forMs: random.between(9_000, 17_000) };
}
