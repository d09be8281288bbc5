import type { Random } from "../world/random";
import type { FaultPlan } from "./fault-plans";
import type { Plan, ShopperPlan } from "./plan";

const PRODUCTS_MIN = 3;

/** What shoppers have in common at times: the hour, the products, the keys of their requests, and little time. */
export function meet(plan: Plan, random: Random): Plan {
	const areTogether = random.chance(0.15);
	const haveNumbers = random.chance(0.25);
	const products = areTogether ? filledUp(plan.products, random) : plan.products;
	const shoppers = plan.shoppers.map((shopper, at) => ({
		...shopper,
		...(areTogether && { atMs: 0, items: everything(products.length, at) }),
		...(haveNumbers && { isNumbering: true }),
	}));
	// Alone: whatever else goes wrong would have them come one after the other.
	const faults = areTogether && random.chance(0.6) ? [oneRowLocked(random)] : plan.faults;
	const reservationTtlS = random.chance(0.1) ? random.pick([2, 4]) : plan.reservationTtlS;
	return { ...plan, products, shoppers, faults, reservationTtlS };
}

function filledUp(products: Plan["products"], random: Random): Plan["products"] {
	const missing = Array.from({ length: Math.max(0, PRODUCTS_MIN - products.length) }, () => random.pick(products));
	return [...products, ...missing];
}

/** Mostly the one in the middle: those who come from either side wait for it, each with a part of what the others want. */
function oneRowLocked(random: Random): FaultPlan {
	return {
		kind: "rows locked",
		table: "catalog.stock",
		nth: random.pick([0, 1, 1, 1, 2]),
		...random.pick([{ fromStep: random.between(100, 1_000) }, { fromStep: 0, whenDoing: "orders.insert" }]),
		// Shorter than anybody waits for a lock: they are all there when it is let go.
		forMs: random.pick([300, 700, 1_000]),
	};
}

/** One of each, by every other shopper in the opposite order: whoever locks in the cart's order meets somebody there. */
function everything(products: number, at: number): ShopperPlan["items"] {
	const items = Array.from({ length: products }, (_, product) => ({ product, quantity: 1 }));
	return at % 2 === 0 ? items : items.toReversed();
}
