import { rm } from "node:fs/promises";
import path from "node:path";
import { parseArgs } from "node:util";
import type { FaultPlan } from "../../simulator/shop/fault-plans";
import { planOf } from "../../simulator/shop/plan";
import { makeTemplate } from "../../simulator/shop/template";
import { kindOf, smallestOf } from "../../simulator/smallest";
import { realMs } from "../../simulator/world/clock";
import { keepFolder, startPostgres } from "../../simulator/world/postgres/server";
import { newWorkers, type Workers } from "../../simulator/world/workers";
import type { Answer, Job } from "../../simulator/worker";
import { bugs, patchOf } from "./bugs";
import { copyOfTree, plant, ROOT } from "./copy";
import { mends } from "./mends";
import { unsimulated } from "./unsimulated";

const USAGE = `Plants each bug in a copy of this tree, and simulates the shop with it until a seed fails that does not without.

  npm run simulate:bugs -- [WORDS]      those whose names have one of these in them (default: all that are not named)
  ... --seeds N                         so many seeds at most for each (default 1,000)
  ... --with FAULT                      of these only seeds with it, e.g. "queue silent", or "asked" for one that waits for a
                                        call, or "doing" for one that waits for a statement, or the name of that: the
                                        others count, and are left out
  ... --from SEED                       the first of them (default 1)
  ... --seconds S                       begins no more seeds of a bug after so long (default 1,800)
  ... --workers W                       so many processes (default 1)
  ... --shrink                          makes each plan that has found one small, which takes up to three minutes

Ends with 1 where a bug is not found that tests/planted-bugs/unsimulated.ts does not name.`;

interface Finding {
	bug: string;
	verdict: "found" | "not found" | "does not start";
	/** How many seeds there were, the one that found it included. */
	seeds: number;
	seed?: number;
	by?: string[];
	steps?: number;
}

interface Options {
	folder: string;
	seeds: number;
	from: number;
	fault: string | undefined;
	msMax: number;
	workers: number;
	isShrunk: boolean;
}

async function main(): Promise<number> {
	const { values, positionals: words } = parseArgs({
		allowPositionals: true,
		options: {
			seeds: { type: "string", default: "1000" },
			from: { type: "string", default: "1" },
			with: { type: "string" },
			seconds: { type: "string", default: "1800" },
			workers: { type: "string", default: "1" },
			shrink: { type: "boolean", default: false },
			help: { type: "boolean", short: "h" },
		},
	});
	if (values.help) {
		console.log(USAGE);
		return 0;
	}
	const all = [...bugs, ...mends].map(({ name }) => name);
	const chosen = all.filter((name) =>
		words.length === 0 ? !(name in unsimulated) : words.some((word) => name.includes(word)),
	);
	const template = await startPostgres();
	await makeTemplate(template);
	keepFolder(template);
	await template.stop();
	const findings: Finding[] = [];
	try {
		for (const bug of chosen) {
			const finding = await search(bug, {
				folder: template.folder,
				seeds: Number(values.seeds),
				from: Number(values.from),
				fault: values.with,
				msMax: Number(values.seconds) * 1_000,
				workers: Number(values.workers),
				isShrunk: values.shrink,
			});
			findings.push(finding);
			console.log(rowOf(finding));
		}
	} finally {
		await rm(template.folder, { recursive: true });
	}
	console.log(
		"\n| bug | verdict | seeds until then | the seed | by | choices |\n| --- | --- | --- | --- | --- | --- |",
	);
	for (const finding of findings) console.log(rowOf(finding));
	console.log("\nNot looked for:");
	for (const [name, reason] of Object.entries(unsimulated)) console.log(`- ${name}: ${reason}`);
	return findings.every(({ bug, verdict }) => verdict === "found" || bug in unsimulated) ? 0 : 1;
}

function isMeant({ kind, whenAsked, whenDoing }: FaultPlan, fault: string): boolean {
	return [kind, whenAsked, whenDoing, whenAsked && "asked", whenDoing && "doing"].includes(fault);
}

/** Simulates a tree with the bug until a seed fails. */
async function search(bug: string, options: Options): Promise<Finding> {
	const { folder, seeds, from, fault, msMax, workers, isShrunk } = options;
	const copy = copyOfTree();
	const pool = workersOn(copy, workers, folder);
	const endMs = realMs() + msMax;
	let next = 0;
	let found: Finding | undefined;
	const one = async (): Promise<void> => {
		while (next < seeds && !found && realMs() < endMs) {
			const plan = planOf(from + next++);
			if (fault && !plan.faults.some((each) => isMeant(each, fault))) continue;
			const answer = await pool.run({ plan, isTold: false });
			if (answer.violations.length === 0 || found) continue;
			const by = [...new Set(answer.violations.map(kindOf))];
			found = { bug, verdict: "found", seeds: answer.seed - from + 1, seed: answer.seed, by, steps: answer.steps };
			// A node that can't even start is no bug that anybody would have to look for.
			if (answer.violations.some((each) => each.includes("did not start"))) found.verdict = "does not start";
			else if (await failsWithout(plan, folder)) found = undefined;
			else {
				console.log(`${bug}: seed ${answer.seed}\n  ${answer.violations.slice(0, 6).join("\n  ")}`);
				if (isShrunk) {
					const { plan: small } = await smallestOf({ pool, plan, answer, atOnce: workers });
					found.steps = (await pool.run({ plan: small, isTold: false })).steps;
				}
			}
		}
	};
	try {
		plant(patchOf({ name: bug }), copy);
		await Promise.all(Array.from({ length: workers }, one));
		return found ?? { bug, verdict: "not found", seeds: next };
	} finally {
		await pool.close();
		await rm(copy, { recursive: true, force: true });
	}
}

/** What this tree does not hold either says nothing of a bug. */
async function failsWithout(plan: Job["plan"], folder: string): Promise<boolean> {
	const pool = workersOn(ROOT, 1, folder);
	try {
		const { violations } = await pool.run({ plan, isTold: false });
		if (violations.length > 0) console.log(`Seed ${plan.seed} fails without a bug: ${violations[0]}`);
		return violations.length > 0;
	} finally {
		await pool.close();
	}
}

function workersOn(tree: string, count: number, template: string): Workers<Job, Answer> {
	return newWorkers<Job, Answer>(path.join(tree, "simulator/worker.ts"), count, [template]);
}

function rowOf({ bug, verdict, seeds, seed, by = [], steps }: Finding): string {
	return `| ${[bug, verdict, seeds, seed ?? "", by.join(", "), steps ?? ""].join(" | ")} |`;
}

void main().then(
	(code) => process.exit(code),
	(error: Error) => {
		console.error(error);
		process.exit(1);
	},
);
