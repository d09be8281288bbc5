import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { bugs, patchOf } from "./bugs";
import { copyOfTree, plant } from "./copy";

/**
 * Plants each bug in a copy of this tree, runs the tests that must notice it, and expects a failure. Before that, the
 * same tests must pass without the bug. Names given as arguments choose among the bugs.
 */

/** A suite has its broker, its processes, and minutes of patience for what a bug has lost. */
const RUN_MS_MAX = 900_000;

interface Outcome {
	verdict: "caught" | "not caught" | "broken" | "sound";
	by: string[];
	said: string;
}

function main(wanted: readonly string[]): void {
	const chosen = bugs.filter(({ name }) => wanted.length === 0 || wanted.some((word) => name.includes(word)));
	const lines: string[][] = [];
	const controlled = new Set<string>();
	let isHonest = true;

	for (const bug of chosen) {
		// Exactly the same tests: of a file some may need what others have done, and would fail without them for no bug.
		const control = `${bug.suite}: ${bug.tests}`;
		if (!controlled.has(control)) {
			const outcome = inCopy(() => undefined, bug.suite, bug.tests);
			isHonest &&= outcome.verdict === "sound";
			report("(no bug)", bug.suite, outcome);
			controlled.add(control);
		}
		const outcome = inCopy((copy) => plant(patchOf(bug), copy), bug.suite, bug.tests);
		isHonest &&= outcome.verdict === "caught";
		report(bug.name, bug.suite, outcome);
	}
	console.log(`\n| bug | suite | verdict | test |\n| --- | --- | --- | --- |`);
	for (const line of lines) console.log(`| ${line.join(" | ")} |`);
	process.exitCode = isHonest ? 0 : 1;

	function report(bug: string, suite: string, { verdict, by, said }: Outcome): void {
		lines.push([bug, suite, verdict, by.join("; ")]);
		console.log(`${bug}: ${verdict}${by.length > 0 ? ` by "${by.join('", "')}"` : ""}`);
		if (verdict === "broken" || (bug === "(no bug)" && verdict !== "sound")) console.log(said);
	}
}

function inCopy(change: (copy: string) => void, suite: string, tests: string): Outcome {
	const copy = copyOfTree();
	try {
		change(copy);
		return outcomeOf(copy, suite, tests);
	} finally {
		rmSync(copy, { recursive: true, force: true });
	}
}

interface JestReport {
	success: boolean;
	testResults: { message: string; assertionResults: { title: string; status: string; failureMessages: string[] }[] }[];
}

function outcomeOf(copy: string, suite: string, tests: string): Outcome {
	const file = path.join(copy, "report.json");
	const jest = path.join("node_modules", "jest", "bin", "jest.js");
	const args = [jest, path.join("tests", suite), "-i", "-t", tests, "--json", `--outputFile=${file}`];
	const run = spawnSync(process.execPath, args, { cwd: copy, encoding: "utf8", timeout: RUN_MS_MAX });
	const said = `${run.stdout}${run.stderr}`.slice(-4_000);
	if (!existsSync(file)) return { verdict: "broken", by: [], said };
	const report = JSON.parse(readFileSync(file, "utf8")) as JestReport;
	const results = report.testResults.flatMap(({ assertionResults }) => assertionResults);
	const ran = results.filter(({ status }) => status !== "pending");
	const failed = ran.filter(({ status }) => status === "failed");
	// What never got to its check has noticed nothing: a bug that does not even start is no bug.
	const noticed = failed.filter(({ failureMessages }) =>
		failureMessages.some((text) => /expect\(|in vain for (?!a RabbitMQ node)/.test(text)),
	);
	if (ran.length === 0 || noticed.length < failed.length) return { verdict: "broken", by: [], said };
	if (failed.length > 0) return { verdict: "caught", by: failed.map(({ title }) => title), said };
	return { verdict: report.success ? "sound" : "broken", by: [], said };
}

main(process.argv.slice(2));
