import { brokenInvariants } from "../../tests/support/invariants";
import type { RabbitmqModel } from "../world/rabbitmq/model";
import { disagreements } from "./agreement";
import { turnedAwayWithoutReason } from "./failures";
import { grown } from "./growth";
import { brokenAnswers } from "./history";
import type { Plan } from "./plan";
import { readRecords } from "./records";
import { lostLetters, type Poison } from "./poison";
import type { Restocked, Shopper } from "./shoppers";
import type { Stage } from "./stage";

/** What is known in the end, from all sides. */
export interface Known {
	plan: Plan;
	stage: Stage;
	products: readonly string[];
	shoppers: readonly Shopper[];
	restocked: readonly Restocked[];
	poisons: readonly Poison[];
}

/** What must hold when the shop has come to rest. @returns a sentence for each fault */
export async function brokenInTheEnd(known: Known): Promise<string[]> {
	const { stage } = known;
	const { control } = stage.world;
	const database = { query: async (text: string, values?: unknown[]) => ({ rows: await control.query(text, values) }) };
	const { heard } = stage;
	const broken = await brokenInvariants({ database: database as never, heard, initialStock: stockOf(known) });
	const records = await readRecords(control);
	return [
		...broken,
		...deadLetters(stage.world.rabbitmq, known.poisons),
		...(await lostLetters(known.poisons, stage.world.rabbitmq, control)),
		...(await disagreements(control)),
		...brokenAnswers(stage.client.history, records),
		...turnedAwayWithoutReason({ ...known, orders: records.orders, history: stage.client.history }),
		...(await grown(stage)),
	];
}

/** What was put into the shop of each product, as far as its clerks know. */
function stockOf({ plan, products, restocked }: Known): Map<string, number> {
	const stock = new Map(products.map((id, at) => [id, plan.products[at]!.stock]));
	for (const { product, delta, told } of restocked) {
		const id = products[product]!;
		if (told.kind === "unknown") stock.delete(id);
		else if (told.kind === "done" && stock.has(id)) stock.set(id, stock.get(id)! + delta);
	}
	return stock;
}

/** I8: nothing is dead but what somebody has planted. An operator may have one in hand. */
export function deadLetters(rabbitmq: RabbitmqModel, poisons: readonly Poison[]): string[] {
	const planted = new Set(poisons.map(({ body }) => body));
	const dead = rabbitmq.queues().filter(({ name }) => name.endsWith(".dlq"));
	return dead.flatMap(({ name, ready, unacknowledged }) => {
		if (ready + unacknowledged === 0) return [];
		const others = rabbitmq.bodiesIn(name).filter((body) => !planted.has(body.toString()));
		return others.length === 0 ? [] : [`I8: ${name} has ${others.length} dead letters`];
	});
}
