import "./world/install";
import { startPostgres } from "./world/postgres/server";
import type { Plan } from "./shop/plan";
import { openLaboratory, simulate, type Outcome } from "./shop/simulation";

/** What a worker is asked to simulate. */
export interface Job {
	plan: Plan;
	/** Answers with the schedule as well. */
	isTold: boolean;
}

/** An outcome between processes; without its lines and choices where nobody asked for them. */
export type Answer = Outcome;

// Stacks are formatted for each call of amqplib's, and read when something fails.
process.setSourceMapsEnabled(false);
Error.stackTraceLimit = 4;

const [template, otherFolder] = process.argv.slice(2);
const server = startPostgres(template);
const laboratory = server.then((started) => openLaboratory(started, otherFolder));

process.on("message", (message: Job | { end: true }) => {
	void answer(message).catch((error: Error) => process.send!({ error: error.stack ?? error.message }));
});

async function answer(message: Job | { end: true }): Promise<void> {
	if ("end" in message) {
		await (await server).stop();
		process.exit(0);
	}
	const { lines, choices, ...outcome } = await simulate(message.plan, await laboratory);
	const told = message.isTold ? { lines, choices } : { lines: [], choices: [] };
	process.send!({ result: { ...outcome, ...told } });
}
