import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Plan } from "./plan";

/** Plans that failed once, each under its seed: they are run for ever after. */
export const FOUND = path.join(__dirname, "../found");

/** What a plan did not have when it was kept, it has none of. */
const NONE: Partial<Plan> = { clerks: [], operators: [] };

export async function readPlan(file: string): Promise<Plan> {
	return { ...NONE, ...(JSON.parse(await readFile(file, "utf8")) as Plan) };
}

/** @returns where it lies, from the project's folder */
export async function savePlan(plan: Plan): Promise<string> {
	await mkdir(FOUND, { recursive: true });
	const file = path.join(FOUND, `${plan.seed}.json`);
	await writeFile(file, `${JSON.stringify(plan, undefined, "\t")}\n`);
	return path.relative(process.cwd(), file);
}

export function replayLine(seed: number): string {
	return `npm run simulate -- --seed ${seed}`;
}
