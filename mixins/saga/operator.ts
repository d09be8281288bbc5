import type { Service } from "moleculer";
import type { Database, Transaction } from "../database/database";
import { decideAct, type Act } from "./act";
import type { Position } from "./decide";
import { ActRefusedError, SagaMovedOnError, SagaNotFoundError, SagaNotWaitingError } from "./errors";
import { afterAct, decidedByAct, linesOfAct, reachedByAct, type Decision, type Definition } from "./moves";
import { isGoing, type KnownSteps, type LoggedPosition, type SagaRow, type SagaStore } from "./store";
import { undoneInOrder } from "./unknown-steps";

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
 * Does what an operator has decided about a saga that waits: for one, or for somebody who is not there. It is done once,
 * however often and by however many it is asked for: the row is locked, and only a saga that still waits, at the step
 * that is meant, takes it. A node that is just asking again finds that it does not own the saga any more.
 * @throws {SagaNotFoundError} {@link SagaNotWaitingError} {@link SagaMovedOnError} {@link ActRefusedError}
 */
export async function doAct(
	{ service, db, store, definitions, drive, reachAll }: OperatorOptions,
	{ act, sagaId, step, decision }: ActRequest,
): Promise<void> {
	await db.transaction(async (tx) => {
		const row = await store.lock(tx, sagaId);
		if (!row) throw new SagaNotFoundError(sagaId);
		const [at] = await store.positions(tx, [sagaId]);
		if (!isWaiting(row, at!)) throw new SagaNotWaitingError(sagaId, row.status);
		if (step !== undefined && step !== at!.step) throw new SagaMovedOnError(sagaId, step, at!.step);
		const definition = definitions.get(row.saga);
		const index = definition?.steps.findIndex(({ name }) => name === at!.step) ?? -1;
		if (!definition || index < 0) {
			throw new ActRefusedError(sagaId, `stands at "${at!.step}" of ${row.saga}, which this version does not know`);
		}
		const status = at!.direction === "do" ? "RUNNING" : "COMPENSATING";
		const before: SagaRow & Position = { ...row, status, step: index };
		const decided = decideAct(definition.steps as never, before, act);
		if (decided.kind === "refuse") throw new ActRefusedError(sagaId, decided.why);
		// What was undone by hand is all of it; what is only left out leaves the others.
		const tried = () => store.tried(tx, sagaId);
		const next = act === "skip" ? await undoneInOrder(tried, definition, before, decided) : decided;
		const after = afterAct(before, next);
		const isKept = isGoing(after) && next.kind !== "hand over";
		await store.resume(tx, after, linesOfAct(definition, before, act, decision, after, next), isKept);
		await reachAll(tx, definition, after, reachedByAct(definition, before, act, next));
		const { data, correlation_id: correlationId } = after;
		for (const each of decidedByAct(definition, before, act)) {
			await definition.decided?.call(service, tx, { sagaId, data, correlationId, ...each, ...decision });
		}
		// One more than there may be room for: a person waits.
		if (isKept) tx.afterCommit(() => drive(after));
	});
}

function isWaiting(row: SagaRow, at: LoggedPosition): boolean {
	return row.status === "NEEDS_OPERATOR" || (isGoing(row) && at.waited_ms !== null);
}
