import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { realMs } from "../../simulator/world/clock";
import type { Mutant } from "./mutants";
import type { Results } from "./results";
import type { SuiteCoverage } from "./suite-coverage";
import { ROOT } from "./units";

/** A suite without mutants. */
interface Suite {
	file: string;
	realMs: number;
	coverage: SuiteCoverage;
}

interface Run {
	/** The first test that has failed, or that the run had no end. */
	failed: string | undefined;
	passed: number;
	coverage: SuiteCoverage | undefined;
}

interface RunOptions {
	tree: string;
	file: string;
	mutant?: string;
	/** Of these tests alone, by their whole names. */
	tests?: readonly string[];
	msMax: number;
}

const BASELINE_MS_MAX = 600_000;
/** Where so many of its tests come by a mutant, all of them are run. */
const MOST = 0.7;

/** Tries mutants with suites that use servers, as `npm test` runs them. @returns whether there was time for all */
export async function trySuites(
	mutants: readonly Mutant[],
	files: readonly string[],
	{ tree, results, endMs, report }: { tree: string; results: Results; endMs: number; report(line: string): void },
): Promise<boolean> {
	cpSync(path.join(ROOT, "tests"), path.join(tree, "tests"), { recursive: true });
	const suites: Suite[] = [];
	for (const file of files) suites.push(await baselineOf(tree, file));
	for (const suite of suites.toSorted((one, other) => one.realMs - other.realMs)) {
		for (const mutant of mutants) {
			const shown = results.of(mutant);
			const tests = testsBy(mutant, suite);
			if (shown.killedBy || shown.passed?.includes(suite.file) || tests?.length === 0) continue;
			if (realMs() > endMs) return false;
			const msMax = 60_000 + 3 * suite.realMs;
			const { failed } = await run({ tree, file: suite.file, mutant: mutant.id, ...(tests && { tests }), msMax });
			if (failed === undefined) (shown.passed ??= []).push(suite.file);
			else shown.killedBy = { suite: suite.file, test: failed };
			results.save();
		}
		report(`${suite.file}: ${mutants.filter((each) => isKilledBy(suite, results, each)).length} killed`);
	}
	return true;
}

function isKilledBy({ file }: Suite, results: Results, mutant: Mutant): boolean {
	const { killedBy } = results.of(mutant);
	return killedBy !== undefined && "suite" in killedBy && killedBy.suite === file;
}

/** @returns the tests that come by it; undefined for all of them */
function testsBy({ id }: Mutant, { coverage: { tests, loaded } }: Suite): string[] | undefined {
	const all = Object.entries(tests);
	const names = all.filter(([, reached]) => reached.includes(id)).map(([name]) => name);
	if (names.length > MOST * all.length) return undefined;
	return names.length === 0 && loaded.includes(id) ? undefined : names;
}

/** @throws where it does not pass without mutants */
async function baselineOf(tree: string, file: string): Promise<Suite> {
	const beganMs = realMs();
	const { failed, passed, coverage } = await run({ tree, file, msMax: BASELINE_MS_MAX });
	if (failed !== undefined || passed === 0 || !coverage)
		throw new Error(`${file} fails without a mutant: ${failed ?? "no test has passed"}`);
	return { file, realMs: realMs() - beganMs, coverage };
}

async function run({ tree, file, mutant = "", tests, msMax }: RunOptions): Promise<Run> {
	const folder = mkdtempSync(path.join(tmpdir(), "molecart-suite-"));
	const report = path.join(folder, "report.json");
	const coverage = path.join(folder, "coverage.json");
	const jest = path.join(ROOT, "node_modules/jest/bin/jest.js");
	const args = [jest, "--config", path.join(__dirname, "suites.jest.config.js"), "--runInBand", path.join(tree, file)];
	if (tests) args.push("--testNamePattern", `^(${tests.map(literally).join("|")})$`);
	try {
		const child = spawn(process.execPath, args, {
			cwd: tree,
			stdio: "ignore",
			detached: true,
			env: {
				...process.env,
				MUTATED_TREE: tree,
				MUTANTS_LOADED: mutant,
				SUITE_REPORT: report,
				SUITE_COVERAGE: coverage,
			},
		});
		// With all that it has started.
		const timer = setTimeout(() => process.kill(-child.pid!, "SIGKILL"), msMax);
		await new Promise((resolve) => child.once("close", resolve));
		clearTimeout(timer);
		const { failed, passed } = existsSync(report)
			? (JSON.parse(readFileSync(report, "utf8")) as Pick<Run, "passed"> & { failed?: string })
			: { failed: "the run has no end", passed: 0 };
		const reached = existsSync(coverage) ? (JSON.parse(readFileSync(coverage, "utf8")) as SuiteCoverage) : undefined;
		return { failed, passed, coverage: reached };
	} finally {
		rmSync(folder, { recursive: true });
	}
}

function literally(name: string): string {
	return name.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
