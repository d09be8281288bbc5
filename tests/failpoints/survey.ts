import { setTimeout as pause } from "node:timers/promises";
import { VICTIMS, type Ground, type Victim } from "./ground";
import { begun, hasEnded, PATHS, prepared, type Path } from "./paths";

/** A place on a path at which a node may die. */
export interface Failpoint {
	path: Path;
	victim: Victim;
	/** What FAULT_AT takes. */
	at: string;
}

/** Leases are renewed each second for whatever is in work: no place on a path. */
const TIMED = /\.renew\b/;

/** Longer than every sweep and renewal of a lease. */
const IDLE_MS = 2_500;

/**
 * Every failpoint of every path, as the nodes pass them: nothing that is written, said or heard on the way is left
 * out, however the code behind it changes. What a node does by itself as well, such as renewing a lease, is not on a path.
 */
export async function survey(ground: Ground): Promise<Failpoint[]> {
	await walk(ground, PATHS[0]!);
	const idle = await recorded(ground, () => pause(IDLE_MS));
	const found: Failpoint[] = [];
	for (const path of PATHS) {
		const begin = await prepared(ground.stage, path);
		await ground.stage.untilSound(60_000);
		const passed = await recorded(ground, async () => {
			await hasEnded(ground.stage, await begun(begin), path, 60_000);
			await ground.stage.untilSound(60_000);
		});
		for (const victim of VICTIMS) {
			const onPath = passed[victim].filter((point) => !idle[victim].includes(point) && !TIMED.test(point));
			found.push(...numbered(onPath).map((at) => ({ path, victim, at })));
		}
	}
	return found;
}

async function walk(ground: Ground, path: Path): Promise<void> {
	await hasEnded(ground.stage, await begun(await prepared(ground.stage, path)), path, 60_000);
	await ground.stage.untilSound(60_000);
}

async function recorded(ground: Ground, work: () => Promise<unknown>): Promise<Record<Victim, string[]>> {
	const nodes = Object.values(ground.nodes);
	for (const node of nodes) node.record();
	await work();
	const passed = await Promise.all(nodes.map(async (node) => [node.name, await node.passed()] as const));
	return Object.fromEntries(passed) as Record<Victim, string[]>;
}

/** The second passage of one point is `<point>#2`. */
function numbered(points: readonly string[]): string[] {
	const passages = new Map<string, number>();
	return points.map((point) => {
		const passage = (passages.get(point) ?? 0) + 1;
		passages.set(point, passage);
		return passage === 1 ? point : `${point}#${passage}`;
	});
}
