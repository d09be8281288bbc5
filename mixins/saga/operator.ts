import type { Service } from "moleculer";
import type { Database, Transaction } from "../database/database";
import { decideAct, type Act } from "./act";
import type { Position } from "./decide";
import { ActRefusedError, SagaMovedOnError, SagaNotFoundError, SagaNotWaitingError } from "./errors";
import { afterAct, linesOfAct, reachedByAct, type Decision, type Definition } from "./moves";
import { isGoing, type KnownSteps, type SagaRow, type SagaStore } from "./store";

/** What an operator asks for. */
export interface ActRequest {
	act: Act;
	sagaId: string;
	/** The step that is meant, by its name: what stands elsewhere meanwhile is left alone. */
	step?: string | undefined;
	decision: Decision;
}

/** What of an engine stands between a saga and an operator. */
export interface OperatorOptions {
	service: Service;
	db: Database;
	store: SagaStore;
	definitions: ReadonlyMap<string, Definition>;
	known: KnownSteps;
	drive(row: SagaRow): void;
	reachAll(tx: Transaction, definition: Definition, row: SagaRow, statuses: readonly string[]): Promise<void>;
}

/**
 * Does what an operator has decided about a saga that waits for one. It is done once, however often and by however many
 * it is asked for: the row is locked, and only a saga that still waits, at the step that is meant, takes it.
 * @throws {SagaNotFoundError} {@link SagaNotWaitingError} {@link SagaMovedOnError} {@link ActRefusedError}
 */
export async function doAct(
	{ db, store, definitions, drive, reachAll }: OperatorOptions,
	{ act, sagaId, step, decision }: ActRequest,
): Promise<void> {
	await db.transaction(async (tx) => {
		const row = await store.lock(tx, sagaId);
		if (!row) throw new SagaNotFoundError(sagaId);
		if (row.status !== "NEEDS_OPERATOR") throw new SagaNotWaitingError(sagaId, row.status);
		const [at] = await store.positions(tx, [sagaId]);
		if (step !== undefined && step !== at!.step) throw new SagaMovedOnError(sagaId, step, at!.step);
		const definition = definitions.get(row.saga);
		const index = definition?.steps.findIndex(({ name }) => name === at!.step) ?? -1;
		if (!definition || index < 0) {
			throw new ActRefusedError(sagaId, `stands at "${at!.step}" of ${row.saga}, which this version does not know`);
		}
		const status = at!.direction === "do" ? "RUNNING" : "COMPENSATING";
		const before: SagaRow & Position = { ...row, status, step: index };
		const next = decideAct(definition.steps as never, before, act);
		if (next.kind === "refuse") throw new ActRefusedError(sagaId, next.why);
		const after = afterAct(before, next);
		await store.resume(tx, after, linesOfAct(definition, before, act, decision, after));
		await reachAll(tx, definition, after, reachedByAct(definition, before, act, next));
		// One more than there may be room for: a person waits.
		if (isGoing(after)) tx.afterCommit(() => drive(after));
	});
}

const UNKNOWN = { reason: "UNKNOWN_STEP", message: "No node knows this step" };

/** Hands over to an operator what no node has known how to go on with. */
export async function strandLost({ service, db, store, known }: OperatorOptions): Promise<void> {
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
