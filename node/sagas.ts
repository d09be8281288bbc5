import fs from "node:fs/promises";
import path from "node:path";
import type { SagaDefinition } from "../mixins/saga/definition";
import { sagaDiagram, sagaTable } from "../mixins/saga/diagram";
import { byHandSaga } from "../services/orders/by-hand.saga";
import { cancellationSaga } from "../services/orders/cancellation.saga";
import { checkoutSaga } from "../services/orders/checkout.saga";
import { givingBackSaga } from "../services/orders/giving-back.saga";
import { projectRoot } from "./project";
import { readSettings } from "./settings";

const FILE = path.join(projectRoot, "docs/sagas.md");

/** The page about the shop's sagas, as their definitions are. */
export function sagasPage(): string {
	const sagas = [
		checkoutSaga(readSettings({}).reservationTtlS),
		cancellationSaga,
		byHandSaga,
		givingBackSaga,
	] as unknown as SagaDefinition<never, never>[];
	const sections = sagas.map((saga) => {
		const canTurnRound = saga.steps.some(({ kind }) => kind !== "forward");
		const deadline = `\nWhat has not come past the pivot after ${saga.deadlineMs / 1_000} s is undone.\n`;
		const diagram = `\`\`\`mermaid\n${sagaDiagram(saga)}\n\`\`\``;
		return `## ${saga.name}\n\n${diagram}\n\n${sagaTable(saga)}\n${canTurnRound ? deadline : ""}`;
	});
	return `# Sagas\n\nWritten by \`npm run sagas\` from the definitions below \`services/\`, with the default of every variable; what it means is in [architecture.md](architecture.md#sagas).\n\n${sections.join("\n")}`;
}

if (require.main === module) {
	fs.writeFile(FILE, sagasPage()).catch((error: unknown) => {
		process.stderr.write(`${(error as Error).message}\n`);
		process.exitCode = 1;
	});
}
