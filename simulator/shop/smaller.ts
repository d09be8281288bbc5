import type { FaultPlan } from "./fault-plans";
import type { NodePlan } from "./node-plans";
import type { Plan, ShopperPlan } from "./plan";

/** So many other orders of events are tried for what is left after a reduction: the one before it may be over. */
const LUCKS = 3;

/** Plans that leave something out of this one, those first that leave out most. */
export function smallerPlans(plan: Plan, steps: number): Plan[] {
	const half = Math.ceil(plan.shoppers.length / 2);
	const reductions: Partial<Plan>[] = [
		...(plan.clerks.length > 0 ? [{ clerks: [] }] : []),
		...(plan.operators.length > 0 ? [{ operators: [] }] : []),
		...(plan.shoppers.length > 1
			? [{ shoppers: plan.shoppers.slice(0, half) }, { shoppers: plan.shoppers.slice(half) }]
			: []),
		...without(plan.faults).map((faults) => ({ faults })),
		...without(plan.nodes)
			.filter((nodes) => areWhole(nodes, plan.nodes))
			.map((nodes) => ({ nodes })),
		...(plan.shoppers.length > 1 ? without(plan.shoppers).map((shoppers) => ({ shoppers })) : []),
		...without(plan.clerks).map((clerks) => ({ clerks })),
		...without(plan.operators).map((operators) => ({ operators })),
		...without(plan.poisons ?? []).map((poisons) => ({ poisons })),
		...(plan.doubled > 0 ? [{ doubled: 0 }] : []),
		...(plan.weather.slowness > 0 ? [{ weather: { ...plan.weather, slowness: 0 } }] : []),
		...(plan.weather.lateCommits > 0 ? [{ weather: { ...plan.weather, lateCommits: 0 } }] : []),
		...plan.shoppers.flatMap((shopper, at) =>
			simpler(shopper).map((each) => ({ shoppers: plan.shoppers.with(at, each) })),
		),
		...plan.faults.flatMap((fault, at) => shorter(fault).map((each) => ({ faults: plan.faults.with(at, each) }))),
		...calmer(plan, steps).map((calmFromStep) => ({ calmFromStep })),
	];
	return reductions.flatMap((reduction) =>
		Array.from({ length: LUCKS }, (_, more) => ({ ...plan, ...reduction, luck: plan.luck + more })),
	);
}

function without<Item>(items: readonly Item[]): Item[][] {
	return items.map((_, at) => items.toSpliced(at, 1));
}

/** Without one of its services a shop never comes to rest. */
function areWhole(nodes: readonly NodePlan[], all: readonly NodePlan[]): boolean {
	const there = new Set(nodes.flatMap(({ services }) => services));
	return all.every(({ services }) => services.every((service) => there.has(service)));
}

function simpler(shopper: ShopperPlan): ShopperPlan[] {
	const { cancelAfterMs, ...staying } = shopper;
	return [
		...(cancelAfterMs === undefined ? [] : [staying]),
		...(shopper.isGuest ? [{ ...shopper, isGuest: false }] : []),
		...(shopper.goesOn ? [{ ...shopper, goesOn: false }] : []),
		...(shopper.atOnce > 1 ? [{ ...shopper, atOnce: 1 }] : []),
		...(shopper.items.length > 1 ? [{ ...shopper, items: shopper.items.slice(0, 1) }] : []),
		...(shopper.paymentToken === "tok_approve" ? [] : [{ ...shopper, paymentToken: "tok_approve" }]),
		...(shopper.atMs > 0 ? [{ ...shopper, atMs: 0 }] : []),
	];
}

function shorter(fault: FaultPlan): FaultPlan[] {
	return fault.forMs > 300 ? [{ ...fault, forMs: Math.floor(fault.forMs / 2) }] : [];
}

/** From the half on, or from where three quarters are drawn. */
function calmer({ calmFromStep = Infinity }: Plan, steps: number): number[] {
	const end = Math.min(calmFromStep, steps);
	return [Math.floor(end / 2), Math.floor((end * 3) / 4)].filter((step) => step > 0 && step < end);
}
