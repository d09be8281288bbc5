import { realMs } from "../world/clock";
import type { Counts } from "../world/coverage";
import { newCarriers, type Carriers } from "../world/postgres/carriers";
import { openControl, type Control } from "../world/postgres/control";
import { reset } from "../world/postgres/reset";
import type { PostgresServer } from "../world/postgres/server";
import { hashOf } from "../world/random";
import { openWorld } from "../world/world";
import { letAct } from "./actors";
import { watch } from "./always";
import { brokenInTheEnd, deadLetters, type Known } from "./checks";
import type { Command } from "./client";
import { coverageOf } from "./coverage";
import { brokenDecisions } from "./decisions";
import { stillToDo } from "./ended";
import { healedMistakes } from "./healed";
import { newLiveness } from "./liveness";
import type { Plan } from "./plan";
import { newShopper } from "./shoppers";
import { loadProgram } from "./program";
import { newStage, type Equipment, type Stage } from "./stage";
import { newStranger } from "./stranger";
import { DATABASE, urlOf } from "./template";
import { newTimeline } from "./timeline";

/** What became of one simulation. */
export interface Outcome {
	seed: number;
	/** Sentences; empty when all held. */
	violations: string[];
	/** The step after which the first of them was seen, and when; it ended there. */
	firstStep: number | undefined;
	firstMs: number | undefined;
	/** Of the whole schedule: two with one hash went alike. */
	hash: string;
	/** Every choice that was made, and what was noted between them. */
	lines: readonly string[];
	steps: number;
	/** Where the lines are of the choices: of the first at 0. */
	choices: readonly number[];
	statements: number;
	simulatedMs: number;
	/** How long it took on this machine. */
	realMs: number;
	history: readonly Command[];
	/** What was reached, how often. */
	reached: Counts;
}

/** What one process simulates with, one simulation after the other. */
export interface Laboratory extends Equipment {
	control: Control;
	carriers: Carriers;
	/** As its owner. */
	ownerUrl: string;
}

/** When faults are over, each accepted order ends within it. */
const REST_MS_MAX = 60_000;
const MIDNIGHT_MS = Date.UTC(2026, 5, 16);
/** Between looks whether the shop has come to rest. */
const LOOK_MS = 250;
/** What comes late, such as a repeated event, comes within it: the shop is whole that is so before and after. */
const REST_MS = 2_000;

/** @param otherFolder of another version of the program, which the nodes run that a plan says it of */
export async function openLaboratory(server: PostgresServer, otherFolder?: string): Promise<Laboratory> {
	const ownerUrl = server.urlOf(DATABASE);
	return {
		control: await openControl(ownerUrl),
		carriers: newCarriers(),
		databaseUrl: urlOf(server),
		ownerUrl,
		program: loadProgram(),
		otherProgram: otherFolder === undefined ? undefined : loadProgram(otherFolder),
	};
}

export async function simulate(plan: Plan, laboratory: Laboratory): Promise<Outcome> {
	const { control, carriers, ownerUrl } = laboratory;
	const beganMs = realMs();
	await reset(control);
	carriers.beginAnew();
	const { seed, luck, weather, doubled, calmFromStep, untilMidnightMs } = plan;
	const world = openWorld({
		seed: hashOf(`${seed} ${luck}`),
		weather,
		doubled,
		control,
		carriers,
		...(calmFromStep !== undefined && { calmFromStep }),
		...(untilMidnightMs !== undefined && { startMs: MIDNIGHT_MS - untilMidnightMs }),
	});
	const { schedule, sessions, clock } = world;
	const startMs = clock.nowMs();
	const stranger = newStranger(ownerUrl);
	try {
		const stage = newStage(plan, world, laboratory, stranger);
		const violations = await run(plan, stage).catch((error: Error) => [error.message]);
		const reached = await coverageOf(schedule.lines, stage.heard, control);
		const isBroken = violations.length > 0;
		return {
			seed,
			violations: [...new Set(violations)],
			firstStep: isBroken ? schedule.steps : undefined,
			firstMs: isBroken ? clock.nowMs() - startMs : undefined,
			hash: schedule.hash(),
			lines: [...schedule.lines, ...violations.map((each) => `${clock.nowMs() - startMs} BROKEN: ${each}`)],
			steps: schedule.steps,
			choices: schedule.choices,
			statements: sessions.statements,
			simulatedMs: clock.nowMs() - startMs,
			realMs: Math.round(realMs() - beganMs),
			history: stage.client.history,
			reached,
		};
	} finally {
		await stranger.leave();
		await world.close();
	}
}

