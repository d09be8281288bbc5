import { planOf, type Plan } from "../../simulator/shop/plan";

const plans = Array.from({ length: 2_000 }, (_, seed) => planOf(seed));

test("a plan follows from its seed, and may be kept as JSON", () => {
	expect(planOf(7)).toEqual(planOf(7));
	expect(JSON.parse(JSON.stringify(planOf(7)))).toEqual(planOf(7));
});

test("each has three nodes at least, five shoppers at least, and one to four faults", () => {
	const figures = plans.map(({ nodes, shoppers, faults }) => [nodes.length, shoppers.length, faults.length] as const);

	expect(Math.min(...figures.map(([nodes]) => nodes))).toBe(3);
	expect(Math.min(...figures.map(([, shoppers]) => shoppers))).toBe(5);
	expect(new Set(figures.map(([, , faults]) => faults))).toEqual(new Set([1, 2, 3, 4]));
});

const doing = (faults: Plan["faults"], statement: string): boolean =>
	faults.some(({ whenDoing }) => whenDoing === statement);
const ofMost = (shoppers: Plan["shoppers"], token: string): boolean =>
	shoppers.filter(({ paymentToken }) => paymentToken === token).length > shoppers.length / 2;

const isRepriced = ({ clerks }: Plan): boolean => clerks.some(({ act }) => act === "reprice");

test.each<[string, (plan: Plan) => boolean]>([
	["a fault in the middle of a transaction", ({ faults }) => faults.some(({ whenDoing }) => whenDoing)],
	["a call that arrives late", ({ faults }) => faults.some(({ whenAsked }) => whenAsked === "payments.authorise")],
	[
		"a request that is delivered again",
		({ faults }) => faults.some((each) => each.whenAsked === "products.adjustStock"),
	],
	["a queue that loses what waits in it", ({ faults }) => faults.some(({ whenWaiting }) => whenWaiting)],
	["a saga that waits for a person", ({ operators }) => operators.some(({ act }) => act === "decide")],
	["a message that nobody can read", ({ poisons }) => poisons !== undefined],
	["an event that comes back until it is a suspect", ({ faults }) => doing(faults, "suspects.begin")],
	["one that tells of a payment", ({ faults }) => doing(faults, "orders.sum")],
	["one that tells of a product that somebody changes", (plan) => doing(plan.faults, "cart.learn") && isRepriced(plan)],
	["events that fail for the first time and for the fourth", ({ faults }) => doing(faults, "catalog.sell")],
	["a connection that is lost while stock is held again", ({ faults }) => doing(faults, "catalog.reserve_again")],
	["a row that is locked when those come who want it", ({ faults }) => doing(faults, "orders.insert")],
	["attempts whose queue is lost", ({ faults }) => doing(faults, "inbox.note_failures")],
	["a decider who is cut off", ({ faults }) => doing(faults, "saga.lock")],
	["an answer of the provider that comes by itself first", ({ shoppers }) => ofMost(shoppers, "tok_twice")],
	["a new day", ({ untilMidnightMs }) => untilMidnightMs !== undefined],
	["shoppers who come together", ({ shoppers }) => shoppers.every(({ atMs }) => atMs === 0)],
	["a cancellation in the moment of the confirmation", ({ shoppers }) => shoppers.some(({ insists }) => insists)],
])("some plans lead to %s, and others don't", (_, isLed) => {
	const led = plans.filter((plan) => isLed(plan)).length;

	expect(led).toBeGreaterThan(0);
	expect(led).toBeLessThan(plans.length);
});
