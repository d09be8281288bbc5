import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { areOverlapping, readMutants } from "./mutants";

const source = `export function least(a: number, b: number): number {
	return a < b ? a : b;
}

export function most(a: number, b: number): number {
	return a < b ? a : b;
}
`;

const mutant = (id: string, replacement: string, [line, column]: number[], [endLine, endColumn]: number[]) => ({
	id,
	mutatorName: "Any",
	replacement,
	status: "Survived",
	location: { start: { line, column }, end: { line: endLine, column: endColumn } },
});

test("a mutant is known by its line and what stands there instead, whatever is written above it", async () => {
	const folder = mkdtempSync(path.join(tmpdir(), "molecart-mutants-"));
	const report = path.join(folder, "report.json");
	const mutants = [
		mutant("0", "{}", [1, 53], [3, 2]),
		mutant("1", "a <= b", [2, 9], [2, 14]),
		mutant("2", "a <= b", [6, 9], [6, 14]),
		{ ...mutant("3", '""', [6, 9], [6, 14]), statusReason: 'Ignored because of excluded mutation "StringLiteral"' },
	];
	writeFileSync(report, JSON.stringify({ files: { "a.ts": { source, mutants } } }));

	const [body, first, second, ...others] = await readMutants(report);
	rmSync(folder, { recursive: true });

	expect(body!.at).toBe("export function least(a: number, b: number): number «{…");
	expect(first!).toMatchObject({ at: "return «a < b» ? a : b;", to: "a <= b", line: 2 });
	expect(first!.key).toBe("a.ts Any return «a < b» ? a : b; → a <= b");
	expect(second!.key).toBe("a.ts Any return «a < b» ? a : b; → a <= b #2");
	expect(others).toEqual([]);
	expect(areOverlapping(body!, first!)).toBe(true);
	expect(areOverlapping(first!, second!)).toBe(false);
});
