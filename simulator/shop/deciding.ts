import { pause, type Client, type Told } from "./client";
import { ADMIN } from "./shoppers";

/** What an operator does about a saga that can neither go on nor be undone. */
export const DECISIONS = ["retry", "skip", "complete"] as const;
export type Decision = (typeof DECISIONS)[number];

export interface DecidingPlan {
	/** Those that wait for a person; or all that fail, of which some wait for somebody who is away. */
	filter: "waiting" | "failing";
	/** In turn. */
	decisions: readonly Decision[];
}

/** As `orders.sagas` lists it. */
export interface ListedSaga {
	sagaId: string;
	saga: string;
	status: string;
	step: string;
	direction: "do" | "undo";
}

const ACTIONS: Readonly<Record<Decision, string>> = {
	retry: "orders.retrySaga",
	skip: "orders.skipSagaStep",
	complete: "orders.completeSaga",
};

/** What is given back because of a decision can't be left out: docs/operating.md, "A saga needs an operator". */
const ONLY_RETRIED = new Set(["giving back by hand", "settlement by hand"]);

const PATIENCE_MS = 10_000;
const LOOK_EVERY_MS = 3_000;
/** Who has found nothing so often, after all faults were over, goes home. */
const LOOKS_IN_VAIN = 2;

/**
 * Looks now and then, and decides about what is there, until there is nothing any more and nothing is to come. Each
 * decision gives a reason of its own, by which it is found again.
 * @param by the operator's name
 * @param isTroubled whether a fault lasts or is to come
 */
export async function decide(
	{ filter, decisions }: DecidingPlan,
	by: string,
	client: Client,
	isTroubled: () => boolean,
): Promise<void> {
	const ask = (action: string, params: object): Promise<Told> => client.ask(ADMIN, action, { ...params }, PATIENCE_MS);
	let made = 0;
	for (let inVain = 0; inVain < LOOKS_IN_VAIN;) {
		await pause(LOOK_EVERY_MS);
		const told = await ask("orders.sagas", { filter, limit: 50 });
		const found = told.kind === "done" ? (told.answer as ListedSaga[]) : undefined;
		for (const { sagaId, saga, step } of found ?? []) {
			const decision = ONLY_RETRIED.has(saga) ? "retry" : decisions[made % decisions.length]!;
			made++;
			await ask(ACTIONS[decision], { sagaId, step, by, reason: `decision ${made} of ${by}` });
		}
		inVain = found?.length === 0 && !isTroubled() ? inVain + 1 : 0;
	}
}
