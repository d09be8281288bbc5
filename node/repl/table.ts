/** The widest cell; what is longer is cut, and a command that shows one thing shows it whole. */
const CELL_WIDTH_MAX = 60;

export type Cell = string | number | boolean | Date | null | undefined;

/** Rows under their headings, in columns. A cell of what others have written can't move the cursor or ring the bell. */
export function table(headings: readonly string[], rows: readonly (readonly Cell[])[]): string {
	const cells = [headings, ...rows].map((row) => row.map((cell) => shortened(printable(textOf(cell)))));
	const widths = headings.map((_, column) => Math.max(...cells.map((row) => [...row[column]!].length)));
	// Figures stand under each other, at the right.
	const areFigures = headings.map((_, column) => rows.some((row) => typeof row[column] === "number"));
	const lines = cells.map((row) =>
		row
			.map((cell, column) => {
				const room = " ".repeat(widths[column]! - [...cell].length);
				return areFigures[column] ? room + cell : cell + room;
			})
			.join("  ")
			.trimEnd(),
	);
	lines.splice(1, 0, widths.map((width) => "─".repeat(width)).join("  "));
	return lines.join("\n");
}

/** One thing, a line for each of its properties. */
export function card(properties: readonly (readonly [name: string, value: Cell])[]): string {
	const width = Math.max(...properties.map(([name]) => name.length));
	return properties.map(([name, value]) => `${name.padEnd(width)}  ${printable(textOf(value), "\n")}`).join("\n");
}

function textOf(value: Cell): string {
	if (value === undefined || value === null) return "-";
	if (value instanceof Date) return value.toISOString();
	return String(value);
}

/** Control characters as the symbols that stand for them; an escape sequence would be obeyed by the terminal. */
function printable(text: string, but = ""): string {
	return text.replaceAll(/\p{Cc}/gu, (character) => {
		if (but.includes(character)) return character;
		if (character === "\n" || character === "\r" || character === "\t") return " ";
		return character < " " ? String.fromCodePoint(0x24_00 + character.codePointAt(0)!) : "�";
	});
}

function shortened(text: string): string {
	const characters = [...text];
	return characters.length <= CELL_WIDTH_MAX ? text : `${characters.slice(0, CELL_WIDTH_MAX - 1).join("")}…`;
}
