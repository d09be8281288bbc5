import type { Plan } from "./shop/plan";
import { smallerPlans } from "./shop/smaller";
import { realMs } from "./world/clock";
import { shrink } from "./world/shrink";
import type { Workers } from "./world/workers";
import type { Answer, Job } from "./worker";

const SHRINK_MS_MAX = 180_000;

export interface Smallest {
	plan: Plan;
	/** How many plans were tried. */
	tried: number;
	/** Whether a plan fails in the way in which the first one has failed. */
	fails(plan: Plan): Promise<boolean>;
}

/** Leaves out of a plan what it fails without, in the way in which it has failed. */
export async function smallestOf(options: {
	pool: Workers<Job, Answer>;
	plan: Plan;
	answer: Answer;
	atOnce: number;
}): Promise<Smallest> {
	const { pool, plan, answer, atOnce } = options;
	const kinds = new Set(answer.violations.map(kindOf));
	let { steps } = answer;
	const fails = async (smaller: Plan): Promise<boolean> => {
		const found = await pool.run({ plan: smaller, isTold: false });
		const isSame = found.violations.some((violation) => kinds.has(kindOf(violation)));
		if (isSame) ({ steps } = found);
		return isSame;
	};
	const endMs = realMs() + SHRINK_MS_MAX;
	const isOver = (): boolean => realMs() > endMs;
	const found = await shrink({ plan, smaller: (each) => smallerPlans(each, steps), fails, atOnce, isOver });
	return { ...found, fails };
}

/** I1, I2, …, what stands before a colon, or the first words. */
export function kindOf(violation: string): string {
	return /I\d/.exec(violation)?.[0] ?? /^[^:]{1,40}(?=:)/.exec(violation)?.[0] ?? violation.slice(0, 20);
}
