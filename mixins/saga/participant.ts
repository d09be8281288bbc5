import { Errors } from "moleculer";
import type { Database, Transaction } from "../database/database";
import { sql } from "../database/statement";

/** One call from a saga: which saga and step it is for, and the id that all its repetitions share. */
export interface Operation {
	sagaId: string;
	step: string;
	operationId: string;
}

/** Moleculer params for an {@link Operation}. */
export const operationParams = {
	$$type: "object",
	sagaId: "uuid",
	step: "string|max:100",
	operationId: "uuid",
} as const;

/** The step was undone before this doing of it arrived. */
export class StepUndoneError extends Errors.MoleculerClientError {
	constructor({ sagaId, step }: Operation) {
		super(`"${step}" of the saga ${sagaId} was undone and can't be done any more`, 409, "SAGA_STEP_UNDONE");
	}
}

/** What a service that takes part in sagas did, and undid, for which saga and step. */
export interface Participant {
	/**
	 * Does a step once, in `tx`; a repetition gets the first answer.
	 * @param work returns a JSON value
	 * @throws {StepUndoneError} when its undo came first
	 */
	doOnce<Answer>(tx: Transaction, operation: Operation, work: () => Promise<Answer>): Promise<Answer>;
	/**
	 * For work that can't be in one transaction: written down before it begins. Undoing such a step is the caller's own
	 * work, after `undoOnce`, which only knows of what `doOnce` has finished. @throws {StepUndoneError}
	 */
	begin(tx: Transaction, operation: Operation): Promise<void>;
	/**
	 * Notes that a step is over and was not done, because somebody has decided so: a late doing is refused. One that is done
	 * stays so.
	 */
	leaveOut(tx: Transaction, operation: Operation): Promise<void>;
	/** @returns since when a step is undone or left out, in milliseconds, or `undefined` where it is neither */
	undoneForMs(db: Pick<Database, "query">, operation: Operation): Promise<number | undefined>;
	/** Undoes a step once, in `tx`. What never happened is noted as undone, so that a late doing is refused. */
	undoOnce(tx: Transaction, operation: Operation, work: () => Promise<void>): Promise<void>;
}

interface StateRow {
	state: "DOING" | "DONE" | "UNDONE";
	answer: unknown;
}

export function participantOf(schema: string): Participant {
	// The upsert locks the row, new or old: doing and undoing of one step never overlap.
	const lock = sql(
		`${schema}.participant.lock`,
		`INSERT INTO ${schema}.saga_state AS s (saga_id, step, state) VALUES ($1, $2, 'DOING')
		ON CONFLICT (saga_id, step) DO UPDATE SET updated_at = now()
		RETURNING state, answer`,
	);
	// By the clock and not by the transaction's beginning: since when a step is over counts from when others may see it.
	const settle = sql(
		`${schema}.participant.settle`,
		`WITH settled AS (
			UPDATE ${schema}.saga_state SET state = $4, answer = coalesce($6, answer), updated_at = clock_timestamp()
			WHERE saga_id = $1 AND step = $2
		)
		INSERT INTO ${schema}.saga_log (saga_id, step, operation_id, direction, outcome, answer)
		VALUES ($1, $2, $3, CASE WHEN $4 = 'DONE' THEN 'do' ELSE 'undo' END, $5, $6)`,
	);

	const undone = sql(
		`${schema}.participant.undone`,
		`SELECT (extract(epoch FROM now() - updated_at) * 1000)::float8 AS ms FROM ${schema}.saga_state
		WHERE saga_id = $1 AND step = $2 AND state = 'UNDONE'`,
	);

	return {
		async doOnce<Answer>(tx: Transaction, { sagaId, step, operationId }: Operation, work: () => Promise<Answer>) {
			const [row] = await tx.query<StateRow>(lock, [sagaId, step]);
			if (row!.state === "DONE") return row!.answer as Answer;
			if (row!.state === "UNDONE") throw new StepUndoneError({ sagaId, step, operationId });
			const answer = await work();
			await tx.query(settle, [sagaId, step, operationId, "DONE", "DONE", JSON.stringify(answer ?? null)]);
			return answer;
		},
		async begin(tx, operation) {
			const [row] = await tx.query<StateRow>(lock, [operation.sagaId, operation.step]);
			if (row!.state === "UNDONE") throw new StepUndoneError(operation);
		},
		async leaveOut(tx, { sagaId, step, operationId }) {
			const [row] = await tx.query<StateRow>(lock, [sagaId, step]);
			if (row!.state !== "DOING") return;
			await tx.query(settle, [sagaId, step, operationId, "UNDONE", "NEVER_HAPPENED", null]);
		},
		async undoneForMs(db, { sagaId, step }) {
			return (await db.query<{ ms: number }>(undone, [sagaId, step]))[0]?.ms;
		},
		async undoOnce(tx, { sagaId, step, operationId }, work) {
			const [row] = await tx.query<StateRow>(lock, [sagaId, step]);
			if (row!.state === "UNDONE") return;
			if (row!.state === "DONE") await work();
			await tx.query(settle, [
				sagaId,
				step,
				operationId,
				"UNDONE",
				row!.state === "DONE" ? "UNDONE" : "NEVER_HAPPENED",
				null,
			]);
		},
	};
}
