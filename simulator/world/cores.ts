import { existsSync, readFileSync } from "node:fs";

const STATUS = "/proc/self/status";
const TASKSET = "/usr/bin/taskset";

/** What a program is started by that stays on a core, and all that it starts. */
export function startedOn(core: number, program: string): { execPath: string; execArgv: string[] } {
	return { execPath: TASKSET, execArgv: ["-c", String(core), program] };
}

/** The numbers of those that this process may use; none where nothing can be bound to one. */
export function coresToBindTo(): number[] {
	if (!existsSync(STATUS) || !existsSync(TASKSET)) return [];
	const [, list = ""] = /^Cpus_allowed_list:\s*(.*)$/m.exec(readFileSync(STATUS, "utf8")) ?? [];
	return coresIn(list);
}

/** @param list as Linux writes it, such as `0-3,8` */
export function coresIn(list: string): number[] {
	return [...list.matchAll(/(\d+)(?:-(\d+))?/g)].flatMap(([, first, last = first]) =>
		Array.from({ length: Number(last) - Number(first) + 1 }, (_, at) => Number(first) + at),
	);
}
