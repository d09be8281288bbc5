import { operate } from "./operator";
import type { Plan } from "./plan";
import { poison, type Poison } from "./poison";
import { clerk, shop, type Restocked, type Shopper } from "./shoppers";
import type { Stage } from "./stage";

/** All who act in a simulation. */
export interface Actors {
	/** How many are not done. Who decides about sagas stays for as long as something may go wrong, and is not waited for. */
	acting(): number;
	/** How many there are that decide still. */
	deciding(): number;
	/** What clerks have put into the shop, as far as they have come. */
	readonly restocked: readonly Restocked[];
	/** What strangers have put into the shop's queues. */
	readonly poisons: readonly Poison[];
	/** What they have thrown: mistakes of the simulation. */
	readonly mistakes: readonly unknown[];
}

/** Lets them begin. @param isTroubled whether a fault lasts or is to come */
export function letAct(
	{ plan, world, client, operators }: Pick<Stage, "plan" | "world" | "client" | "operators">,
	shoppers: readonly Shopper[],
	products: readonly string[],
	isTroubled: () => boolean,
): Actors {
	const restocked: Restocked[] = [];
	const poisons: Poison[] = [];
	const mistakes: unknown[] = [];
	const counts = { acting: 0, deciding: 0 };
	const count = (which: keyof typeof counts, work: Promise<void>): void => {
		counts[which]++;
		void work.catch((error: unknown) => mistakes.push(error)).finally(() => counts[which]--);
	};
	for (const shopper of shoppers)
		count(
			"acting",
			shop(shopper, client, products, () => world.clock.nowMs()),
		);
	for (const each of plan.clerks) count("acting", act(each));
	for (const [at, each] of (plan.poisons ?? []).entries())
		count(
			"acting",
			poison(each, at, world.rabbitmq, (put) => poisons.push(put)),
		);
	for (const [at, each] of plan.operators.entries())
		count(each.act === "decide" ? "deciding" : "acting", operate(each, `operator ${at + 1}`, operators, isTroubled));

	async function act(each: Plan["clerks"][number]): Promise<void> {
		const did = await clerk(each, client, products);
		if (did) restocked.push(did);
	}

	return { acting: () => counts.acting, deciding: () => counts.deciding, restocked, poisons, mistakes };
}
