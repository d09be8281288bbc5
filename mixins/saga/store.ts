import { v5 as uuidv5 } from "uuid";
import type { Transaction, Upkeep } from "../database/database";
import type { Statement } from "../database/statement";
import type { ActOutcome } from "./act";
import { sagaStatements } from "./statements";

/** A node that does not renew its leases for this long has lost its sagas to the others. */
export const LEASE_MS = 3_000;

/**
 * Due for so long, a saga is known to no node that runs. Longer than a restart of all of them, and than the moment in
 * a rollout when only old ones are there.
 */
const STRANDED_MS = 30_000;

/** One row of `saga_state`. */
export interface SagaRow {
	saga_id: string;
	saga: string;
	status: "RUNNING" | "COMPENSATING" | "COMPLETED" | "COMPENSATED" | "NEEDS_OPERATOR";
	step: number;
	attempts: number;
	data: Record<string, unknown>;
	failure_reason: string | null;
	epoch: number;
	/** Until its deadline, by the database's clock, when it was read or begun. */
	ms_left: number;
	/** When that was, by `performance.now()`. */
	read_at_ms: number;
	correlation_id: string;
	/** Known of one that was claimed: for how long nobody has been there to ask. */
	waited_ms?: number;
}

/** One line of `saga_log`. */
export interface LogLine {
	step: string;
	direction: "do" | "undo";
	attempt: number;
	outcome: "STARTED" | "SUCCEEDED" | "REFUSED" | "FAILED" | "AWAY" | "UNKNOWN" | ActOutcome;
	detail: unknown;
}

/** The same for each attempt, on each node. */
export function operationIdOf(sagaId: string, step: string, direction: "do" | "undo"): string {
	return uuidv5(`${step}/${direction}`, sagaId);
}

/** Where a saga stands, by the last line of its log: the name of the step, and which way it goes. */
export interface LoggedPosition {
	saga_id: string;
	step: string;
	direction: "do" | "undo";
	/** For how long nobody has been there to ask; null when the last answer was another one. */
	waited_ms: number | null;
}

/** The steps that this node's definitions have, by saga. */
export type KnownSteps = readonly { saga: string; step: string }[];

/** Which sagas a node takes over. */
export interface Claim {
	evenIfLeased: boolean;
	dueMs: number;
}

/** Where sagas are kept. All that changes a saga goes through here, and through `owner` and `epoch`. */
export interface SagaStore {
	/** Writes a new saga down, and the line that says what it tries first. */
	insert(tx: Transaction, row: SagaRow, owner: string | null, line: LogLine): Promise<void>;
	/** Moves a saga on and writes its log. @returns false when this node no longer owns it: somebody has taken over. */
	move(tx: Transaction, row: SagaRow, lines: readonly LogLine[], waitMs: number | undefined): Promise<boolean>;
	/**
	 * Lets go of a saga whose answer was that nobody is there. The log grows with the first such answer and not with those
	 * that follow it. @returns as `move` does
	 */
	wait(tx: Transaction, row: SagaRow, line: LogLine, waitMs: number): Promise<boolean>;
	log(tx: Transaction, sagaId: string, lines: readonly LogLine[]): Promise<void>;
	/**
	 * Takes over unfinished sagas that have been due for `dueMs`, that nobody works on, and that stand at a known step.
	 * Where they stand exactly is asked by `positions` afterwards.
	 */
	claim(tx: Transaction, known: KnownSteps, limit: number, which: Claim): Promise<SagaRow[]>;
	/** Locks sagas that have been due for {@link STRANDED_MS} at a step that this node does not know. */
	lost(tx: Transaction, known: KnownSteps): Promise<SagaRow[]>;
	/** Lets sagas go on that waited for an operator only because nobody knew their step, where this node knows it. */
	found(known: KnownSteps, reason: string): Promise<Pick<SagaRow, "saga_id" | "saga">[]>;
	/** Has a locked saga wait for an operator. */
	strand(tx: Transaction, sagaId: string, reason: string, line: LogLine): Promise<void>;
	/** @returns any saga, finished or not, that nobody changes until the transaction ends */
	lock(tx: Transaction, sagaId: string): Promise<SagaRow | undefined>;
	/** Of sagas that are locked. */
	positions(tx: Transaction, sagaIds: readonly string[]): Promise<LoggedPosition[]>;
	/** The names of the steps that may have been done and were not undone since, in the order of their first attempts. */
	tried(db: Pick<Upkeep, "query">, sagaId: string): Promise<string[]>;
	/** Lets a locked saga go on, owned by this node if it is to be kept. Its epoch grows: `row` gets the new one. */
	resume(tx: Transaction, row: SagaRow, lines: readonly LogLine[], isKept: boolean): Promise<void>;
	renew(sagaIds: readonly string[]): Promise<void>;
	release(): Promise<void>;
	/** Makes a waiting saga due at once. */
	nudge(tx: Transaction, sagaId: string): Promise<void>;
}

