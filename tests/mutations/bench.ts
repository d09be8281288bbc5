import { rm } from "node:fs/promises";
import path from "node:path";
import { makeTemplate } from "../../simulator/shop/template";
import { keepFolder, startPostgres } from "../../simulator/world/postgres/server";
import { newWorkers } from "../../simulator/world/workers";
import type { NamedPlan } from "./plans";
import type { Answer, Job } from "./worker";

/** What a simulation comes to, beside the same one without mutants. */
export type Verdict =
	/** Choice for choice the same: of what the mutants changed, nothing was to be seen. */
	| { kind: "same" }
	/** Another one, in which all holds. */
	| { kind: "other" }
	| { kind: "broken"; by: string };

/** A plan without mutants. */
export interface Baseline {
	named: NamedPlan;
	hash: string;
	realMs: number;
	/** The mutants that it comes by. */
	reached: ReadonlySet<string>;
}

/** Simulates a tree that has all mutants in it. */
export interface Bench {
	baselineOf(named: NamedPlan): Promise<Baseline>;
	/** The mutants that loading the program comes by. Known when there is a baseline. */
	readonly loaded: ReadonlySet<string>;
	/** With these mutants switched on. */
	simulate(baseline: Baseline, mutants: readonly string[]): Promise<Verdict>;
	/** The same in a process that was loaded with the mutant, and has done nothing else. */
	simulateLoaded(baseline: Baseline, mutant: string): Promise<Verdict>;
	/** What one simulation may have left behind is not there for the next. */
	renew(): Promise<void>;
	close(): Promise<void>;
}

/** Ten times what a plan takes on a busy machine; a mutant whose loop has no end would take for ever. */
const JOB_MS_MAX = 60_000;
const JOBS_MAX = 300;

/** @param tree where Stryker's code lies */
export async function openBench(tree: string): Promise<Bench> {
	const template = await startPostgres();
	await makeTemplate(template);
	keepFolder(template);
	await template.stop();
	const script = path.join(tree, "tests/mutations/worker.ts");
	const open = () =>
		newWorkers<Job, Answer>(script, 1, [template.folder], {
			jobsMax: JOBS_MAX,
			jobMsMax: JOB_MS_MAX,
			mayEnd: true,
		});
	const loaded = new Set<string>();
	let pool = open();

	async function verdictOf(named: NamedPlan, hash: string, mutants: readonly string[]): Promise<Verdict> {
		try {
			const answer = await pool.run({ plan: named.plan, mutants, isTold: false });
			if (answer.violations[0] !== undefined) return { kind: "broken", by: answer.violations[0] };
			return { kind: answer.hash === hash ? "same" : "other" };
		} catch (error) {
			return { kind: "broken", by: (error as Error).message.split("\n")[0]! };
		}
	}

	return {
		loaded,
		async baselineOf(named) {
			const { violations, hash, realMs, ...told } = await pool.run({ plan: named.plan, mutants: [], isTold: true });
			if (violations.length > 0) throw new Error(`${named.name} fails without a mutant: ${violations[0]}`);
			for (const id of told.loaded) loaded.add(id);
			return { named, hash, realMs, reached: new Set(told.reached) };
		},
		simulate: ({ named, hash }, mutants) => verdictOf(named, hash, mutants),
		async simulateLoaded({ named, hash }, mutant) {
			await pool.close();
			process.env["MUTANTS_LOADED"] = mutant;
			pool = open();
			try {
				return await verdictOf(named, hash, []);
			} finally {
				delete process.env["MUTANTS_LOADED"];
				await pool.close();
				pool = open();
			}
		},
		async renew() {
			await pool.close();
			pool = open();
		},
		async close() {
			await pool.close();
			await rm(template.folder, { recursive: true });
		},
	};
}
