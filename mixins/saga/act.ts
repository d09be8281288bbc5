import { nextToDo, nextToUndo, type Next, type Position } from "./decide";
import type { Step } from "./definition";

/**
 * What an operator may decide about a saga that can neither go on nor be undone.
 * - `retry`: what was wrong is mended; the step is tried again, with fresh attempts.
 * - `skip`: this one step, or undo, is not done and need not be; the saga goes on with the next.
 * - `complete`: whatever is left was seen to by hand; the saga ends as if all of it had succeeded.
 */
export type Act = "retry" | "skip" | "complete";

export type ActOutcome = "RETRIED" | "SKIPPED" | "COMPLETED_BY_HAND";

export const OUTCOME_OF: Readonly<Record<Act, ActOutcome>> = {
	retry: "RETRIED",
	skip: "SKIPPED",
	complete: "COMPLETED_BY_HAND",
};

/** @returns the next move, or a sentence that says why this would be wrong */
export function decideAct(
	steps: readonly Step<never>[],
	position: Pick<Position, "status" | "step">,
	act: Act,
): Extract<Next, { kind: "go on" | "finish" }> | { kind: "refuse"; why: string } {
	if (act === "retry") return { kind: "go on", step: position.step };
	if (position.status === "COMPENSATING") {
		const next = act === "skip" ? nextToUndo(steps, position.step - 1) : -1;
		return next < 0 ? { kind: "finish", status: "COMPENSATED" } : { kind: "go on", step: next };
	}
	const step = steps[position.step]!;
	if (step.kind !== "forward") {
		return {
			kind: "refuse",
			why: `stands before its pivot: without "${step.name}" it can't go forward, it can only be retried or undone`,
		};
	}
	const next = act === "skip" ? nextToDo(steps, position.step + 1) : undefined;
	return next === undefined ? { kind: "finish", status: "COMPLETED" } : { kind: "go on", step: next };
}
