import { appendFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { knownIn } from "./shop/coverage-known";
import { UNREACHABLE } from "./shop/coverage-unreachable";
import { replayLine, savePlan } from "./shop/found";
import type { Plan } from "./shop/plan";
import { storyOf } from "./shop/story";
import { makeTemplate } from "./shop/template";
import { smallestOf } from "./smallest";
import type { Answer, Job } from "./worker";
import { realMs } from "./world/clock";
import { addCounts, coverageTable, type Counts } from "./world/coverage";
import { firstDoomedStep } from "./world/doomed";
import { keepFolder, startPostgres } from "./world/postgres/server";
import { newWorkers, type Workers } from "./world/workers";

export interface RunOptions {
	planAt(at: number): Plan;
	count: number;
	/** For the line of figures. */
	what: string;
	/** After so long no other one is begun. */
	secondsMax: number;
	workers: number;
	/** Where another version of the program is, which some nodes run. */
	otherFolder: string | undefined;
	/** Whether each is simulated in a process of its own. */
	isFresh: boolean;
	scheduleFile: string | undefined;
	hashesFile: string | undefined;
	/** Whether it says in the end what was reached. */
	isCounting: boolean;
	/** Whether the first that fails is made small, kept and told. */
	isExplaining: boolean;
}

interface Totals {
	done: number;
	steps: number;
	statements: number;
	reached: Counts;
	failed: { plan: Plan; answer: Answer }[];
}

const VIOLATIONS_SHOWN = 12;

/** Simulates plans on several processes, and prints what came of them. @returns whether none failed */
export async function runPlans(options: RunOptions): Promise<boolean> {
	const template = await startPostgres();
	await makeTemplate(template);
	const known = options.isCounting ? await knownIn(template) : undefined;
	keepFolder(template);
	await template.stop();
	const script = path.join(__dirname, "worker.ts");
	const otherFolder = options.otherFolder === undefined ? [] : [options.otherFolder];
	const jobsMax = options.isFresh ? 1 : undefined;
	const pool = newWorkers<Job, Answer>(script, options.workers, [template.folder, ...otherFolder], { jobsMax });
	try {
		const { failed, reached } = await simulateAll(pool, options);
		if (known) console.log(coverageTable(reached, known, UNREACHABLE));
		if (failed[0] && options.isExplaining) await explain(pool, failed[0].plan, failed[0].answer, options.workers);
		return failed.length === 0;
	} finally {
		await pool.close();
		await rm(template.folder, { recursive: true });
	}
}

async function simulateAll(pool: Workers<Job, Answer>, options: RunOptions): Promise<Totals> {
	const { planAt, count, what, secondsMax, workers, scheduleFile, hashesFile } = options;
	const totals: Totals = { done: 0, steps: 0, statements: 0, reached: {}, failed: [] };
	const beganMs = realMs();
	const secondsSince = (): number => (realMs() - beganMs) / 1_000;
	if (hashesFile) await writeFile(hashesFile, "");
	let next = 0;
	const work = async (): Promise<void> => {
		while (next < count && secondsSince() < secondsMax) {
			const plan = planAt(next++);
			const answer = await pool.run({ plan, isTold: scheduleFile !== undefined });
			if (scheduleFile) await writeFile(scheduleFile, `${answer.lines.join("\n")}\n`);
			if (hashesFile) await appendFile(hashesFile, `${answer.seed} ${answer.hash} ${answer.steps}\n`);
			take(totals, plan, answer);
		}
	};
	await Promise.all(Array.from({ length: workers }, work));
	const { done, steps, statements, failed } = totals;
	const seconds = secondsSince();
	const each = (sum: number, digits = 0): string => (sum / Math.max(done, 1)).toFixed(digits);
	console.log(
		`${done} ${what}: ${failed.length} failed. ${seconds.toFixed(1)} s, ${each(seconds, 2)} s a seed in ${workers} ` +
			`processes; ${each(steps)} choices and ${each(statements)} statements a seed.`,
	);
	return totals;
}

function take(totals: Totals, plan: Plan, answer: Answer): void {
	totals.done++;
	totals.steps += answer.steps;
	totals.statements += answer.statements;
	addCounts(totals.reached, answer.reached);
	if (answer.violations.length === 0) return;
	totals.failed.push({ plan, answer });
	console.log(`Seed ${answer.seed} fails after step ${answer.firstStep}, at ${answer.firstMs! / 1_000} s:`);
	for (const violation of answer.violations.slice(0, VIOLATIONS_SHOWN)) console.log(`  ${violation}`);
	console.log(`  ${replayLine(answer.seed)}`);
}

/** Makes it small, keeps it, and tells what happened. */
async function explain(pool: Workers<Job, Answer>, plan: Plan, answer: Answer, workers: number): Promise<void> {
	const { plan: small, tried, fails } = await smallestOf({ pool, plan, answer, atOnce: workers });
	const file = await savePlan(small);
	const told = await pool.run({ plan: small, isTold: true });
	console.log(`\nThe smallest of ${tried} plans that fail so: ${told.steps} choices, kept in ${file}`);
	const doomed = await firstDoomedStep(told.steps, (step) => fails(calmAfter(small, step)));
	console.log(storyOf(small, told, doomed));
}

/** The same until so many steps are made; then nothing is drawn, and no fault begins. */
function calmAfter(plan: Plan, step: number): Plan {
	return { ...plan, calmFromStep: Math.min(step, plan.calmFromStep ?? Infinity), soundFromStep: step };
}
