import { topology } from "../../services/topology";
import type { Random } from "../world/random";
import { pause, type Client, type Told } from "./client";
import { decide, type DecidingPlan } from "./deciding";
import { ADMIN } from "./shoppers";

/** What somebody does at a console: once, or whenever a saga needs it. */
export type OperatorPlan = { atMs: number } & (
	| { act: "look at sagas"; filter: (typeof FILTERS)[number] }
	/** One that fails: by what the shop says, or the oldest of those that have not ended. */
	| { act: "retry a saga"; filter: "failing" | "unfinished" }
	/** Some read one, think for a moment, and replay those that they have seen, by their ids. */
	| { act: "look at dead letters" | "discard dead letters" | "replay what was read"; queue: number }
	| { act: "replay dead letters"; queue: number; isForced?: boolean }
	| ({ act: "decide" } & DecidingPlan)
);

const FILTERS = ["failing", "waiting", "unfinished", "all"] as const;

const PATIENCE_MS = 10_000;
const THINKING_MS = 2_000;
const REASON = "to see whether it goes on";

export function drawOperator(random: Random): OperatorPlan {
	const atMs = random.below(random.pick([1_000, 4_000, 12_000]));
	const queue = random.below(1_000);
	switch (random.below(4)) {
		case 0:
			return { atMs, act: "look at sagas", filter: random.pick(FILTERS) };
		case 1:
			return { atMs, act: "retry a saga", filter: random.pick(["failing", "unfinished"]) };
		case 2:
			return { atMs, act: "look at dead letters", queue };
		default:
			return { atMs, act: "replay dead letters", queue };
	}
}

/**
 * Looks, retries and replays, through whatever node answers: nothing of it may disturb the shop. Where sagas need a person
 * it is somebody else who decides.
 * @param by the operator's name
 * @param isTroubled whether a fault lasts or is to come
 */
export async function operate(
	plan: OperatorPlan,
	by: string,
	client: Client,
	isTroubled: () => boolean,
): Promise<void> {
	const ask = (action: string, params: object): Promise<Told> => client.ask(ADMIN, action, { ...params }, PATIENCE_MS);
	await pause(plan.atMs);
	switch (plan.act) {
		case "look at sagas": {
			const sagaId = await sagaOf(ask, plan.filter);
			if (sagaId) await ask("orders.saga", { sagaId });
			return;
		}
		case "retry a saga": {
			const sagaId = await sagaOf(ask, plan.filter);
			if (sagaId) await ask("orders.retrySaga", { sagaId, by, reason: REASON });
			return;
		}
		case "look at dead letters": {
			const { service, queue } = queueOf(plan.queue);
			await ask(`${service}.deadLetters.queues`, {});
			await ask(`${service}.deadLetters.list`, { queue });
			await ask(`${service}.deadLetters.discarded`, { queue });
			return;
		}
		case "replay dead letters": {
			const { service, queue } = queueOf(plan.queue);
			await ask(`${service}.deadLetters.replay`, { queue, all: true, by, ...(plan.isForced && { force: true }) });
			return;
		}
		case "discard dead letters": {
			const { service, queue } = queueOf(plan.queue);
			const ids = await lettersIn(ask, service, queue);
			if (ids.length > 0) await ask(`${service}.deadLetters.discard`, { queue, ids, by, reason: "nobody can read it" });
			return;
		}
		case "replay what was read": {
			const { service, queue } = queueOf(plan.queue);
			const ids = await lettersIn(ask, service, queue);
			if (ids.length === 0) return;
			await ask(`${service}.deadLetters.read`, { queue, id: ids[0] });
			await pause(THINKING_MS);
			await ask(`${service}.deadLetters.replay`, { queue, ids, by, force: true });
			return;
		}
		case "decide":
			await decide(plan, by, client, isTroubled);
			return;
	}
}

type Ask = (action: string, params: object) => Promise<Told>;

async function sagaOf(ask: Ask, filter: string): Promise<string | undefined> {
	const told = await ask("orders.sagas", { filter, limit: 50 });
	return told.kind === "done" ? (told.answer as { sagaId: string }[])[0]?.sagaId : undefined;
}

async function lettersIn(ask: Ask, service: string, queue: string): Promise<string[]> {
	const told = await ask(`${service}.deadLetters.list`, { queue });
	return told.kind === "done" ? (told.answer as { letters: { id: string }[] }).letters.map(({ id }) => id) : [];
}

function queueOf(nth: number): { service: string; queue: string } {
	const { name: queue } = topology.queues[nth % topology.queues.length]!;
	return { service: queue.split(".")[0]!, queue };
}
