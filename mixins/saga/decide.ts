import type { Answer } from "./answer";
import type { Step } from "./definition";

/** Where a saga stands. */
export interface Position {
	status: "RUNNING" | "COMPENSATING";
	/** Index of the step that was just tried. */
	step: number;
	/** Failed attempts at it so far. */
	attempts: number;
	/** For how long nobody has been there to ask, without an answer in between. */
	waitedMs?: number;
}

/** What to do about an answer. */
export type Next =
	| { kind: "go on"; step: number }
	| { kind: "finish"; status: "COMPLETED" | "COMPENSATED" }
	| { kind: "try again"; attempts: number; afterMs: number }
	/** Undo from `step` down; `step` is -1 when there is nothing to undo. */
	| { kind: "compensate"; step: number; reason: string }
	/** What is to be undone next is a step that only another version of the program knows. */
	| { kind: "hand over"; to: string; reason: string | null }
	| { kind: "ask an operator"; reason: string };

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;
/** A service may be away for as long as the deadline is far, and each look costs two commits. */
const AWAY_PAUSE_MS = 1_000;

/**
 * The whole of a saga's logic: a position and an answer in, the next move out; no clock, no I/O, no chance.
 * @param isLate the deadline has passed
 */
export function decide(
	steps: readonly Step<never>[],
	position: Position,
	answer: Answer<unknown>,
	isLate: boolean,
): Next {
	return position.status === "RUNNING" ? goForward(steps, position, answer, isLate) : goBack(steps, position, answer);
}

function goForward(steps: readonly Step<never>[], at: Position, answer: Answer<unknown>, isLate: boolean): Next {
	const current = steps[at.step]!;
	if (answer.kind === "succeeded") {
		const next = nextToDo(steps, at.step + 1);
		return next === undefined ? { kind: "finish", status: "COMPLETED" } : { kind: "go on", step: next };
	}
	const attempts = answer.kind === "failed" ? at.attempts + 1 : at.attempts;
	const canBeUndone = current.kind !== "forward";
	const hasTime = canBeUndone ? !isLate : !hasWaitedLong(current, at, answer);
	if (answer.kind !== "refused" && attempts < current.attempts && hasTime) return tryAgain(attempts, answer);
	if (!canBeUndone) return { kind: "ask an operator", reason: answer.reason };
	// Also the step that was refused: an attempt before may have got no answer, and may even arrive after this one. Its
	// undo tolerates that it never happened, and leaves a tombstone against it.
	return { kind: "compensate", step: nextToUndo(steps, at.step), reason: answer.reason };
}

function goBack(steps: readonly Step<never>[], at: Position, answer: Answer<unknown>): Next {
	if (answer.kind === "succeeded") {
		const next = nextToUndo(steps, at.step - 1);
		return next < 0 ? { kind: "finish", status: "COMPENSATED" } : { kind: "go on", step: next };
	}
	if (answer.kind === "refused") return { kind: "ask an operator", reason: answer.reason };
	const attempts = answer.kind === "failed" ? at.attempts + 1 : at.attempts;
	const isOver = attempts >= UNDO_ATTEMPTS_MAX || hasWaitedLong(steps[at.step]!, at, answer);
	if (isOver) return { kind: "ask an operator", reason: answer.reason };
	return tryAgain(attempts, answer);
}

/** Where there is no deadline, waiting ends with a person: who is away for so long may never be back. */
function hasWaitedLong({ waitMs }: Step<never>, { waitedMs = 0 }: Position, { kind }: Answer<unknown>): boolean {
	return kind === "away" && waitedMs >= waitMs;
}

/** Undoing is more patient than doing: giving up leaves work for a person. */
const UNDO_ATTEMPTS_MAX = 50;

function tryAgain(attempts: number, { kind }: Answer<unknown>): Next {
	const doubledMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(attempts, 10));
	return { kind: "try again", attempts, afterMs: kind === "away" ? AWAY_PAUSE_MS : doubledMs };
}

/** The next step at or after `from` that has something to do. */
export function nextToDo(steps: readonly Step<never>[], from: number): number | undefined {
	const found = steps.findIndex((step, index) => index >= from && step.do !== undefined);
	return found < 0 ? undefined : found;
}

/** The next step at or before `from` that has something to undo, or -1. */
export function nextToUndo(steps: readonly Step<never>[], from: number): number {
	for (let index = from; index >= 0; index--) if (steps[index]!.undo) return index;
	return -1;
}
