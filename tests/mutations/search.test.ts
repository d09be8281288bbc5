import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Baseline, Bench, Verdict } from "./bench";
import type { Mutant } from "./mutants";
import { openResults, type Results } from "./results";
import { search } from "./search";

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(path.join(tmpdir(), "molecart-search-"));
	writeFileSync(path.join(folder, "a.ts"), "");
});
afterEach(() => rmSync(folder, { recursive: true }));

const mutants = Array.from({ length: 40 }, (_, at) => ({
	id: String(at),
	key: String(at),
	file: "a.ts",
	from: at * 10,
	until: at * 10 + 5,
})) as Mutant[];

const baseline = (name: string): Baseline => ({
	named: { name, plan: {} as never },
	hash: "h",
	realMs: 1,
	reached: new Set(mutants.map(({ id }) => id)),
});

/** Simulates without a simulator. */
function benchOf(verdictOf: (plan: string, ids: readonly string[]) => Verdict) {
	const tried: string[][] = [];
	const bench = {
		simulate: async ({ named }: Baseline, ids: readonly string[]) => (tried.push([...ids]), verdictOf(named.name, ids)),
		renew: async () => undefined,
	} as unknown as Bench;
	return { bench, tried };
}

async function searched(verdictOf: (plan: string, ids: readonly string[]) => Verdict, plansMax = 9) {
	const results = openResults(path.join(folder, "results.json"), folder);
	const { bench, tried } = benchOf(verdictOf);
	const baselines = [baseline("quiet"), baseline("rich"), baseline("richer")];
	const said: string[] = [];
	await search(mutants, { bench, results, baselines, plansMax, endMs: Infinity, report: (line) => said.push(line) });
	return { results, tried, said };
}

const killed = (results: Results): string[] => mutants.filter((each) => results.of(each).killedBy).map(({ id }) => id);

test("mutants that changed nothing go on in groups, and of a group that breaks the culprit is found", async () => {
	const { results, tried } = await searched((plan, ids) =>
		plan !== "quiet" && ids.includes("17") ? { kind: "broken", by: "I1" } : { kind: "same" },
	);

	expect(killed(results)).toEqual(["17"]);
	expect(results.of(mutants[17]!).killedBy).toEqual({ plan: "rich", violation: "I1" });
	expect(results.of(mutants[16]!).held).toEqual({ quiet: "same", rich: "same", richer: "same" });
	expect(tried.length).toBeLessThan(40 + 15 + 5);
});

test("what goes another way is tried alone from then on, and a mutant only for so many plans", async () => {
	const { results, tried } = await searched((_plan, ids) => ({ kind: ids.includes("17") ? "other" : "same" }), 2);

	expect(results.of(mutants[17]!).held).toEqual({ quiet: "other", rich: "other" });
	expect(tried.filter((ids) => ids.includes("17"))).toEqual([["17"], ["17"]]);
	expect(Object.keys(results.of(mutants[16]!).held)).toHaveLength(3);
});

test("kills are doubted where the process is not as it was", async () => {
	let isSpoilt = false;

	const { results, said } = await searched((plan, ids) => {
		if (ids.includes("17")) isSpoilt = true;
		return isSpoilt && plan === "quiet" ? { kind: "broken", by: "I1" } : { kind: "same" };
	});

	expect(killed(results)).toEqual([]);
	expect(said[0]).toContain("kills are doubted");
});

test("what is known is not tried again, until its file is another one", async () => {
	const first = await searched(() => ({ kind: "same" }));
	const again = await searched(() => ({ kind: "same" }));
	writeFileSync(path.join(folder, "a.ts"), "changed");
	const changed = await searched(() => ({ kind: "same" }));

	expect(again.tried).toEqual([]);
	expect(changed.tried).toHaveLength(first.tried.length);
});
