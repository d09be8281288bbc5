import type { Service } from "moleculer";
import type { Transaction } from "../database/database";

/** What a step's functions get. */
export interface StepContext<Data> {
	readonly sagaId: string;
	readonly data: Readonly<Data>;
	/** The same at each attempt of this step in this direction: whoever does the work can tell a repetition. */
	readonly operationId: string;
	readonly correlationId: string;
	/** Calls another service's action within the step's time limit. */
	call<Answer>(action: string, params: object): Promise<Answer>;
}

/** What came of a step. */
export interface StepResult<Data> {
	/** Added to the saga's data, and written to its log. */
	keep?: Partial<Data>;
	/** Handed to `reach`, and written nowhere by the saga: for what is personal. */
	pass?: unknown;
}

/**
 * One thing that a saga does, and how it is taken back.
 * A Moleculer error with a 4xx code that is not `retryable` is a refusal: its `type` becomes the reason. A service that
 * is away (see answer.ts) is waited for and costs no attempt. Anything else is a failed attempt.
 */
export interface Step<Data> {
	kind: "given" | "step" | "pivot" | "forward";
	/** A verb and its object, e.g. "reserve the stock". */
	name: string;
	do?: (step: StepContext<Data>) => Promise<StepResult<Data> | void>;
	/** Must tolerate that the doing never happened, and keep a late one from happening. */
	undo?: (step: StepContext<Data>) => Promise<void>;
	/** A word that `reach` gets when the step is done. */
	reached?: string;
	/** For one attempt. */
	timeoutMs: number;
	/** Failed attempts before it is given up. */
	attempts: number;
	/** How long nobody may be there to ask, past the pivot or on the way back, before a person has to look. */
	waitMs: number;
}

type StepOptions<Data> = Partial<Pick<Step<Data>, "undo" | "reached" | "timeoutMs" | "attempts" | "waitMs">>;

/** A service that is away for a day is somebody's work by then; for less, hundreds of sagas should go on by themselves. */
const WAIT_MS = 24 * 60 * 60 * 1_000;

const DEFAULTS = { timeoutMs: 5_000, attempts: 10, waitMs: WAIT_MS };

/** Was done by whoever started the saga; only its undo belongs here. */
export function given<Data>(name: string, undo: NonNullable<Step<Data>["undo"]>): Step<Data> {
	return { ...DEFAULTS, kind: "given", name, undo };
}

/** Can still be taken back. */
export function step<Data>(
	name: string,
	work: StepOptions<Data> & { do: NonNullable<Step<Data>["do"]>; undo: NonNullable<Step<Data>["undo"]> },
): Step<Data> {
	return { ...DEFAULTS, ...work, kind: "step", name };
}

/**
 * The point of no return: when it is done, the saga only goes forward. What happens here is the transition itself; `do`
 * may ask and make ready, but nothing that lasts, since a pivot that gives up is compensated without an undo of its own.
 */
export function pivot<Data>(
	name: string,
	work: Omit<StepOptions<Data>, "undo"> & { do: NonNullable<Step<Data>["do"]> },
): Step<Data> {
	return { ...DEFAULTS, ...work, kind: "pivot", name };
}

/** Past the pivot: tried until it succeeds. */
export function forward<Data>(
	name: string,
	work: Omit<StepOptions<Data>, "undo"> & { do: NonNullable<Step<Data>["do"]> },
): Step<Data> {
	return { ...DEFAULTS, attempts: 20, ...work, kind: "forward", name };
}

/** How far a saga has come, as its service gets to know it. */
export interface Progress<Data> {
	readonly sagaId: string;
	readonly data: Readonly<Data>;
	readonly correlationId: string;
	/** A step's `reached`, or the saga's `failed` or `compensated`. */
	readonly status: string;
	/** What the step that was just done passed on. */
	readonly passed: unknown;
	/** Why it failed, e.g. `OUT_OF_STOCK`; from the failure on. */
	readonly failureReason: string | undefined;
}

/** A step that was not done by the saga, because an operator has said so. */
export interface Decided<Data> extends Pick<Progress<Data>, "sagaId" | "data" | "correlationId"> {
	readonly step: string;
	readonly direction: "do" | "undo";
	/** Done by hand; otherwise it was left out. */
	readonly isDone: boolean;
	readonly by: string;
	readonly reason: string;
}

/**
 * A saga, read from top to bottom (Garcia-Molina and Salem, "Sagas", 1987; pivot after Richardson).
 * Steps before the pivot are undone in reverse order when one fails; those after it are only ever repeated.
 */
export interface SagaDefinition<Data, This = unknown> {
	name: string;
	steps: readonly Step<Data>[];
	/** From its start; when it passes before the pivot, the saga is undone. */
	deadlineMs: number;
	/** The status when undoing begins, and when all is undone. */
	failed: string;
	compensated: string;
	/** Why, when the deadline has passed. */
	deadlineReason: string;
	/** Writes a status into the service's own tables, in the transaction of the transition. */
	reach(this: Service & This, tx: Transaction, progress: Progress<Data>): Promise<void>;
	/**
	 * For each step that an operator has left out or seen to by hand, in the transaction of the decision: whoever takes part
	 * in it has to hear of it as surely as the decision was made.
	 */
	decided?(this: Service & This, tx: Transaction, decided: Decided<Data>): Promise<void>;
}

/** @throws when the steps could not be run as they stand: a mistake of the programmer. */
export function saga<Data, This>(definition: SagaDefinition<Data, This>): SagaDefinition<Data, This> {
	const kinds = definition.steps.map(({ kind }) => kind);
	const pivotAt = kinds.indexOf("pivot");
	const beforePivot = pivotAt < 0 ? kinds : kinds.slice(0, pivotAt);
	if (pivotAt !== kinds.lastIndexOf("pivot")) throw new Error(`The saga ${definition.name} has two pivots`);
	if (pivotAt >= 0 && beforePivot.includes("forward")) {
		throw new Error(`The saga ${definition.name} has a forward step before its pivot`);
	}
	if (pivotAt >= 0 && kinds.slice(pivotAt + 1).some(canBeUndone)) {
		throw new Error(`The saga ${definition.name} has a step with an undo after its pivot`);
	}
	if (kinds.includes("forward") && kinds.slice(kinds.indexOf("forward")).some(canBeUndone)) {
		throw new Error(`The saga ${definition.name} has a forward step before one that can be undone`);
	}
	if (kinds.every((kind) => kind === "given")) throw new Error(`The saga ${definition.name} has nothing to do`);
	const names = new Set(definition.steps.map(({ name }) => name));
	if (names.size < definition.steps.length) throw new Error(`The saga ${definition.name} has two steps of one name`);
	return definition;
}

function canBeUndone(kind: Step<never>["kind"]): boolean {
	return kind === "given" || kind === "step";
}
