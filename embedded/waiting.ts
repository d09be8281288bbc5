import { setTimeout as pause } from "node:timers/promises";

/** Asks again until the answer is yes (true) or the limit has passed (false). */
export async function becomesTrue(
	question: () => boolean | Promise<boolean>,
	{ withinMs, everyMs = 10 }: { withinMs: number; everyMs?: number },
): Promise<boolean> {
	const deadline = Date.now() + withinMs;
	while (!(await question())) {
		if (Date.now() >= deadline) return false;
		await pause(everyMs);
	}
	return true;
}
