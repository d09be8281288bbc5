import { planOf, type Plan, type ShopperPlan } from "../../simulator/shop/plan";
import { hashOf } from "../../simulator/world/random";

export interface NamedPlan {
	/** Another one for another plan: what was shown by one that has changed since is not counted. */
	name: string;
	plan: Plan;
}

const shopper = (its: Partial<ShopperPlan>): ShopperPlan => ({
	atMs: 10,
	items: [{ product: 0, quantity: 1 }],
	paymentToken: "tok_approve",
	patienceMs: 6_000,
	atOnce: 1,
	...its,
});

/** One node and four shoppers on a day without faults: a second, in which two thirds of what plans reach is reached. */
const quiet: Plan = {
	seed: 1,
	luck: 0,
	weather: { slowness: 0, delayMsMax: 20, lateCommits: 0 },
	nodes: [{ services: ["products", "cart", "orders", "payments", "users"], clockOffsetMs: 0, clockDrift: 0 }],
	products: [{ price: 200, stock: 5 }],
	shoppers: [
		shopper({ cancelAfterMs: 1_000 }),
		shopper({ paymentToken: "tok_decline" }),
		shopper({ paymentToken: "tok_error_once", items: [{ product: 0, quantity: 2 }], atOnce: 2 }),
		shopper({ items: [{ product: 0, quantity: 6 }] }),
	],
	clerks: [{ atMs: 4_000, act: "deliver", product: 0 }],
	operators: [],
	faults: [],
	reservationTtlS: 900,
	doubled: 0.3,
	restMsMax: 10_000,
};

/** So many come by most of the program, and a mutant is tried with those of them that come by it. */
const SEEDS = Array.from({ length: 100 }, (_, at) => at + 1);

const named = (what: string, plan: Plan): NamedPlan => ({
	name: `${what} ${hashOf(JSON.stringify(plan)).toString(16)}`,
	plan,
});

/** What mutants are tried with. */
export const plans: readonly NamedPlan[] = [
	named("quiet", quiet),
	...SEEDS.map((seed) => named(`seed ${seed}`, planOf(seed))),
];
