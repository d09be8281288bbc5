import { RABBITMQ } from "../world/servers";
import { begin, type Fault, type FaultSurroundings } from "./faults";
import type { FaultPlan } from "./fault-plans";

/** The faults of a plan: they begin when their step has come, one after the other or several at once, and end in their time. */
export interface Timeline {
	/** Lets begin and end what has to by now. */
	goOn(): void;
	/** Nothing happens any more for which the next fault waits: it begins now. */
	beginNext(): void;
	/** Since when none has begun or ended, where none lasts, and one is to come that waits. */
	waitingSinceMs(): number | undefined;
	/** There is nothing for those that last to disturb any more: they end soon, and cost no more steps. */
	endSoon(): void;
	/** Those that have begun, over or not. */
	begun(): readonly Lasting[];
	/** Those that last now. */
	current(): readonly Lasting[];
	/** Since when none lasts and none is to come, in ms; undefined until then. */
	overSinceMs(): number | undefined;
}

export interface Lasting {
	readonly fault: Fault;
	readonly sinceMs: number;
	readonly endMs: number;
}

interface Begun extends Lasting {
	endMs: number;
}

const STATEMENT = /^\d+ (n\d+) #\d+ (\S+)/;

/** Longer than a second, which is how often a node looks for work. */
const SOON_MS = 2_000;

/** @param soundFromStep from this step on none begins */
export function newTimeline(
	plans: readonly FaultPlan[],
	surroundings: FaultSurroundings,
	soundFromStep = Infinity,
): Timeline {
	const { world, cluster, queues } = surroundings;
	const { schedule, clock, network, rabbitmq } = world;
	const openedStep = schedule.steps;
	const waiting = plans.toSorted((a, b) => a.fromStep - b.fromStep);
	const begun: Begun[] = [];
	let current: Begun[] = [];
	let overSinceMs: number | undefined;
	let changedMs = clock.nowMs();

	const isInUse = (queue: string): boolean => rabbitmq.queues().some(({ name, ready }) => name === queue && ready > 0);

	/** When what the first one waits for was seen, and of which node. */
	let seen: { step: number; node?: number } | undefined;
	/** One statement sets off one fault. */
	let lastDoneStep = -1;

	function isTime(plan: FaultPlan): boolean {
		const { fromStep, whenAsked, whenDoing, afterSteps = 0, whenWaiting } = plan;
		if (schedule.steps - openedStep < fromStep) return false;
		if (whenWaiting && "nth" in plan && plan.nth !== undefined) return isInUse(queues[plan.nth % queues.length]!);
		if (whenDoing !== undefined) {
			const node = schedule.steps > lastDoneStep ? doerOf(whenDoing) : undefined;
			if (node !== undefined) seen ??= { step: (lastDoneStep = schedule.steps), node };
		} else if (whenAsked !== undefined && "node" in plan && plan.node !== undefined) {
			const { host } = cluster.nodes[plan.node % cluster.nodes.length]!;
			if (network.isOnItsWay(host, RABBITMQ, `"action":"${whenAsked}"`)) seen ??= { step: schedule.steps };
		} else return true;
		return seen !== undefined && schedule.steps - seen.step >= afterSteps;
	}

	/** Whose statement of that name the last choice was. */
	function doerOf(name: string): number | undefined {
		const [, node, statement] = STATEMENT.exec(schedule.lines[schedule.choices.at(-1) ?? 0] ?? "") ?? [];
		if (statement !== name && !statement?.endsWith(`.${name}`)) return undefined;
		return cluster.nodes.findIndex((each) => each.name === node);
	}

	function beginNext(): void {
		const next = waiting.shift();
		const node = seen?.node;
		seen = undefined;
		if (!next) return;
		const plan = node !== undefined && "node" in next ? ({ ...next, node } as FaultPlan) : next;
		const nowMs = clock.nowMs();
		const lasting = { fault: begin(plan, surroundings), sinceMs: nowMs, endMs: nowMs + plan.forMs };
		begun.push(lasting);
		current.push(lasting);
		changedMs = nowMs;
	}

	return {
		beginNext,
		endSoon() {
			const soonMs = clock.nowMs() + SOON_MS;
			for (const each of current) each.endMs = Math.min(each.endMs, soonMs);
		},
		goOn() {
			const nowMs = clock.nowMs();
			if (schedule.steps >= soundFromStep) waiting.length = 0;
			const ending = current.filter(({ endMs }) => endMs <= nowMs);
			current = current.filter(({ endMs }) => endMs > nowMs);
			for (const { fault } of ending) {
				schedule.note(`FAULT OVER: ${fault.plan.kind}`);
				fault.end();
				changedMs = nowMs;
			}
			while (waiting[0] && isTime(waiting[0])) beginNext();
			if (waiting.length === 0 && current.length === 0) overSinceMs ??= nowMs;
		},
		waitingSinceMs: () => (current.length === 0 && waiting.length > 0 ? changedMs : undefined),
		begun: () => begun,
		current: () => current,
		overSinceMs: () => overSinceMs,
	};
}
