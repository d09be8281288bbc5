import { v5 as uuidv5 } from "uuid";
import type { Database, Transaction } from "../database/database";
import { sql } from "../database/statement";

/** A node that does not renew its leases for this long has lost its sagas to the others. */
export const LEASE_MS = 3_000;

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
	deadline_at: Date;
	correlation_id: string;
}

/** One line of `saga_log`. */
export interface LogLine {
	step: string;
	direction: "do" | "undo";
	attempt: number;
	outcome: "STARTED" | "SUCCEEDED" | "REFUSED" | "FAILED" | "AWAY";
	detail: unknown;
}

/** The same for each attempt, on each node. */
export function operationIdOf(sagaId: string, step: string, direction: "do" | "undo"): string {
	return uuidv5(`${step}/${direction}`, sagaId);
}

/** Where sagas are kept. All that changes a saga goes through here, and through `owner` and `epoch`. */
export interface SagaStore {
	/** Writes a new saga down, and the line that says what it tries first. */
	insert(tx: Transaction, row: SagaRow, owner: string | null, line: LogLine): Promise<void>;
	/** Moves a saga on and writes its log. @returns false when this node no longer owns it: somebody has taken over. */
	move(tx: Transaction, row: SagaRow, lines: readonly LogLine[], waitMs: number | undefined): Promise<boolean>;
	log(tx: Transaction, sagaId: string, lines: readonly LogLine[]): Promise<void>;
	/** Takes over unfinished sagas that are due and that nobody works on. */
	claim(tx: Transaction, sagas: readonly string[], limit: number, evenIfLeased: boolean): Promise<SagaRow[]>;
	renew(sagaIds: readonly string[]): Promise<void>;
	release(): Promise<void>;
	/** Makes a waiting saga due at once. */
	nudge(tx: Transaction, sagaId: string): Promise<void>;
}

export function sagaStore(db: Database, schema: string, owner: string, node: string): SagaStore {
	const statements = sagaStatements(schema);
	return {
		async insert(tx, row, firstOwner, line) {
			await tx.query(statements.insert, [
				...columnsOf(row.saga_id, node, [line]),
				row.saga,
				row.step,
				JSON.stringify(row.data),
				row.deadline_at,
				row.correlation_id,
				firstOwner,
				LEASE_MS,
			]);
		},
		async move(tx, row, lines, waitMs) {
			const isKept = waitMs === undefined && (row.status === "RUNNING" || row.status === "COMPENSATING");
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
		async log(tx, sagaId, lines) {
			await tx.query(statements.log, columnsOf(sagaId, node, lines));
		},
		claim: (tx, sagas, limit, evenIfLeased) =>
			tx.query<SagaRow>(statements.claim, [owner, LEASE_MS, sagas, limit, evenIfLeased]),
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

function sagaStatements(schema: string) {
	const table = `${schema}.saga_state`;
	const unfinished = "status IN ('RUNNING', 'COMPENSATING')";
	/** $1 to $8 are what `columnsOf` makes. */
	const logLines = (from: string) => `INSERT INTO ${schema}.saga_log
		(saga_id, node, step, direction, attempt, operation_id, outcome, detail)
		SELECT $1::uuid, $2, line.* FROM ${from},
			unnest($3::text[], $4::text[], $5::int[], $6::uuid[], $7::text[], $8::jsonb[]) AS line`;
	const inMs = (parameter: string) => `now() + ${parameter} * interval '1 millisecond'`;
	return {
		insert: sql(
			`${schema}.saga.insert`,
			`WITH begun AS (
				INSERT INTO ${table} (saga_id, saga, status, step, data, deadline_at, correlation_id, owner, lease_until)
				VALUES ($1, $9, 'RUNNING', $10, $11, $12, $13, $14, CASE WHEN $14::text IS NOT NULL THEN ${inMs("$15::int")} END)
				RETURNING saga_id
			)
			${logLines("begun")}`,
		),
		move: sql(
			`${schema}.saga.move`,
			`WITH moved AS (
				UPDATE ${table} SET status = $11, step = $12, attempts = $13, data = $14, failure_reason = $15,
					version = version + 1, updated_at = now(), wake_at = ${inMs("$18::int")},
					owner = CASE WHEN $16 THEN owner END,
					lease_until = CASE WHEN $16 THEN ${inMs("$17::int")} END
				WHERE saga_id = $1 AND owner = $9 AND epoch = $10 AND ${unfinished}
				RETURNING saga_id
			), noted AS (
				${logLines("moved")}
			)
			SELECT saga_id FROM moved`,
		),
		log: sql(`${schema}.saga.log`, logLines("(SELECT $1::uuid AS saga_id) one")),
		claim: sql(
			`${schema}.saga.claim`,
			`UPDATE ${table} SET owner = $1, epoch = epoch + 1, version = version + 1, lease_until = ${inMs("$2::int")}
			WHERE saga_id IN (
				SELECT saga_id FROM ${table}
				WHERE ${unfinished} AND wake_at <= now() AND saga = ANY ($3)
					AND (owner IS NULL OR lease_until < now() OR ($5 AND owner <> $1))
				ORDER BY wake_at LIMIT $4 FOR UPDATE SKIP LOCKED
			)
			RETURNING saga_id, saga, status, step, attempts, data, failure_reason, epoch, deadline_at, correlation_id`,
		),
		renew: sql(
			`${schema}.saga.renew`,
			`UPDATE ${table} SET lease_until = ${inMs("$2::int")} WHERE owner = $1 AND saga_id = ANY ($3) AND ${unfinished}`,
		),
		release: sql(
			`${schema}.saga.release`,
			`UPDATE ${table} SET owner = NULL, lease_until = NULL WHERE owner = $1 AND ${unfinished}`,
		),
		nudge: sql(
			`${schema}.saga.nudge`,
			`UPDATE ${table} SET wake_at = now() WHERE saga_id = $1 AND owner IS NULL AND ${unfinished} AND wake_at > now()`,
		),
	};
}
