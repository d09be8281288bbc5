import type { Measured } from "./closed-loop";

/** The figure in the middle: one round that a neighbour has disturbed does not move it. */
export function median(figures: readonly number[]): number {
	const sorted = figures.toSorted((a, b) => a - b);
	const middle = Math.floor(sorted.length / 2);
	return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Each figure of several rounds in the middle. */
export function middleOf(rounds: readonly Measured[]): Measured {
	const names = Object.keys(rounds[0]!.percentiles);
	return {
		perSecond: median(rounds.map(({ perSecond }) => perSecond)),
		percentiles: Object.fromEntries(
			names.map((name) => [
				name,
				rounds[0]!.percentiles[name]!.map((_, p) => median(rounds.map(({ percentiles }) => percentiles[name]![p]!))),
			]),
		),
	};
}

/** "12 / 18 / 25": half of them, 95 % and 99 % took no longer, in milliseconds. */
export function latency({ percentiles }: Measured, name: string): string {
	return [50, 95, 99].map((p) => figure(percentiles[name]![p]!)).join(" / ");
}

export function figure(value: number): string {
	return value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString("en");
}

/** A Markdown table, which is as readable on a terminal. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
	const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]!.length)));
	const line = (cells: readonly string[]): string =>
		`| ${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join(" | ")} |`;
	const rule = `| ${widths.map((width, column) => (column === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`)).join(" | ")} |`;
	return [line(head), rule, ...rows.map(line)].join("\n");
}
