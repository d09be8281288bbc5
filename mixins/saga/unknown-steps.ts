import type { Service } from "moleculer";
import type { Database } from "../database/database";
import type { Next } from "./decide";
import type { Definition } from "./moves";
import type { KnownSteps, SagaRow, SagaStore } from "./store";

/**
 * An old and a new version of the program side by side, one of which has a step more. A node leaves alone what stands at
 * a step that it does not know; here is what follows from that.
 */

/**
 * On the way back, what was tried last is undone first, and a step that this version does not know may be among it. Then
 * the saga is handed over: to be undone there by a node that knows it, before anything of before it is undone.
 * @param tried the names of the steps that may have been done and were not undone since, in their order
 * @param from the last step of the definition that is still to be undone, or -1
 */
export function unknownToUndo(
	steps: readonly { name: string }[],
	tried: readonly string[],
	from: number,
): string | undefined {
	const isUnknown = (name: string): boolean => steps.every((step) => step.name !== name);
	const isToBeUndone = (name: string): boolean => steps.findIndex((step) => step.name === name) <= from;
	const last = tried.findLast((name) => isUnknown(name) || isToBeUndone(name));
	return last !== undefined && isUnknown(last) ? last : undefined;
}

/** @param tried asked on the way back only. @returns `next`, or a handing over where something else comes before it */
export async function undoneInOrder<Move extends Next>(
	tried: () => Promise<readonly string[]>,
	definition: Definition,
	row: SagaRow,
	next: Move,
): Promise<Move | Extract<Next, { kind: "hand over" }>> {
	const from = lastToUndo(row, next);
	if (from === undefined) return next;
	const to = unknownToUndo(definition.steps, await tried(), from);
	if (to === undefined) return next;
	return { kind: "hand over", to, reason: next.kind === "compensate" ? next.reason : null };
}

/** The step that would be undone next, -1 when nothing is left, `undefined` when this is not the way back. */
function lastToUndo({ status }: SagaRow, next: Next): number | undefined {
	if (next.kind === "compensate") return next.step;
	if (status !== "COMPENSATING") return undefined;
	if (next.kind === "finish") return -1;
	return next.kind === "go on" ? next.step : undefined;
}

const UNKNOWN = { reason: "UNKNOWN_STEP", message: "No node knows this step" };

interface Parts {
	service: Service;
	db: Database;
	store: SagaStore;
	known: KnownSteps;
}

/** Hands over to an operator what no node has known how to go on with. */
export async function strandLost({ service, db, store, known }: Parts): Promise<void> {
	const isKnown = ({ saga }: SagaRow, step: string): boolean =>
		known.some((each) => each.saga === saga && each.step === step);
	const stranded = await db.transaction(async (tx) => {
		const rows = new Map((await store.lost(tx, known)).map((row) => [row.saga_id, row]));
		if (rows.size === 0) return [];
		const lost: string[] = [];
		for (const { saga_id, step, direction } of await store.positions(tx, [...rows.keys()])) {
			const row = rows.get(saga_id)!;
			if (isKnown(row, step)) continue;
			const line = { step, direction, attempt: row.attempts + 1, outcome: "UNKNOWN" as const, detail: UNKNOWN };
			await store.strand(tx, saga_id, UNKNOWN.reason, line);
			lost.push(`The saga ${row.saga} ${saga_id} needs an operator: no node knows its step "${step}"`);
		}
		return lost;
	});
	for (const sentence of stranded) service.logger.error(sentence);
}

/**
 * Lets go on what was handed over like that and stands at a step that this node knows: its version is back, or was only
 * too busy to come to it.
 */
export async function takeUpFound({ service, store, known }: Parts): Promise<void> {
	for (const { saga, saga_id } of await store.found(known, UNKNOWN.reason)) {
		service.logger.info(`The saga ${saga} ${saga_id} goes on: its step is known again`);
	}
}
