import { until } from "../support/until";
import type { Ground } from "./ground";
import { begun, hasEnded, prepared, type Path } from "./paths";
import type { Failpoint } from "./survey";

/** From the restart of the node to the end of its order. */
export const TERMINAL_MS_MAX = 10_000;
/** From the restart until every invariant holds. */
const SOUND_MS_MAX = 60_000;

/** What came of one death. */
export interface Outcome {
	point: Failpoint;
	/** Where the node did not come by in time, the order simply ended. */
	reached: boolean;
	terminalMs: number;
	soundMs: number;
	violations: string[];
}

/** Kills the node at the point, restarts it, and looks. */
async function killAt(
	ground: Ground,
	point: Failpoint,
	begin: () => Promise<string>,
	terminalMsMax: number | undefined,
): Promise<Outcome> {
	const node = ground.nodes[point.victim];
	await node.prepare();
	node.arm(point.at);
	const beginning = begun(begin);
	await diesOrEnds(ground, point, beginning);
	const reached = !(await node.disarmed());
	const restartedAt = performance.now();
	if (reached) await node.restart();

	const violations: string[] = [];
	const note = (error: Error): void => void violations.push(error.message);
	const id = await beginning;
	await hasEnded(ground.stage, id, point.path, SOUND_MS_MAX).catch(note);
	const terminalMs = Math.round(performance.now() - restartedAt);
	if (terminalMsMax !== undefined && terminalMs > terminalMsMax)
		violations.push(`the order was terminal only after ${terminalMs} ms`);
	await sound(ground, SOUND_MS_MAX).catch(note);
	return { point, reached, terminalMs, soundMs: Math.round(performance.now() - restartedAt), violations };
}

/** Until the node has died, or the order's path has ended, in every service, without that. */
async function diesOrEnds(ground: Ground, { path, victim }: Failpoint, beginning: Promise<string>): Promise<void> {
	const node = ground.nodes[victim];
	let over = false;
	const walk = async (): Promise<void> => {
		await hasEnded(ground.stage, await beginning, path, SOUND_MS_MAX);
		await sound(ground, SOUND_MS_MAX);
	};
	walk().then(
		() => (over = true),
		() => (over = true),
	);
	await until(() => node.isDead() || over, { what: `${victim} to die`, withinMs: 2 * SOUND_MS_MAX, everyMs: 5 });
}

function sound({ broken }: Ground, withinMs: number): Promise<unknown> {
	return until(
		async () => {
			const faults = await broken();
			if (faults.length > 0) throw new Error(faults.join("; "));
			return true;
		},
		{ what: "every invariant to hold", withinMs, everyMs: 50 },
	);
}

/** So many at once get ready for their path: registering and filling a cart takes longer than ordering it. */
const READY_MAX = 12;

/**
 * One death after the other; `tell` hears of each. What stays broken would be found again after each later one: it is the
 * last. Orders are held to `terminalMsMax` only where the machine has nothing else to do.
 */
export async function killAtEach(
	ground: Ground,
	points: readonly Failpoint[],
	{ terminalMsMax, tell }: { terminalMsMax?: number; tell?: (outcome: Outcome) => void } = {},
): Promise<Outcome[]> {
	const outcomes: Outcome[] = [];
	for (let from = 0; from < points.length; from += READY_MAX) {
		const round = points.slice(from, from + READY_MAX);
		const begins = await Promise.all(round.map(({ path }) => prepared(ground.stage, path)));
		await sound(ground, SOUND_MS_MAX);
		for (const [index, point] of round.entries()) {
			const outcome = await killAt(ground, point, begins[index]!, terminalMsMax);
			outcomes.push(outcome);
			tell?.(outcome);
			if (outcome.violations.length > 0 && (await ground.broken()).length > 0) return outcomes;
		}
	}
	return outcomes;
}

/** The story of a run, for people: failpoints × paths, and what was violated. */
export function reportOf(outcomes: readonly Outcome[], paths: readonly Path[]): string {
	const lines = paths.map((path) => {
		const own = outcomes.filter(({ point }) => point.path === path);
		const reached = own.filter((outcome) => outcome.reached);
		const violations = own.flatMap((outcome) => outcome.violations).length;
		const ms = reached.map(({ terminalMs }) => terminalMs).toSorted((a, b) => a - b);
		return (
			`${path.name}: killed at ${reached.length} of ${own.length} failpoints, terminal after ` +
			`${ms[Math.floor(ms.length / 2)] ?? 0} ms (median), ${ms.at(-1) ?? 0} ms (longest), ${violations} violations`
		);
	});
	const all = outcomes.flatMap(({ point, violations }) =>
		violations.map((violation) => `  ${point.path.name}, ${point.victim} at "${point.at}": ${violation}`),
	);
	const missed = outcomes.filter(({ reached }) => !reached);
	return [
		...lines,
		...missed.map(({ point }) => `  not passed this time: ${point.path.name}, ${point.victim} at "${point.at}"`),
		`${outcomes.length} failpoints × paths, ${all.length} violations`,
		...all,
	].join("\n");
}
