import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { realMs } from "../../simulator/world/clock";
import { openBench, type Baseline } from "./bench";
import { explained } from "./explained";
import { FATES, fateOf, isLeft, type Fate } from "./judge";
import { readMutants, type Mutant } from "./mutants";
import { plans } from "./plans";
import { openResults, type Results } from "./results";
import { search, searchLoaded, type SearchOptions } from "./search";
import { treeOf } from "./tree";

const USAGE = `Makes small mistakes in the program, and asks the unit tests and the simulator which of them they notice.

  npm run mutations -- [FOLDERS]   those whose files begin so, e.g. mixins/saga (default: all that are mutated)
  ... --seconds S                  begins no more simulations after so long; the next run goes on there
  ... --plans N                    a mutant with which so many plans held has survived (default 6)
  ... --same-units                 leaves what the unit tests have shown as it is
  ... --list                       only says what is known so far

Ends with 1 where a mutant is left that tests/mutations/explained.ts has no reason for.`;

const ROOT = path.join(__dirname, "../..");
const KEPT = path.join(ROOT, ".mutations");

/** In the order of how much there is to lose. */
const FOLDERS = [
	"mixins/saga",
	"mixins/outbox",
	"mixins/inbox",
	"mixins/idempotency",
	"mixins/events",
	"services/payments",
	"services/orders",
	"services/products",
];

async function main(): Promise<number> {
	const { values, positionals } = parseArgs({
		allowPositionals: true,
		options: {
			seconds: { type: "string", default: "Infinity" },
			plans: { type: "string", default: "6" },
			"same-units": { type: "boolean", default: false },
			list: { type: "boolean", default: false },
			help: { type: "boolean", short: "h" },
		},
	});
	if (values.help) {
		console.log(USAGE);
		return 0;
	}
	const endMs = realMs() + Number(values.seconds) * 1_000;
	const wanted = positionals.length > 0 ? positionals : [""];
	if (!values["same-units"] && !values.list) tryUnits();
	const all = await readMutants(path.join(KEPT, "units.json"));
	const mutants = all.filter(({ file }) => wanted.some((start) => file.startsWith(start)));
	const results = openResults(path.join(KEPT, "simulated.json"), ROOT);
	if (!values.list) await simulateAll(mutants, results, { plansMax: Number(values.plans), endMs });
	return tell(mutants, results);
}

/** Stryker leaves a tree with all mutants behind, that the simulator runs then. */
function tryUnits(): void {
	rmSync(path.join(KEPT, "stryker"), { recursive: true, force: true });
	const stryker = path.join(ROOT, "node_modules/@stryker-mutator/core/bin/stryker.js");
	const { status } = spawnSync(process.execPath, [stryker, "run", path.join(__dirname, "stryker.config.mjs")], {
		cwd: ROOT,
		stdio: "inherit",
	});
	if (status !== 0) throw new Error(`Stryker has ended with ${status}`);
}

async function simulateAll(
	mutants: readonly Mutant[],
	results: Results,
	limits: Pick<SearchOptions, "plansMax" | "endMs">,
): Promise<void> {
	const bench = await openBench(treeOf(path.join(KEPT, "stryker")));
	try {
		const baselines: Baseline[] = [];
		for (const named of plans) baselines.push(await bench.baselineOf(named));
		const isRun = ({ id }: Mutant): boolean => baselines.some(({ reached }) => reached.has(id));
		const isLoaded = (mutant: Mutant): boolean => !isRun(mutant) && bench.loaded.has(mutant.id);
		for (const each of mutants) results.of(each).isReached = isRun(each) || isLoaded(each);

		const options: SearchOptions = { bench, results, baselines, ...limits, report: (line) => console.log(line) };
		const left = FOLDERS.map((folder) =>
			mutants.filter((mutant) => isLeft(mutant) && mutant.file.startsWith(`${folder}/`)),
		);
		for (const [at, folder] of FOLDERS.entries()) {
			const beganMs = realMs();
			const running = left[at]!.filter(isRun);
			await search(running, options);
			const killed = running.filter((mutant) => results.of(mutant).killedBy).length;
			const minutes = ((realMs() - beganMs) / 60_000).toFixed(1);
			console.log(`${folder}: of ${running.length} the simulator has killed ${killed}, in ${minutes} minutes`);
		}
		for (const here of left) await searchLoaded(here.filter(isLoaded), options);
	} finally {
		results.save();
		await bench.close();
	}
}

/** Prints the score, and a line for each mutant that nobody has noticed or explained. @returns the exit code */
function tell(mutants: readonly Mutant[], results: Results): number {
	const fates = new Map<Mutant, Fate>(mutants.map((mutant) => [mutant, fateOf(mutant, results.of(mutant), explained)]));
	for (const [{ file, line, mutator, at, to }, fate] of fates)
		if (fate.kind === "survived") console.log(`${file}:${line} ${mutator} ${at} → ${to} (${fate.note})`);
	console.log(`\n| folder | mutants | ${FATES.join(" | ")} |\n| --- |${" --- |".repeat(FATES.length + 1)}`);
	for (const folder of [...FOLDERS, ""]) {
		const here = [...fates].filter(([{ file }]) => file.startsWith(folder)).map(([, { kind }]) => kind);
		if (here.length === 0) continue;
		const counts = FATES.map((fate) => here.filter((kind) => kind === fate).length);
		console.log(`| ${[folder || "all", here.length, ...counts].join(" | ")} |`);
	}
	return [...fates.values()].some(({ kind }) => kind === "survived") ? 1 : 0;
}

void main().then(
	(code) => process.exit(code),
	(error: Error) => {
		console.error(error);
		process.exit(1);
	},
);
