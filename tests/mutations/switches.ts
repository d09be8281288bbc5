/** What Stryker's code in a mutated file asks which mutant is switched on, and tells which ones it came by. */
interface Stryker {
	activeMutants: ReadonlySet<string>;
	/** What is reached while no test is named counts as reached by loading the program. */
	currentTestId: string | undefined;
	mutantCoverage: { static: Record<string, number>; perTest: Record<string, Record<string, number>> };
}

/** The line of it that knows of one mutant at a time, and ours for it, which knows of several. */
export const ASKS_FOR_ONE = "if (ns.activeMutant === id)";
export const ASKS_FOR_SEVERAL = "if (ns.activeMutants?.has(id))";

const TEST = "simulation";

/** Mutants that are on from the start, for what a module makes when it is loaded. */
const loadedWith = (process.env["MUTANTS_LOADED"] ?? "").split(" ").filter(Boolean);

const stryker: Stryker = {
	activeMutants: new Set(loadedWith),
	currentTestId: undefined,
	mutantCoverage: { static: {}, perTest: {} },
};
Object.assign(globalThis, { __stryker__: stryker });

/** Switches these mutants on, in all that is asked until it ends. @returns what came of it, and the mutants that it came by */
export async function withMutants<Result>(
	ids: readonly string[],
	work: () => Promise<Result>,
): Promise<{ result: Result; reached: string[] }> {
	stryker.activeMutants = new Set([...loadedWith, ...ids]);
	stryker.currentTestId = TEST;
	stryker.mutantCoverage.perTest[TEST] = {};
	try {
		const result = await work();
		return { result, reached: Object.keys(stryker.mutantCoverage.perTest[TEST]) };
	} finally {
		stryker.activeMutants = new Set(loadedWith);
		stryker.currentTestId = undefined;
	}
}

/** What is reached from now on counts as reached by this test; without one, as by loading the program. */
export function beginTest(name: string | undefined): void {
	stryker.currentTestId = name;
	if (name !== undefined) stryker.mutantCoverage.perTest[name] ??= {};
}

/** The mutants that each test came by, by its name. */
export function reachedByTests(): Record<string, string[]> {
	const { perTest } = stryker.mutantCoverage;
	return Object.fromEntries(Object.entries(perTest).map(([name, reached]) => [name, Object.keys(reached)]));
}

/** The mutants that loading the program came by. */
export function reachedByLoading(): string[] {
	return Object.keys(stryker.mutantCoverage.static);
}
