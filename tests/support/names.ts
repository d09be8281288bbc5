import { randomInt } from "node:crypto";

/** Everything that a test run makes on a shared server begins with this, so that nothing else is ever dropped. */
const PREFIX = "molecart_test";

/** A name that tells whose it is: `molecart_test_<pid>_<n>`. `n` is random, as Jest loads this file for each suite. */
export function ownName(n: string | number = randomInt(1e9)): string {
	return `${PREFIX}_${process.pid}_${n}`;
}

/** Was made by a run of ours whose process is dead, or by this process. */
export function isLeftOver(name: string): boolean {
	const pid = new RegExp(`^${PREFIX}_(\\d+)_.+$`).exec(name)?.[1];
	return pid !== undefined && (Number(pid) === process.pid || !isAlive(Number(pid)));
}

function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === "EPERM";
	}
}