async function run(plan: Plan, stage: Stage): Promise<string[]> {
	const { world, client, surroundings } = stage;
	const { schedule, clock, control, rabbitmq, sessions } = world;
	const products = await stage.open();
	const shoppers = plan.shoppers.map((each, number) => newShopper(each, number + 1));
	const timeline = newTimeline(plan.faults, surroundings, plan.soundFromStep);
	const isTroubled = (): boolean => timeline.overSinceMs() === undefined;
	const actors = letAct(stage, shoppers, products, isTroubled);
	const liveness = newLiveness(stage, timeline, shoppers);
	const watching = watch(control, stage.heard);
	sessions.onCommit = watching.committed;
	let broken: string[] = [];
	let troubledFromMs = Infinity;
	const goOn = (): void => {
		timeline.goOn();
		if (timeline.current().length > 0) troubledFromMs = Math.min(troubledFromMs, clock.nowMs());
	};
	const isBroken = (): boolean | Promise<boolean> => {
		const looking = watching.look();
		if (!looking) return (goOn(), false);
		return looking.then((faults) => {
			broken = faults;
			if (broken.length === 0) goOn();
			return broken.length > 0;
		});
	};

	// What never comes to rest is found at the end, and that is to come.
	const isWaitedInVain = (): boolean => clock.nowMs() - (timeline.waitingSinceMs() ?? Infinity) > REST_MS_MAX;

	const restMsMax = plan.restMsMax ?? REST_MS_MAX;
	const known: Known = { plan, stage, products, shoppers, restocked: actors.restocked, poisons: actors.poisons };
	let left: string[] = [];
	let isWhole = false;
	for (let waitMs = LOOK_MS; ;) {
		if (await schedule.run(isBroken, waitMs)) return broken;
		waitMs = LOOK_MS;
		broken = [...deadLetters(rabbitmq, actors.poisons), ...(await liveness.look())];
		if (broken.length > 0) return broken;
		const overSinceMs = timeline.overSinceMs();
		const acting = actors.acting() + (isTroubled() ? 0 : actors.deciding());
		left = acting > 0 ? [`${acting} clients wait still`] : await stillToDo(control, rabbitmq);
		if (overSinceMs === undefined) {
			const isAtRest = left.length === 0;
			if (isAtRest && timeline.current().length > 0) timeline.endSoon();
			else if (isAtRest || isWaitedInVain()) timeline.beginNext();
			continue;
		}
		const isOverdue = clock.nowMs() - overSinceMs > restMsMax;
		if (left.length === 0) {
			waitMs = REST_MS;
			if ((await brokenInTheEnd(known)).length === 0) {
				if (await schedule.run(isBroken, REST_MS)) return broken;
				isWhole = (await brokenInTheEnd(known)).length === 0;
			}
		}
		if (isWhole || isOverdue) break;
	}
	return [
		...left.map((each) => `${restMsMax / 1_000} s after the faults were over: ${each}`),
		...actors.mistakes.map(String),
		...(isWhole ? [] : await brokenInTheEnd(known)),
		...(await brokenDecisions(plan, stage.operators.history, control)),
		...(await healedMistakes({
			plan,
			control,
			traffic: stage.traffic,
			troubledFromMs,
			deadlocks: sessions.deadlocks,
			rabbitmq,
			history: client.history,
		})),
	];
}
