import { availableParallelism } from "node:os";
import { readdir } from "node:fs/promises";
import path from "node:path";
import { parseArgs } from "node:util";
import { FOUND, readPlan } from "./shop/found";
import { planOf, type Plan } from "./shop/plan";
import { halfRolledOut, openRevision } from "./revision";
import { runPlans } from "./run-plans";

const USAGE = `Simulates the whole shop, each seed another run of it.

  npm run simulate -- [--seeds N] [--from SEED]   N of them (default 100) from a number on (default: by the clock)
  npm run simulate -- --seed SEED                 one
  npm run simulate -- --plan FILE                 one that was kept
  npm run simulate -- --found                     all that were kept, in simulator/found
  ... --beside REVISION                           half of the nodes run what Git knows as that, or a folder has, as in a rollout
  ... --seconds S                                 begins no more after so long
  ... --workers W                                 so many processes (default: one for each core)
  ... --fresh                                     each in a process of its own
  ... --schedule FILE                             writes every choice that was made, one a line
  ... --hashes FILE                               writes a line for each seed: which schedules were the same
  ... --coverage                                  says what was reached how often, and what never
  ... --no-shrink                                 leaves what fails as it is`;

const OPTIONS = {
	seeds: { type: "string" },
	from: { type: "string" },
	seed: { type: "string" },
	plan: { type: "string" },
	found: { type: "boolean" },
	seconds: { type: "string" },
	workers: { type: "string" },
	beside: { type: "string" },
	fresh: { type: "boolean" },
	schedule: { type: "string" },
	hashes: { type: "string" },
	coverage: { type: "boolean" },
	"no-shrink": { type: "boolean" },
	help: { type: "boolean", short: "h" },
} as const;

async function main(): Promise<boolean> {
	const { values } = parseArgs({ options: OPTIONS });
	if (values.help) {
		console.log(USAGE);
		return true;
	}
	const { seconds, workers, schedule, hashes, coverage } = values;
	const plans = values.found ? await foundPlans() : values.plan ? [await readPlan(values.plan)] : undefined;
	const from = Number(values.seed ?? values.from ?? Math.floor(performance.timeOrigin / 1_000));
	const count = plans?.length ?? Number(values.seed ? 1 : (values.seeds ?? (seconds ? Infinity : 100)));
	const planAt = (at: number): Plan => plans?.[at] ?? planOf(from + at);
	await using revision = values.beside === undefined ? undefined : openRevision(values.beside);
	return await runPlans({
		planAt: revision ? (at) => halfRolledOut(planAt(at)) : planAt,
		count,
		what: plans ? "kept plans" : `seeds from ${from} on`,
		otherFolder: revision?.folder,
		secondsMax: Number(seconds ?? Infinity),
		workers: Number(workers ?? Math.min(availableParallelism(), count)),
		isFresh: values.fresh ?? false,
		scheduleFile: schedule,
		hashesFile: hashes,
		isCounting: coverage ?? false,
		isExplaining: !values["no-shrink"] && !values.found,
	});
}

async function foundPlans(): Promise<Plan[]> {
	const files = (await readdir(FOUND)).toSorted();
	return await Promise.all(files.map((name) => readPlan(path.join(FOUND, name))));
}

void main().then(
	(isWhole) => process.exit(isWhole ? 0 : 1),
	(error: Error) => {
		console.error(error);
		process.exit(1);
	},
);
