import { hashOf, randomOf, type Random } from "../world/random";
import type { Weather } from "../world/schedule";
import { askedAgain } from "./asked-again";
import { meet } from "./crowd";
import { atFailpoints } from "./failpoints";
import { drawFault, MORE_KINDS, type FaultPlan } from "./fault-plans";
import { needingAPerson } from "./needing-a-person";
import { joiningCarts } from "./filling";
import { drawNodes, type NodePlan } from "./node-plans";
import { drawOperator, type OperatorPlan } from "./operator";
import { withPoison, type PoisonPlan } from "./poison";
import { steer } from "./steering";

/** All that a seed decides beforehand; the order of what happens it decides as it goes. Plain JSON, so that it can be kept. */
export interface Plan {
	seed: number;
	/** Another order of events for the same plan. */
	luck: number;
	weather: Weather;
	/** The services of each node; each node has a name, n1, n2, … */
	nodes: NodePlan[];
	products: ProductPlan[];
	shoppers: ShopperPlan[];
	clerks: ClerkPlan[];
	operators: OperatorPlan[];
	/** What others put into its queues; none in most plans. */
	poisons?: PoisonPlan[];
	faults: FaultPlan[];
	reservationTtlS: number;
	/** Of what RabbitMQ takes, how much it is given twice. */
	doubled: number;
	/** It begins so long before a new day, and thereby before new partitions of all that is kept by days; without it, at noon. */
	untilMidnightMs?: number;
	/** From this step on nothing is drawn any more. */
	calmFromStep?: number;
	/** From this step on no fault begins. */
	soundFromStep?: number;
	/** So soon after its faults the shop has come to rest; without it, within a minute. */
	restMsMax?: number;
}

export interface ProductPlan {
	price: number;
	stock: number;
}

/** One customer with one checkout. */
export interface ShopperPlan {
	/** After the shop has opened. */
	atMs: number;
	items: { product: number; quantity: number }[];
	paymentToken: string;
	/** How long the shopper waits for an answer before asking again. */
	patienceMs: number;
	/** Asks for the checkout so many times at once, with one key, of several nodes. */
	atOnce: number;
	/** After the checkout was accepted. */
	cancelAfterMs?: number;
	/** Its client counts its requests and has nothing else for keys: others have the same ones. */
	isNumbering?: boolean;
	/** Begins as a guest, and signs in before the checkout. */
	isGuest?: boolean;
	/** Puts the first item once more into a cart, when the checkout was accepted. */
	goesOn?: boolean;
	/** Asks for the cancellation again while the order is not confirmed yet. */
	insists?: boolean;
}

/** What those do who run the shop. */
export interface ClerkPlan {
	atMs: number;
	act: "restock" | "reprice" | "withdraw" | "ship" | "deliver";
	product: number;
}

type Tokens = readonly (readonly [weight: number, token: string])[];

const QUICK_TOKENS: Tokens = [
	[60, "tok_approve"],
	[12, "tok_decline"],
	[4, "tok_insufficient_funds"],
	[6, "tok_error_once"],
];
/** With these the provider has something to say for half a minute, in which nodes ask for work all the same. */
const ALL_TOKENS: Tokens = [
	...QUICK_TOKENS,
	[12, "tok_timeout"],
	[10, "tok_slow"],
	[6, "tok_twice"],
	[4, "tok_late"],
	[4, "tok_down"],
];

const FAULTS_MAX = 4;

/** Where few plans come by chance some are led: one after the other, and most by none of them. */
const LEADING = [steer, atFailpoints, askedAgain, joiningCarts, needingAPerson, withPoison];

export function planOf(seed: number): Plan {
	const random = randomOf(hashOf(`plan ${seed}`));
	const nodes = drawNodes(random);
	const atConsole = random.fork("operators");
	const products = Array.from({ length: random.between(1, 3) }, () => ({
		price: random.between(1, 20) * 100,
		stock: random.pick([2, 5, 8, 20]),
	}));
	const tokens = random.chance(0.3) ? ALL_TOKENS : QUICK_TOKENS;
	const shoppers = Array.from({ length: random.between(5, 7) }, () => drawShopper(random, products.length, tokens));
	const night = random.fork("midnight");
	const plan: Plan = {
		seed,
		luck: 0,
		weather: {
			slowness: random.pick([0, 0.002, 0.01, 0.05]),
			delayMsMax: random.pick([20, 200, 1_000]),
			lateCommits: random.fork("late commits").pick([0, 0.1, 0.3]),
		},
		nodes,
		products,
		shoppers,
		clerks: Array.from({ length: random.pick([0, 0, 1, 2]) }, () => drawClerk(random, products.length)),
		operators: Array.from({ length: atConsole.pick([0, 1, 2, 3]) }, () => drawOperator(atConsole)),
		faults: Array.from({ length: random.pick([1, 1, 1, 2, 2, 3, 4]) }, () => drawFault(random, nodes.length)),
		reservationTtlS: random.pick([900, 900, 900, 10, 30]),
		doubled: random.pick([0, 0, 0.05, 0.3]),
		...(night.chance(0.1) && { untilMidnightMs: night.between(1_000, night.pick([4_000, 30_000])) }),
	};
	const later = randomOf(hashOf(`what was added to plan ${seed}`));
	const more = later.chance(0.2) ? [drawFault(later, nodes.length, MORE_KINDS)] : [];
	const met = meet({ ...plan, faults: [...plan.faults, ...more].slice(0, FAULTS_MAX) }, later);
	return LEADING.reduce((led, lead) => lead(led), met);
}

function drawShopper(random: Random, products: number, tokens: Tokens): ShopperPlan {
	const count = random.chance(0.7) ? 1 : Math.min(2, products);
	const first = random.below(products);
	return {
		atMs: random.below(random.pick([200, 2_000, 8_000])),
		items: Array.from({ length: count }, (_, at) => ({
			product: (first + at) % products,
			quantity: random.between(1, 3),
		})),
		paymentToken: weighted(random, tokens),
		patienceMs: random.pick([1_000, 6_000, 6_000]),
		atOnce: random.pick([1, 1, 1, 2, 3]),
		...(random.chance(0.3) && { cancelAfterMs: random.below(random.pick([50, 1_000, 10_000])) }),
	};
}

function drawClerk(random: Random, products: number): ClerkPlan {
	return {
		atMs: random.below(6_000),
		act: random.pick(["restock", "reprice", "withdraw", "ship"]),
		product: random.below(products),
	};
}

function weighted(random: Random, items: Tokens): string {
	let at = random.below(items.reduce((sum, [weight]) => sum + weight, 0));
	for (const [weight, item] of items) {
		if (at < weight) return item;
		at -= weight;
	}
	return items[0]![1];
}
