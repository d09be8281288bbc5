import type { Explanation } from "./explained";
import type { Mutant } from "./mutants";
import type { Shown } from "./results";

/** What has become of a mutant. */
export type Fate =
	| { kind: "killed by unit tests" }
	| { kind: "killed by the simulator" }
	| { kind: "killed by suites" }
	| { kind: "explained"; why: string }
	/** @param note what the simulations have shown of it */
	| { kind: "survived"; note: string }
	/** There was no time for it yet. */
	| { kind: "not run" };

export const FATES = [
	"killed by unit tests",
	"killed by the simulator",
	"killed by suites",
	"explained",
	"survived",
	"not run",
] as const;

const KILLED_BY_UNITS: ReadonlySet<string> = new Set(["Killed", "Timeout", "RuntimeError", "CompileError"]);

/** Whether the unit tests have left it. */
export function isLeft({ status }: Mutant): boolean {
	return !KILLED_BY_UNITS.has(status);
}

export function fateOf(
	mutant: Mutant,
	{ killedBy, held, isReached, passed }: Shown,
	explained: readonly Explanation[],
): Fate {
	if (!isLeft(mutant)) return { kind: "killed by unit tests" };
	if (killedBy) return { kind: "test" in killedBy ? "killed by suites" : "killed by the simulator" };
	const found = explained.find((each) => isMeant(each, mutant));
	if (found) return { kind: "explained", why: found.why };
	const plans = Object.values(held);
	const suites = passed ? `; ${passed.length} suites passed` : "";
	if (isReached === false) return { kind: "survived", note: `no plan comes by it${suites}` };
	if (plans.length === 0) return { kind: "not run" };
	const others = plans.filter((how) => how === "other").length;
	return { kind: "survived", note: `${plans.length} plans held, ${others} of them went another way${suites}` };
}

export function isMeant({ file, at, to }: Explanation, mutant: Mutant): boolean {
	const isFile = file.endsWith("/") ? mutant.file.startsWith(file) : mutant.file === file;
	return isFile && (at === undefined || mutant.at.includes(at)) && (to === undefined || mutant.to === to);
}
