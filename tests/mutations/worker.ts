import { reachedByLoading, withMutants } from "./switches";
import "../../simulator/world/install";
import { startPostgres } from "../../simulator/world/postgres/server";
import type { Plan } from "../../simulator/shop/plan";
import { openLaboratory, simulate } from "../../simulator/shop/simulation";

/** A simulation with mutants in it. */
export interface Job {
	plan: Plan;
	mutants: readonly string[];
	/** Whether the mutants that it came by are told. */
	isTold: boolean;
}

/** What came of it. */
export interface Answer {
	violations: string[];
	/** Of the schedule: the same as without mutants where they have changed nothing. */
	hash: string;
	realMs: number;
	reached: string[];
	loaded: string[];
}

process.setSourceMapsEnabled(false);
Error.stackTraceLimit = 4;

const [template] = process.argv.slice(2);
const server = startPostgres(template);
const laboratory = server.then(openLaboratory);

process.on("message", (message: Job | { end: true }) => {
	void answer(message).catch((error: Error) => process.send!({ error: error.stack ?? error.message }));
});

async function answer(message: Job | { end: true }): Promise<void> {
	if ("end" in message) {
		await (await server).stop();
		process.exit(0);
	}
	const opened = await laboratory;
	const { result, reached } = await withMutants(message.mutants, () => simulate(message.plan, opened));
	const { violations, hash, realMs } = result;
	const told = message.isTold ? { reached, loaded: reachedByLoading() } : { reached: [], loaded: [] };
	process.send!({ result: { violations, hash, realMs, ...told } satisfies Answer });
}
