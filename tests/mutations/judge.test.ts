import type { Explanation } from "./explained";
import { fateOf, isMeant } from "./judge";
import type { Mutant } from "./mutants";
import type { Shown } from "./results";

const mutant: Mutant = {
	id: "7",
	key: "mixins/saga/act.ts …",
	file: "mixins/saga/act.ts",
	mutator: "EqualityOperator",
	at: "return «a < b»;",
	to: "a <= b",
	line: 3,
	from: 30,
	until: 35,
	status: "Survived",
};
const shown = (its: Partial<Shown>): Shown => ({ source: "s", isReached: true, held: {}, ...its });

test.each<[what: string, explanation: Partial<Explanation>, isHere: boolean]>([
	["its file", {}, true],
	["its folder", { file: "mixins/saga/" }, true],
	["another file", { file: "mixins/saga/decide.ts" }, false],
	["its place", { at: "return «a < b»;" }, true],
	["another place", { at: "return «b < a»;" }, false],
	["its change", { to: "a <= b" }, true],
	["another change", { to: "a >= b" }, false],
])("an explanation of %s", (_what, explanation, isHere) => {
	expect(isMeant({ file: mutant.file, why: "so", ...explanation }, mutant)).toBe(isHere);
});

test.each<[what: string, fate: object, mutant: Mutant, shown: Shown]>([
	["what a unit test has noticed", { kind: "killed by unit tests" }, { ...mutant, status: "Killed" }, shown({})],
	[
		"what a plan has noticed",
		{ kind: "killed by the simulator" },
		mutant,
		shown({ killedBy: { plan: "quiet", violation: "I1" } }),
	],
	["what nothing was tried with", { kind: "not run" }, mutant, shown({})],
	["what no plan comes by", { kind: "survived", note: "no plan comes by it" }, mutant, shown({ isReached: false })],
	[
		"what plans have held with",
		{ kind: "survived", note: "2 plans held, 1 of them went another way" },
		mutant,
		shown({ held: { quiet: "same", "seed 7": "other" } }),
	],
])("%s", (_what, fate, its, shown) => {
	expect(fateOf(its, shown, [])).toEqual(fate);
});

test("a survivor with a reason is explained", () => {
	const why = "the two are never equal";

	expect(fateOf(mutant, shown({ isReached: false }), [{ file: mutant.file, why }])).toEqual({ kind: "explained", why });
});
