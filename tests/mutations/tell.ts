import { explained } from "./explained";
import { FATES, fateOf } from "./judge";
import type { Mutant } from "./mutants";
import type { Results } from "./results";

/** Prints the score, and a line for each mutant that nobody has noticed or explained. @returns the exit code */
export function tell(mutants: readonly Mutant[], results: Results, folders: readonly string[]): number {
	const fates = mutants.map((mutant) => ({ mutant, fate: fateOf(mutant, results.of(mutant), explained) }));
	for (const { mutant, fate } of fates) {
		const { file, line, mutator, at, to } = mutant;
		if (fate.kind === "survived") console.log(`${file}:${line} ${mutator} ${at} → ${to} (${fate.note})`);
	}
	console.log(`\n| folder | mutants | ${FATES.join(" | ")} |\n| --- |${" --- |".repeat(FATES.length + 1)}`);
	for (const folder of folders) row(folder, `${folder}/`);
	row("all", "");
	return fates.some(({ fate }) => fate.kind === "survived") ? 1 : 0;

	function row(name: string, start: string): void {
		const here = fates.filter(({ mutant }) => mutant.file.startsWith(start)).map(({ fate }) => fate.kind);
		const counts = FATES.map((fate) => here.filter((kind) => kind === fate).length);
		console.log(`| ${[name, here.length, ...counts].join(" | ")} |`);
	}
}
