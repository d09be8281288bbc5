import type { SagaDefinition, Step } from "./definition";

type AnySaga = SagaDefinition<never, never>;

/**
 * A saga as a Mermaid state diagram: the steps downwards, what is undone beside them and upwards, and where a person is
 * needed. Made from the definition, so that it can't say anything else.
 */
export function sagaDiagram({ steps, failed, compensated }: AnySaga): string {
	const doing = steps.map((step, index) => ({ ...step, index })).filter((step) => step.do);
	const undoing = steps.map((step, index) => ({ ...step, index })).filter((step) => step.undo);
	const undoAt = (from: number): string => undoing.findLast(({ index }) => index <= from)?.index.toString() ?? "";
	const states = [
		...doing.map(({ name, index }) => `do${index}: ${name}`),
		...undoing.map(({ name, index }) => `undo${index}: undo "${name}"`),
	];
	const forwards = doing.map(({ reached, index }, n) => {
		const to = doing[n + 1] ? `do${doing[n + 1]!.index}` : "[*]";
		return `do${index} --> ${to}${labelOf([...(reached ? [reached] : []), ...(to === "[*]" ? ["COMPLETED"] : [])])}`;
	});
	const turns = doing
		.filter(({ kind }) => kind !== "forward")
		.map(({ index }) => `do${index} --> ${undoAt(index) === "" ? "[*]" : `undo${undoAt(index)}`}: ${failed}`);
	const backwards = undoing.toReversed().map(({ index }, n, all) => {
		const to = all[n + 1] ? `undo${all[n + 1]!.index}` : "[*]";
		return `undo${index} --> ${to}${labelOf(to === "[*]" ? [compensated] : [])}`;
	});
	const stuck = [
		...doing.filter(({ kind }) => kind === "forward").map(({ index }) => `do${index} --> NEEDS_OPERATOR`),
		...undoing.map(({ index }) => `undo${index} --> NEEDS_OPERATOR`),
	];
	const lines = [...states, `[*] --> do${doing[0]!.index}`, ...forwards, ...turns, ...backwards, ...stuck];
	return ["stateDiagram-v2", ...lines.map((line) => `    ${line}`)].join("\n");
}

function labelOf(words: readonly string[]): string {
	return words.length > 0 ? `: ${words.join(", ")}` : "";
}

const KINDS: Record<Step<never>["kind"], string> = {
	given: "was done by whoever began the saga",
	step: "can be taken back",
	pivot: "the point of no return",
	forward: "only ever repeated",
};

/** The same as a table, with the limits that a diagram has no room for. */
export function sagaTable({ steps }: AnySaga): string {
	const rows = steps.map(({ name, kind, reached = "", timeoutMs, attempts, do: doing }) => [
		name,
		KINDS[kind],
		reached,
		doing ? `${timeoutMs / 1_000} s` : "",
		doing ? String(attempts) : "",
	]);
	return tableOf(["step", "is", "reached", "one attempt", "failed attempts"], rows);
}

/** As the formatter wants it: padded to the widest cell. */
function tableOf(headings: readonly string[], rows: readonly (readonly string[])[]): string {
	const widths = headings.map((heading, column) => Math.max(heading.length, ...rows.map((row) => row[column]!.length)));
	const lineOf = (row: readonly string[]): string => `| ${row.map((cell, n) => cell.padEnd(widths[n]!)).join(" | ")} |`;
	return [lineOf(headings), lineOf(widths.map((width) => "-".repeat(width))), ...rows.map(lineOf)].join("\n");
}
