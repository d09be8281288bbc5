import type { Service } from "moleculer";
import type { Database, Transaction } from "../database/database";
import { answerOf, type Answer } from "./answer";
import { decide, nextToDo, type Next } from "./decide";
import type { SagaDefinition, Step, StepContext } from "./definition";
import { operationIdOf, type LogLine, type SagaRow, type SagaStore } from "./store";

/** Sagas that one node works on at once; the rest wait in the table, where other nodes find them. */
const CONCURRENCY_MAX = 64;

type Definition = SagaDefinition<Record<string, unknown>>;
type AnyStep = Step<Record<string, unknown>>;

/** What starts a saga. */
export interface NewSaga {
	sagaId: string;
	data: object;
	correlationId: string;
}

/** Runs the sagas of one service on one node. */
export interface SagaEngine {
	/** Writes a saga down in the transaction that begins it; it runs after the commit, on this node if it has room. */
	begin(tx: Transaction, name: string, saga: NewSaga): Promise<void>;
	/** Takes over what is due and unowned. */
	sweep(evenIfLeased?: boolean): Promise<void>;
	renew(): Promise<void>;
	/** Takes no more, waits for the attempts in work. */
	drain(): Promise<void>;
}

export interface EngineOptions {
	service: Service;
	db: Database;
	store: SagaStore;
	definitions: ReadonlyMap<string, Definition>;
	owner: string;
}

export function sagaEngine({ service, db, store, definitions, owner }: EngineOptions): SagaEngine {
	const driving = new Map<string, Promise<void>>();
	const timers = new Set<NodeJS.Timeout>();
	let draining = false;
	/** More is due than there was room for: look again as soon as there is some, not at the next sweep. */
	let crowded = false;

	const drive = (row: SagaRow): void => {
		const run = driveToRest(row)
			.catch((error: unknown) => {
				// The row is as it was at its last transition; whoever claims it after the lease goes on from there.
				service.logger.warn(`The saga ${row.saga} ${row.saga_id} was let go:`, (error as Error).message);
			})
			.finally(() => {
				// After a lost lease this node may have claimed the same saga anew: that one is not ours to strike off.
				if (driving.get(row.saga_id) === run) driving.delete(row.saga_id);
				if (crowded && driving.size <= CONCURRENCY_MAX / 2) void engine.sweep();
			});
		driving.set(row.saga_id, run);
	};

	/** Attempt, decide, write down, until it ends, waits, or is not ours any more. */
	const driveToRest = async (first: SagaRow): Promise<void> => {
		let row: SagaRow | undefined = first;
		while (row && !draining) {
			const definition = definitions.get(row.saga)!;
			const answer = await attempt(service, definition, row);
			row = await transition(definition, row, answer);
		}
	};

	/** @returns the saga as it now is, or `undefined` when there is nothing to do for this node now */
	const transition = async (
		definition: Definition,
		row: SagaRow,
		answer: Answer<unknown>,
	): Promise<SagaRow | undefined> => {
		const position = { status: row.status as "RUNNING" | "COMPENSATING", step: row.step, attempts: row.attempts };
		const next = decide(
			definition.steps as readonly Step<never>[],
			position,
			answer,
			row.deadline_at.getTime() < Date.now(),
		);
		const moved = afterMove(definition, row, answer, next);
		const lines = logLines(definition, row, answer, moved);
		const waitMs = next.kind === "try again" ? next.afterMs : undefined;
		const isOurs = await db.transaction(async (tx) => {
			if (!(await store.move(tx, moved, waitMs === undefined ? lines : lines.slice(0, 1), waitMs))) return false;
			for (const status of statusesReached(definition, row, answer, next)) {
				await definition.reach.call(service, tx, {
					sagaId: row.saga_id,
					data: moved.data,
					correlationId: row.correlation_id,
					status,
					passed: answer.kind === "succeeded" ? answer.pass : undefined,
					failureReason: moved.failure_reason ?? undefined,
				});
			}
			return true;
		});
		if (!isOurs) {
			service.logger.warn(`The saga ${row.saga} ${row.saga_id} has been taken over by another node`);
			return undefined;
		}
		if (moved.status === "NEEDS_OPERATOR") {
			service.logger.error(`The saga ${row.saga} ${row.saga_id} needs an operator: ${moved.failure_reason}`);
		}
		if (waitMs !== undefined) sweepIn(waitMs);
		return waitMs === undefined && (moved.status === "RUNNING" || moved.status === "COMPENSATING") ? moved : undefined;
	};

	const sweepIn = (ms: number): void => {
		const timer = setTimeout(() => {
			timers.delete(timer);
			void engine.sweep();
		}, ms);
		timers.add(timer);
	};

	const engine: SagaEngine = {
		async begin(tx, name, { sagaId, data, correlationId }) {
			const definition = definitions.get(name)!;
			const row: SagaRow = {
				saga_id: sagaId,
				saga: name,
				status: "RUNNING",
				step: nextToDo(definition.steps as readonly Step<never>[], 0)!,
				attempts: 0,
				data: { ...data },
				failure_reason: null,
				epoch: 1,
				deadline_at: new Date(Date.now() + definition.deadlineMs),
				correlation_id: correlationId,
			};
			const hasRoom = driving.size < CONCURRENCY_MAX && !draining;
			if (!hasRoom) tx.afterCommit(() => (crowded = true));
			await store.insert(tx, row, hasRoom ? owner : null, startLine(definition, row));
			if (hasRoom) tx.afterCommit(() => drive(row));
		},
		async sweep(evenIfLeased = false) {
			const room = CONCURRENCY_MAX - driving.size;
			if (room <= 0 || draining) return;
			crowded = false;
			try {
				const rows = await db.transaction(async (tx) => {
					const claimed = await store.claim(tx, [...definitions.keys()], room, evenIfLeased);
					for (const row of claimed) await store.log(tx, row.saga_id, [startLine(definitions.get(row.saga)!, row)]);
					return claimed;
				});
				crowded ||= rows.length === room;
				for (const row of rows) drive(row);
			} catch (error) {
				service.logger.warn("Sagas could not be taken over:", (error as Error).message);
			}
		},
		async renew() {
			if (driving.size > 0) await store.renew([...driving.keys()]);
		},
		async drain() {
			draining = true;
			for (const timer of timers) clearTimeout(timer);
			await Promise.all(driving.values());
		},
	};
	return engine;
}