export function sagaStore(db: Upkeep, schema: string, owner: string, node: string): SagaStore {
	const statements = sagaStatements(schema);
	return {
		async insert(tx, row, firstOwner, line) {
			await tx.query(statements.insert, [
				...columnsOf(row.saga_id, node, [line]),
				row.saga,
				row.step,
				JSON.stringify(row.data),
				row.ms_left,
				row.correlation_id,
				firstOwner,
				LEASE_MS,
			]);
		},
		async move(tx, row, lines, waitMs) {
			const isKept = waitMs === undefined && isGoing(row);
			const moved = await tx.query(statements.move, [
				...columnsOf(row.saga_id, node, lines),
				owner,
				row.epoch,
				row.status,
				row.step,
				row.attempts,
				JSON.stringify(row.data),
				row.failure_reason,
				isKept,
				LEASE_MS,
				waitMs ?? 0,
			]);
			return moved.length === 1;
		},
		async wait(tx, row, line, waitMs) {
			const values = [...columnsOf(row.saga_id, node, [line]), owner, row.epoch, waitMs];
			return (await tx.query(statements.wait, values)).length === 1;
		},
		async log(tx, sagaId, lines) {
			await tx.query(statements.log, columnsOf(sagaId, node, lines));
		},
		claim: (tx, known, limit, { evenIfLeased, dueMs }) =>
			rowsOf(tx, statements.claim, [owner, LEASE_MS, limit, evenIfLeased, ...columnsOfKnown(known), dueMs]),
		lost: (tx, known) => rowsOf(tx, statements.lost, [STRANDED_MS, ...columnsOfKnown(known)]),
		found: (known, reason) => db.query(statements.found, [...columnsOfKnown(known), reason]),
		async strand(tx, sagaId, reason, line) {
			await tx.query(statements.strand, [...columnsOf(sagaId, node, [line]), reason]);
		},
		lock: async (tx, sagaId) => (await rowsOf(tx, statements.lock, [sagaId]))[0],
		positions: (tx, sagaIds) => tx.query<LoggedPosition>(statements.positions, [sagaIds]),
		tried: async (queries, sagaId) =>
			(await queries.query<{ step: string }>(statements.tried, [sagaId])).map(({ step }) => step),
		async resume(tx, row, lines, isKept) {
			row.epoch++;
			await tx.query(statements.resume, [
				...columnsOf(row.saga_id, node, lines),
				isKept ? owner : null,
				row.epoch,
				row.status,
				row.step,
				row.failure_reason,
				LEASE_MS,
			]);
		},
		async renew(sagaIds) {
			await db.query(statements.renew, [owner, LEASE_MS, sagaIds]);
		},
		async release() {
			await db.query(statements.release, [owner]);
		},
		async nudge(tx, sagaId) {
			await tx.query(statements.nudge, [sagaId]);
		},
	};
}

async function rowsOf(tx: Transaction, statement: Statement, values: readonly unknown[]): Promise<SagaRow[]> {
	const rows = await tx.query<Omit<SagaRow, "read_at_ms">>(statement, values);
	const read_at_ms = performance.now();
	return rows.map((row) => ({ ...row, read_at_ms }));
}

/** Lines of the log as the columns that the statements unnest. */
function columnsOf(sagaId: string, node: string, lines: readonly LogLine[]): unknown[] {
	return [
		sagaId,
		node,
		lines.map(({ step }) => step),
		lines.map(({ direction }) => direction),
		lines.map(({ attempt }) => attempt),
		lines.map(({ step, direction }) => operationIdOf(sagaId, step, direction)),
		lines.map(({ outcome }) => outcome),
		lines.map(({ detail }) => (detail === undefined ? null : JSON.stringify(detail))),
	];
}

function columnsOfKnown(known: KnownSteps): unknown[] {
	return [known.map(({ saga }) => saga), known.map(({ step }) => step)];
}

/** Its deadline has passed. Only the database's clock has a say in it, whose time goes by here as it does there. */
export function isLate({ ms_left, read_at_ms }: Pick<SagaRow, "ms_left" | "read_at_ms">): boolean {
	return performance.now() - read_at_ms > ms_left;
}

/** Has something left to do that needs nobody's decision. */
export function isGoing({ status }: Pick<SagaRow, "status">): boolean {
	return status === "RUNNING" || status === "COMPENSATING";
}
