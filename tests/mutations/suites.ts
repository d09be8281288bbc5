import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { realMs } from "../../simulator/world/clock";
import globalSetup from "../support/global-setup";
import globalTeardown from "../support/global-teardown";
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
	files: readonly string[];
	mutant?: string;
	/** Of these tests alone, by their whole names. */
	tests?: readonly string[];
	msMax: number;
}

interface SuiteOptions {
	/** Where Stryker's code lies. */
	tree: string;
	results: Results;
	/** By `realMs`: nothing is begun after it. */
	endMs: number;
}

const BASELINE_MS_MAX = 600_000;
/** What nobody has noticed after so long, and three times as long as it takes, has no end. */
const NO_END_MS = 60_000;

/** Tries each mutant with the tests that come by it, in suites that use servers. @returns whether there was time for all */
export async function trySuites(
	mutants: readonly Mutant[],
	files: readonly string[],
	{ tree, results, endMs }: SuiteOptions,
): Promise<boolean> {
	cpSync(path.join(ROOT, "tests"), path.join(tree, "tests"), { recursive: true });
	await globalSetup();
	try {
		const suites: Suite[] = [];
		for (const file of files) suites.push(await baselineOf(tree, file));
		for (const mutant of mutants) {
			const shown = results.of(mutant);
			const its = suites.filter((suite) => !shown.passed?.includes(suite.file) && testsBy(mutant, suite).length > 0);
			if (shown.killedBy || its.length === 0) continue;
			if (realMs() > endMs) return false;
			const { failed } = await run({
				tree,
				files: its.map(({ file }) => file),
				mutant: mutant.id,
				tests: its.flatMap((suite) => testsBy(mutant, suite)),
				msMax: NO_END_MS + 3 * its.reduce((sum, { realMs: ms }) => sum + ms, 0),
			});
			if (failed === undefined) shown.passed = [...(shown.passed ?? []), ...its.map(({ file }) => file)];
			else shown.killedBy = { test: failed };
			results.save();
		}
		return true;
	} finally {
		await globalTeardown();
	}
}

/** @returns the tests that come by it, or all where what is done before or between them does */
function testsBy({ id }: Mutant, { coverage: { tests, loaded } }: Suite): string[] {
	const names = Object.keys(tests);
	return loaded.includes(id) ? names : names.filter((name) => tests[name]!.includes(id));
}

/** @throws where it does not pass without mutants */
async function baselineOf(tree: string, file: string): Promise<Suite> {
	const beganMs = realMs();
	const { failed, passed, coverage } = await run({ tree, files: [file], msMax: BASELINE_MS_MAX });
	if (failed !== undefined || passed === 0 || !coverage)
		throw new Error(`${file} fails without a mutant: ${failed ?? "no test has passed"}`);
	return { file, realMs: realMs() - beganMs, coverage };
}

async function run({ tree, files, mutant = "", tests, msMax }: RunOptions): Promise<Run> {
	const folder = mkdtempSync(path.join(tmpdir(), "molecart-suites-"));
	const report = path.join(folder, "report.json");
	const coverage = path.join(folder, "coverage.json");
	const jest = path.join(ROOT, "node_modules/jest/bin/jest.js");
	// Most of what a suite does is waiting, so that several at once cost little.
	const args = [jest, "--config", path.join(__dirname, "suites.jest.config.js"), "--maxWorkers=3", "--bail"];
	if (tests) args.push("--testNamePattern", `^(${tests.map(literally).join("|")})$`);
	try {
		const child = spawn(process.execPath, [...args, "--runTestsByPath", ...files], {
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
