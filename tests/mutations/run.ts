import { existsSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { realMs } from "../../simulator/world/clock";
import { inOrderOfUse } from "./baselines";
import { openBench, type Baseline } from "./bench";
import folders from "./folders.json";
import { explained } from "./explained";
import { fateOf, isLeft } from "./judge";
import { readMutants, type Mutant } from "./mutants";
import { plans } from "./plans";
import { openResults, type Results } from "./results";
import { search, searchLoaded, type SearchOptions } from "./search";
import { trySuites } from "./suites";
import { tell } from "./tell";
import { keptOf, ROOT, treeOf, tryUnits } from "./units";

const USAGE = `Makes small mistakes in the program, and asks the unit tests and the simulator which of them they notice.

  npm run mutations -- [FOLDERS]   those in these folders of tests/mutations/folders.json (default: all)
  ... --seconds S                  begins no more simulations after so long; the next run goes on there
  ... --plans N                    a mutant has survived with which so many plans went another way, and held (default 3)
  ... --same-units                 leaves what the unit tests have shown as it is
  ... --suites                     tries what is left, and has no reason yet, with suites on servers: a minute or so for each
  ... --list                       only says what is known so far

Ends with 1 where a mutant is left that tests/mutations/explained.ts has no reason for.`;

async function main(): Promise<number> {
	const { values, positionals } = parseArgs({
		allowPositionals: true,
		options: {
			seconds: { type: "string", default: "Infinity" },
			plans: { type: "string", default: "3" },
			"same-units": { type: "boolean", default: false },
			suites: { type: "boolean", default: false },
			list: { type: "boolean", default: false },
			help: { type: "boolean", short: "h" },
		},
	});
	if (values.help) {
		console.log(USAGE);
		return 0;
	}
	const chosen = positionals.length > 0 ? positionals : Object.keys(folders);
	const unknown = chosen.filter((folder) => !(folder in folders));
	if (unknown.length > 0) throw new Error(`Nothing is mutated in ${unknown.join(", ")}`);
	const limits = { plansMax: Number(values.plans), endMs: realMs() + Number(values.seconds) * 1_000 };
	const results = openResults(path.join(keptOf(""), "simulated.json"), ROOT);
	const all: Mutant[] = [];
	for (const folder of chosen) {
		const report = path.join(keptOf(folder), "units.json");
		const isKnown = existsSync(report);
		if (values.list && !isKnown) continue;
		if (!values.list && !(values["same-units"] && isKnown)) tryUnits(folder);
		const mutants = await readMutants(report);
		if (!values.list && realMs() < limits.endMs) await simulateAll(folder, mutants, results, limits);
		if (values.suites) {
			const open = mutants.filter((each) => isOpen(each, results));
			await trySuites(open, folders[folder as Folder].suites, { ...limits, tree: treeOf(folder), results });
		}
		all.push(...mutants);
	}
	return tell(all, results, chosen);
}

type Folder = keyof typeof folders;

function isOpen(mutant: Mutant, results: Results): boolean {
	const { kind } = fateOf(mutant, results.of(mutant), explained);
	return kind === "survived" || kind === "not run";
}

/** Tries with plans what the unit tests have left. */
async function simulateAll(
	folder: string,
	mutants: readonly Mutant[],
	results: Results,
	limits: Pick<SearchOptions, "plansMax" | "endMs">,
): Promise<void> {
	const beganMs = realMs();
	const bench = await openBench(treeOf(folder));
	try {
		const all: Baseline[] = [];
		for (const named of plans) all.push(await bench.baselineOf(named));
		const baselines = inOrderOfUse(all);
		const isRun = ({ id }: Mutant): boolean => baselines.some(({ reached }) => reached.has(id));
		const isLoaded = (mutant: Mutant): boolean => !isRun(mutant) && bench.loaded.has(mutant.id);
		for (const each of mutants) results.of(each).isReached = isRun(each) || isLoaded(each);

		const options: SearchOptions = { bench, results, baselines, ...limits, report: (line) => console.log(line) };
		const left = mutants.filter(isLeft);
		await search(left.filter(isRun), options);
		await searchLoaded(left.filter(isLoaded), options);
		const killed = left.filter((mutant) => results.of(mutant).killedBy).length;
		const minutes = ((realMs() - beganMs) / 60_000).toFixed(1);
		console.log(
			`${folder}: the simulator was asked for ${minutes} minutes, and has killed ${killed} of ${left.length}`,
		);
	} finally {
		results.save();
		await bench.close();
	}
}

void main().then(
	(code) => process.exit(code),
	(error: Error) => {
		console.error(error);
		process.exit(1);
	},
);
