import type { Service } from "moleculer";
import { isCutOff } from "../access/away";
import type { Database, Transaction } from "../database/database";
import { isPassing } from "../database/faults";
import { answerOf, type Answer } from "./answer";
import { sagaCalls, type SagaCalls } from "./calls";
import { decide, nextToDo, type Next, type Position } from "./decide";
import type { Step, StepContext } from "./definition";
import { afterAnswer, linesOfAnswer, reachedByAnswer, startLine, type Definition } from "./moves";
import { doAct, type ActRequest, type OperatorOptions } from "./operator";
import { isGoing, isLate, operationIdOf, type SagaRow, type SagaStore } from "./store";
import { strandLost, takeUpFound, undoneInOrder } from "./unknown-steps";

/** Sagas that one node works on at once; the rest wait in the table, where other nodes find them. */
const CONCURRENCY_MAX = 64;

/** What is due is said by the database's clock; a timer here, even to the millisecond, may be ahead of it and find nothing. */
const CLOCKS_APART_MS = 10;

/**
 * A node that is cut off from the others leaves what is due to those that may reach the participants, so long. What
 * nobody has taken by then it tries itself: it may host all that is needed.
 */
const OTHERS_FIRST_MS = 3_000;

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
	/** What an operator has decided: see {@link doAct}. */
	act(request: ActRequest): Promise<void>;
	/** Hands over to an operator what no node has known how to go on with, and takes up what is known again. */
	strand(): Promise<void>;
	renew(): Promise<void>;
	/** A node has told of itself: see {@link SagaCalls}. */
	heardOf: SagaCalls["heardOf"];
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
	const calls = sagaCalls(service.broker);
	let draining = false;
	/** More is due than there was room for: look again as soon as there is some, not at the next sweep. */
	let crowded = false;

	const known = [...definitions.values()].flatMap(({ name, steps }) =>
		steps.map((step) => ({ saga: name, step: step.name })),
	);

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
			const answer = await attempt(calls, definition, row);
			row = await writeDown(definition, row, answer);
		}
	};

	/**
	 * A transition that the service's own tables refuse would be refused for ever: so it counts as a failure of the step,
	 * and when turning round is refused as well, a person has to look. What passes is left to whoever claims it next.
	 */
	const writeDown = async (
		definition: Definition,
		row: SagaRow,
		answer: Answer<unknown>,
	): Promise<SagaRow | undefined> => {
		try {
			return await transition(definition, row, answer);
		} catch (error) {
			if (isPassing(error)) throw error;
			const failure = failureToReach(error);
			return transition(definition, row, failure).catch((second: unknown) => {
				if (isPassing(second)) throw second;
				return transition(definition, row, failure, { kind: "ask an operator", reason: failure.reason });
			});
		}
	};

	/** @returns the saga as it now is, or `undefined` when there is nothing to do for this node now */
	const transition = async (
		definition: Definition,
		row: SagaRow,
		answer: Answer<unknown>,
		decided: Next = decide(stepsOf(definition), positionOf(row), answer, isLate(row)),
	): Promise<SagaRow | undefined> => {
		const next = await undoneInOrder(() => store.tried(db, row.saga_id), definition, row, decided);
		const moved = afterAnswer(definition, row, answer, next);
		const lines = linesOfAnswer(definition, row, answer, moved, next);
		const waitMs = pauseOf(next);
		const isOurs = await db.transaction(async (tx) => {
			if (answer.kind === "away" && next.kind === "try again") return store.wait(tx, moved, lines[0]!, next.afterMs);
			if (!(await store.move(tx, moved, lines, waitMs))) return false;
			const passed = answer.kind === "succeeded" ? answer.pass : undefined;
			await reachAll(tx, definition, moved, reachedByAnswer(definition, row, answer, next), passed);
			return true;
		});
		if (!isOurs) {
			service.logger.warn(`The saga ${row.saga} ${row.saga_id} has been taken over by another node`);
			return undefined;
		}
		if (moved.status === "NEEDS_OPERATOR") {
			service.logger.error(`The saga ${row.saga} ${row.saga_id} needs an operator: ${moved.failure_reason}`);
		}
		if (next.kind === "try again") sweepIn(next.afterMs);
		return waitMs === undefined && isGoing(moved) ? moved : undefined;
	};

	const reachAll = async (
		tx: Transaction,
		definition: Definition,
		row: SagaRow,
		statuses: readonly string[],
		passed?: unknown,
	): Promise<void> => {
		for (const status of statuses) {
			await definition.reach.call(service, tx, {
				sagaId: row.saga_id,
				data: row.data,
				correlationId: row.correlation_id,
				status,
				passed,
				failureReason: row.failure_reason ?? undefined,
			});
		}
	};

	/** A saga's position is the name of its step, so that a newer definition may have steps between. */
	const place = async (tx: Transaction, rows: readonly SagaRow[]): Promise<void> => {
		if (rows.length === 0) return;
		const positions = await store.positions(
			tx,
			rows.map(({ saga_id }) => saga_id),
		);
		const positionOfSaga = new Map(positions.map((position) => [position.saga_id, position]));
		for (const row of rows) {
			const { step: name, waited_ms } = positionOfSaga.get(row.saga_id)!;
			row.waited_ms = waited_ms ?? 0;
			row.step = definitions.get(row.saga)!.steps.findIndex((step) => step.name === name);
			if (row.step < 0) throw new Error(`The saga ${row.saga} ${row.saga_id} has moved on to "${name}", unknown here`);
		}
	};

	const sweepIn = (ms: number): void => {
		const timer = setTimeout(() => {
			timers.delete(timer);
			void engine.sweep();
		}, ms + CLOCKS_APART_MS);
		timers.add(timer);
	};

	const operating: OperatorOptions = { service, db, store, definitions, known, drive, reachAll };
	const engine: SagaEngine = {
		heardOf: (node) => calls.heardOf(node),
		async begin(tx, name, { sagaId, data, correlationId }) {
			const definition = definitions.get(name)!;
			const row: SagaRow = {
				saga_id: sagaId,
				saga: name,
				status: "RUNNING",
				step: nextToDo(stepsOf(definition), 0)!,
				attempts: 0,
				data: { ...data },
				failure_reason: null,
				epoch: 1,
				ms_left: definition.deadlineMs,
				read_at_ms: performance.now(),
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
				const rows = await db.upkeep.transaction(async (tx) => {
					const dueMs = isCutOff(service.broker) ? OTHERS_FIRST_MS : 0;
					const claimed = await store.claim(tx, known, room, { evenIfLeased, dueMs });
					await place(tx, claimed);
					for (const row of claimed) await store.log(tx, row.saga_id, [startLine(definitions.get(row.saga)!, row)]);
					return claimed;
				});
				crowded ||= rows.length === room;
				for (const row of rows) drive(row);
			} catch (error) {
				service.logger.warn("Sagas could not be taken over:", (error as Error).message);
			}
		},
		act: (request) => doAct(operating, request),
		async strand() {
			await takeUpFound(operating);
			await strandLost(operating);
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

async function attempt(calls: SagaCalls, definition: Definition, row: SagaRow): Promise<Answer<unknown>> {
	const step = definition.steps[row.step]!;
	const direction = row.status === "RUNNING" ? "do" : "undo";
	const context: StepContext<Record<string, unknown>> = {
		sagaId: row.saga_id,
		data: row.data,
		operationId: operationIdOf(row.saga_id, step.name, direction),
		correlationId: row.correlation_id,
		call: (action, params) => calls.call(action, params, { timeout: step.timeoutMs, requestID: row.correlation_id }),
	};
	try {
		const result = (await step[direction]!(context)) ?? {};
		return { kind: "succeeded", keep: result.keep ?? {}, pass: result.pass };
	} catch (error) {
		return answerOf(error);
	}
}

function failureToReach(error: unknown) {
	return { kind: "failed" as const, reason: "NOT_REACHED", message: (error as Error).message };
}

function stepsOf(definition: Definition): readonly Step<never>[] {
	return definition.steps as readonly Step<never>[];
}

function positionOf({ status, step, attempts, waited_ms: waitedMs = 0 }: SagaRow): Position {
	return { status: status as Position["status"], step, attempts, waitedMs };
}

/** After which somebody goes on; `undefined` where it is this node, at once. */
function pauseOf(next: Next): number | undefined {
	if (next.kind === "try again") return next.afterMs;
	return next.kind === "hand over" ? 0 : undefined;
}
