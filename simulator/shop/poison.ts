import { topology } from "../../services/topology";
import type { Control } from "../world/postgres/control";
import { hashOf, randomOf, type Random } from "../world/random";
import type { RabbitmqModel } from "../world/rabbitmq/model";
import { pause } from "./client";
import { drawFault, type FaultKind } from "./fault-plans";
import type { OperatorPlan } from "./operator";
import type { Plan } from "./plan";

/** Somebody else's message, which no consumer can read. */
export interface PoisonPlan {
	atMs: number;
	/** Of the topology's. */
	queue: number;
}

/** One that RabbitMQ has confirmed. */
export interface Poison {
	readonly queue: string;
	readonly body: string;
}

/** Puts it there, once; what RabbitMQ does not confirm was not planted. */
export async function poison(
	plan: PoisonPlan,
	number: number,
	rabbitmq: Pick<RabbitmqModel, "put">,
	planted: (poison: Poison) => void,
): Promise<void> {
	await pause(plan.atMs);
	const { name: queue } = queueAt(plan.queue);
	const body = JSON.stringify({ "nobody can read this": number });
	rabbitmq.put(queue, `poison-${number}`, Buffer.from(body), () => planted({ queue, body }));
}

const queueAt = (nth: number) => topology.queues[nth % topology.queues.length]!;

/**
 * Leads some plans to dead letters, and to operators who replay and discard them while nodes fail. Of a stream of its own,
 * so that all other plans are as they were.
 */
export function withPoison(plan: Plan): Plan {
	const random = randomOf(hashOf(`what poisons plan ${plan.seed}`));
	if (!random.chance(0.06)) return plan;
	const queue = random.below(1_000);
	const faults = plan.faults.filter(({ kind }) => !LOSING.has(kind));
	return {
		...plan,
		poisons: Array.from({ length: random.between(1, 4) }, () => ({ atMs: random.below(4_000), queue })),
		operators: [...plan.operators, ...Array.from({ length: random.between(1, 4) }, () => drawAct(random, queue))],
		faults: faults.length > 0 ? faults : [drawFault(random, plan.nodes.length, [[1, "kill"]])],
	};
}

/** A deleted queue has taken with it what was in it. */
const LOSING: ReadonlySet<FaultKind> = new Set(["queue deleted", "retry queue deleted"]);

const ACTS = [
	"look at dead letters",
	"replay dead letters",
	"replay what was read",
	"discard dead letters",
	"discard dead letters",
] as const;

function drawAct(random: Random, queue: number): OperatorPlan {
	const atMs = random.between(500, random.pick([5_000, 15_000]));
	const act = random.pick(ACTS);
	if (act === "replay dead letters") return { atMs, act, queue, isForced: random.chance(0.7) };
	return { atMs, act, queue };
}

/** Where each service's consumers keep what was discarded. */
const SCHEMAS = ["cart", "orders", "catalog"];

const DISCARDED = SCHEMAS.map(
	(schema) => `SELECT queue, convert_from(body, 'UTF8') AS body FROM ${schema}.dead_letters_discarded`,
).join(" UNION ALL ");

/** What nobody could read is dead, or was given up by an operator: replayed or not, it is never lost. */
export async function lostLetters(
	poisons: readonly Poison[],
	rabbitmq: Pick<RabbitmqModel, "bodiesIn">,
	control: Pick<Control, "query">,
): Promise<string[]> {
	if (poisons.length === 0) return [];
	const discarded = await control.query<Poison>(DISCARDED);
	return poisons.flatMap(({ queue, body }) => {
		const isDead = rabbitmq.bodiesIn(`${queue}.dlq`).some((each) => each.toString() === body);
		const isGivenUp = discarded.some((each) => each.queue === queue && each.body === body);
		return isDead || isGivenUp ? [] : [`I8: ${body} of ${queue} is neither a dead letter nor discarded`];
	});
}
