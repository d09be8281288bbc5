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

/** The words that `reach` gets, in their order. */
export function reachedByAnswer(
	definition: Definition,
	row: SagaRow,
	answer: Answer<unknown>,
	next: Next,
): readonly string[] {
	if (next.kind === "compensate")
		return next.step < 0 ? [definition.failed, definition.compensated] : [definition.failed];
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
): LogLine[] {
	const outcome = answer.kind.toUpperCase() as LogLine["outcome"];
	const detail =
		answer.kind === "succeeded" ? answer.keep : { reason: answer.reason, message: answer.message.slice(0, 2_000) };
	return linesOf(definition, before, { outcome, detail }, after);
}

/** Who decided something about a saga, and why; kept in its log. */
export interface Decision {
	by: string;
	reason: string;
}

export function afterAct(row: SagaRow, next: Extract<Next, { kind: "go on" | "finish" }>): SagaRow {
	// Going forward, the reason was why it got stuck, which is over; going back, it is why the whole saga failed.
	const failure_reason = row.status === "RUNNING" ? null : row.failure_reason;
	if (next.kind === "finish") return { ...row, status: next.status, failure_reason };
	return { ...row, step: next.step, attempts: 0, failure_reason };
}

/** What is skipped was not done, so nothing is said to be reached by it; what was done by hand is said to be done. */
export function reachedByAct(
	definition: Definition,
	row: SagaRow,
	act: Act,
	next: Extract<Next, { kind: "go on" | "finish" }>,
): readonly string[] {
	if (next.kind !== "finish") return [];
	if (next.status === "COMPENSATED") return [definition.compensated];
	if (act !== "complete") return [];
	return definition.steps.slice(row.step).flatMap(({ reached }) => reached ?? []);
}

export function linesOfAct(
	definition: Definition,
	before: SagaRow,
	act: Act,
	detail: Decision,
	after: SagaRow,
): LogLine[] {
	return linesOf(definition, before, { outcome: OUTCOME_OF[act], detail }, after);
}

function linesOf(
	definition: Definition,
	before: SagaRow,
	what: Pick<LogLine, "outcome" | "detail">,
	after: SagaRow,
): LogLine[] {
	const line: LogLine = { ...lineOf(definition, before), ...what };
	return isGoing(after) ? [line, startLine(definition, after)] : [line];
}

export function startLine(definition: Definition, row: SagaRow): LogLine {
	return { ...lineOf(definition, row), outcome: "STARTED", detail: undefined };
}

function lineOf(definition: Definition, row: SagaRow): Pick<LogLine, "step" | "direction" | "attempt"> {
	const { name } = definition.steps[row.step]!;
	return { step: name, direction: row.status === "RUNNING" ? "do" : "undo", attempt: row.attempts + 1 };
}
