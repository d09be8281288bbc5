export interface ShrinkOptions<Plan> {
	plan: Plan;
	/** Plans with a little less in them, those first that leave out most. */
	smaller(plan: Plan): Plan[];
	/** Whether it still fails in the same way. */
	fails(plan: Plan): Promise<boolean>;
	/** How many are tried at once. */
	atOnce: number;
	/** Whether there is no time for more. */
	isOver(): boolean;
}

/**
 * Leaves out of a failing plan what it fails without: greedily, one reduction after the other, until none is left (delta
 * debugging, Zeller 1999). Deterministic but for the time limit, and for which of those tried at once is the first.
 * @returns the smallest plan that was found, and how many were tried
 */
export async function shrink<Plan>(options: ShrinkOptions<Plan>): Promise<{ plan: Plan; tried: number }> {
	const { smaller, fails, atOnce, isOver } = options;
	let { plan } = options;
	let tried = 0;

	/** @returns the first of them that fails */
	async function firstFailing(candidates: readonly Plan[]): Promise<Plan | undefined> {
		for (let at = 0; at < candidates.length && !isOver(); at += atOnce) {
			const batch = candidates.slice(at, at + atOnce);
			const failing = await Promise.all(batch.map(fails));
			tried += batch.length;
			const found = batch.find((_, index) => failing[index]);
			if (found !== undefined) return found;
		}
		return undefined;
	}

	while (!isOver()) {
		const found = await firstFailing(smaller(plan));
		if (found === undefined) break;
		plan = found;
	}
	return { plan, tried };
}
