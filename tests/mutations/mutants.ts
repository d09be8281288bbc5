import { readFile } from "node:fs/promises";

/** How the unit tests have left a mutant. */
export type UnitStatus = "Killed" | "Timeout" | "Survived" | "NoCoverage" | "Ignored" | "RuntimeError" | "CompileError";

/** One change of the program, as Stryker makes it. */
export interface Mutant {
	/** In the code that this run of Stryker has made; another run may number them otherwise. */
	id: string;
	/** The same for as long as its line is. */
	key: string;
	file: string;
	mutator: string;
	/** Its line, and in it the place: `return «a < b»;`. Of a place of several lines the first one. */
	at: string;
	/** What stands there instead. */
	to: string;
	line: number;
	/** Two whose places overlap may hide each other. */
	from: number;
	until: number;
	status: UnitStatus;
}

interface Position {
	line: number;
	column: number;
}

/** The part of Stryker's report that is read: https://github.com/stryker-mutator/mutation-testing-elements */
interface Report {
	files: Record<
		string,
		{
			source: string;
			mutants: {
				id: string;
				mutatorName: string;
				replacement: string;
				status: UnitStatus;
				statusReason?: string;
				location: { start: Position; end: Position };
			}[];
		}
	>;
}

/** Longer texts are cut, so that a line of a list stays one. */
const TEXT_MAX = 160;

/** @param report what Stryker's JSON reporter has written */
export async function readMutants(report: string): Promise<Mutant[]> {
	const { files } = JSON.parse(await readFile(report, "utf8")) as Report;
	const seen = new Map<string, number>();
	return Object.entries(files).flatMap(([file, { source, mutants }]) => {
		const lines = source.split("\n");
		const starts = startsOf(lines);
		const offsetOf = ({ line, column }: Position): number => starts[line - 1]! + column - 1;
		const made = mutants.filter(({ statusReason }) => !statusReason?.includes("excluded mutation"));
		return made.map(({ id, mutatorName: mutator, replacement, status, location: { start, end } }) => {
			const from = offsetOf(start);
			const until = offsetOf(end);
			const line = lines[start.line - 1]!;
			const isOneLine = start.line === end.line;
			const place = source.slice(from, isOneLine ? until : starts[start.line]! - 1);
			const before = line.slice(0, start.column - 1).trimStart();
			const after = isOneLine ? `»${line.slice(end.column - 1)}` : "…";
			const at = shortened(`${before}«${place}${after}`);
			const to = shortened(replacement);
			const name = `${file} ${mutator} ${at} → ${to}`;
			const nth = (seen.get(name) ?? 0) + 1;
			seen.set(name, nth);
			const key = nth === 1 ? name : `${name} #${nth}`;
			return { id, key, file, mutator, at, to, line: start.line, from, until, status };
		});
	});
}

export function areOverlapping(one: Mutant, other: Mutant): boolean {
	return one.file === other.file && one.from < other.until && other.from < one.until;
}

function startsOf(lines: readonly string[]): number[] {
	let at = 0;
	return lines.map((line) => {
		const start = at;
		at += line.length + 1;
		return start;
	});
}

function shortened(text: string): string {
	const flat = text.replace(/\s+/g, " ").trim();
	return flat.length > TEXT_MAX ? `${flat.slice(0, TEXT_MAX)}…` : flat;
}