async function attempt(service: Service, definition: Definition, row: SagaRow): Promise<Answer<unknown>> {
	const step = definition.steps[row.step]!;
	const direction = row.status === "RUNNING" ? "do" : "undo";
	const context: StepContext<Record<string, unknown>> = {
		sagaId: row.saga_id,
		data: row.data,
		operationId: operationIdOf(row.saga_id, step.name, direction),
		correlationId: row.correlation_id,
		call: (action, params) =>
			service.broker.call(action, params, { timeout: step.timeoutMs, requestID: row.correlation_id }),
	};
	try {
		const result = (await step[direction]!(context)) ?? {};
		return { kind: "succeeded", keep: result.keep ?? {}, pass: result.pass };
	} catch (error) {
		return answerOf(error);
	}
}

function afterMove(definition: Definition, row: SagaRow, answer: Answer<unknown>, next: Next): SagaRow {
	const data = answer.kind === "succeeded" ? { ...row.data, ...(answer.keep as object) } : row.data;
	switch (next.kind) {
		case "go on":
			return { ...row, data, step: next.step, attempts: 0 };
		case "try again":
			return { ...row, data, attempts: next.attempts };
		case "finish":
			return { ...row, data, status: next.status };
		case "compensate": {
			const failure_reason = answer.kind === "away" ? definition.deadlineReason : next.reason;
			const isUndone = next.step < 0;
			return {
				...row,
				data,
				status: isUndone ? "COMPENSATED" : "COMPENSATING",
				step: Math.max(0, next.step),
				attempts: 0,
				failure_reason,
			};
		}
		case "ask an operator":
			return { ...row, data, status: "NEEDS_OPERATOR", failure_reason: row.failure_reason ?? next.reason };
	}
}

function statusesReached(definition: Definition, row: SagaRow, answer: Answer<unknown>, next: Next): string[] {
	if (next.kind === "compensate")
		return next.step < 0 ? [definition.failed, definition.compensated] : [definition.failed];
	if (next.kind === "finish" && next.status === "COMPENSATED") return [definition.compensated];
	const reached = definition.steps[row.step]!.reached;
	return row.status === "RUNNING" && answer.kind === "succeeded" && reached ? [reached] : [];
}

/** The answer's line, and before anything new is tried, the line that says so. */
function logLines(definition: Definition, before: SagaRow, answer: Answer<unknown>, after: SagaRow): LogLine[] {
	const outcome = answer.kind.toUpperCase() as LogLine["outcome"];
	const detail =
		answer.kind === "succeeded" ? answer.keep : { reason: answer.reason, message: answer.message.slice(0, 2_000) };
	const answered: LogLine = { ...lineOf(definition, before), outcome, detail };
	const isGoingOn = after.status === "RUNNING" || after.status === "COMPENSATING";
	return isGoingOn ? [answered, startLine(definition, after)] : [answered];
}

function startLine(definition: Definition, row: SagaRow): LogLine {
	return { ...lineOf(definition, row), outcome: "STARTED", detail: undefined };
}

function lineOf(definition: Definition, row: SagaRow): Pick<LogLine, "step" | "direction" | "attempt"> {
	const step: AnyStep = definition.steps[row.step]!;
	return { step: step.name, direction: row.status === "RUNNING" ? "do" : "undo", attempt: row.attempts + 1 };
}
