import type { Act } from "./act";
import { OUTCOME_OF } from "./act";
import type { Answer } from "./answer";
import type { Next } from "./decide";
import type { SagaDefinition } from "./definition";
import { isGoing, type LogLine, type SagaRow } from "./store";

/** What a decision makes of a saga's row, its log, and its service's own tables; without doing any of it. */

export type Definition = SagaDefinition<Record<string, unknown>>;

export function afterAnswer(definition: Definition, row: SagaRow, answer: Answer<unknown>, next: Next): SagaRow {
	const data = answer.kind === "succeeded" ? { ...row.data, ...(answer.keep as object) } : row.data;
	switch (next.kind) {
		case "go on":
			return { ...row, data, step: next.step, attempts: 0, waited_ms: 0 };
		case "try again":
			return { ...row, data, attempts: next.attempts };
		case "finish":
			return { ...row, data, status: next.status };
		case "compensate": {
			const failure_reason = reasonOf(definition, answer, next.reason);
			const isUndone = next.step < 0;
			return {
				...row,
				data,
				status: isUndone ? "COMPENSATED" : "COMPENSATING",
				step: Math.max(0, next.step),
				attempts: 0,
				failure_reason,
				waited_ms: 0,
			};
		}
		case "hand over": {
			const failure_reason = row.failure_reason ?? reasonOf(definition, answer, next.reason);
			return { ...row, data, status: "COMPENSATING", attempts: 0, failure_reason };
		}
		case "ask an operator":
			return { ...row, data, status: "NEEDS_OPERATOR", failure_reason: row.failure_reason ?? next.reason };
	}
}

/** Before the pivot only the deadline ends the waiting for who is away. */
function reasonOf(definition: Definition, answer: Answer<unknown>, reason: string | null): string | null {
	return answer.kind === "away" ? definition.deadlineReason : reason;
}

/** The words that `reach` gets, in their order. */
export function reachedByAnswer(
	definition: Definition,
	row: SagaRow,
	answer: Answer<unknown>,
	next: Next,
): readonly string[] {
	if (next.kind === "compensate")
		return next.step < 0 ? [definition.failed, definition.compensated] : [definition.failed];
	if (next.kind === "hand over") return row.status === "RUNNING" ? [definition.failed] : [];
	if (next.kind === "finish" && next.status === "COMPENSATED") return [definition.compensated];
	const reached = definition.steps[row.step]!.reached;
	return row.status === "RUNNING" && answer.kind === "succeeded" && reached ? [reached] : [];
}

/** The answer's line, and before anything new is tried, the line that says so. */
export function linesOfAnswer(
	definition: Definition,
	before: SagaRow,
	answer: Answer<unknown>,
	after: SagaRow,
	next: Next,
): LogLine[] {
	const outcome = answer.kind.toUpperCase() as LogLine["outcome"];
	const detail =
		answer.kind === "succeeded" ? answer.keep : { reason: answer.reason, message: answer.message.slice(0, 2_000) };
	return linesOf(definition, before, { outcome, detail }, after, next);
}

/** Who decided something about a saga, and why; kept in its log. */
export interface Decision {
	by: string;
	reason: string;
}

/** What a decision of an operator leads to. */
export type ActNext = Extract<Next, { kind: "go on" | "finish" | "hand over" }>;

export function afterAct(row: SagaRow, next: ActNext): SagaRow {
	// Going forward, the reason was why it got stuck, which is over; going back, it is why the whole saga failed.
	const failure_reason = row.status === "RUNNING" ? null : row.failure_reason;
	if (next.kind === "finish") return { ...row, status: next.status, failure_reason };
	const step = next.kind === "go on" ? next.step : row.step;
	return { ...row, step, attempts: 0, failure_reason, waited_ms: 0 };
}

/** What is skipped was not done, so nothing is said to be reached by it; what was done by hand is said to be done. */
export function reachedByAct(definition: Definition, row: SagaRow, act: Act, next: ActNext): readonly string[] {
	if (next.kind !== "finish") return [];
	if (next.status === "COMPENSATED") return [definition.compensated];
	if (act !== "complete") return [];
	return definition.steps.slice(row.step).flatMap(({ reached }) => reached ?? []);
}

/** The steps that the saga does not do itself any more, in the order in which it would have. */
export function decidedByAct(
	{ steps }: Definition,
	{ status, step }: SagaRow,
	act: Act,
): { step: string; direction: "do" | "undo"; isDone: boolean }[] {
	if (act === "retry") return [];
	const direction = status === "RUNNING" ? "do" : "undo";
	const left = direction === "do" ? steps.slice(step) : steps.slice(0, step + 1).toReversed();
	return left
		.slice(0, act === "skip" ? 1 : left.length)
		.filter((each) => each[direction] !== undefined)
		.map(({ name }) => ({ step: name, direction, isDone: act === "complete" }));
}

export function linesOfAct(
	definition: Definition,
	before: SagaRow,
	act: Act,
	detail: Decision,
	after: SagaRow,
	next: Next,
): LogLine[] {
	return linesOf(definition, before, { outcome: OUTCOME_OF[act], detail }, after, next);
}

function linesOf(
	definition: Definition,
	before: SagaRow,
	what: Pick<LogLine, "outcome" | "detail">,
	after: SagaRow,
	next: Next,
): LogLine[] {
	const line: LogLine = { ...lineOf(definition, before), ...what };
	if (next.kind === "try again") return [line];
	// The line that says where the saga stands from now on, for whoever knows the step.
	if (next.kind === "hand over") return [line, { ...line, step: next.to, direction: "undo", attempt: 1, ...STARTED }];
	return isGoing(after) ? [line, startLine(definition, after)] : [line];
}

export function startLine(definition: Definition, row: SagaRow): LogLine {
	return { ...lineOf(definition, row), ...STARTED };
}

const STARTED = { outcome: "STARTED", detail: undefined } as const;

function lineOf(definition: Definition, row: SagaRow): Pick<LogLine, "step" | "direction" | "attempt"> {
	const { name } = definition.steps[row.step]!;
	return { step: name, direction: row.status === "RUNNING" ? "do" : "undo", attempt: row.attempts + 1 };
}
