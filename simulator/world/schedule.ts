import { onHost, type Host } from "./host";
import type { Clock } from "./clock";
import { hashOf, type Random } from "./random";

/** Something that may happen next. */
interface Choice {
	what: string;
	host: Host | undefined;
	happen(): void;
	/** By when it has happened at the latest, as long as its host can; in ms of the world's time. */
	untilMs?: number;
}

/** What is done besides the choices: it is waited for before the next one. */
export interface Source {
	/** What of it may happen now. */
	ready(): Iterable<Choice>;
	/** Resolves when nothing of it goes on that was not chosen. @returns whether something may have changed */
	settle(): Promise<boolean>;
}

/** How hostile the order is. */
export interface Weather {
	/** How often time goes on although something could happen: what is slow has not happened yet. */
	slowness: number;
	/** What can happen has happened after it, in ms. */
	delayMsMax: number;
	/** How often PostgreSQL commits a transaction at a later moment than its work is done, also of one statement alone. */
	lateCommits: number;
}

export interface Schedule {
	/** It may happen from now on, once, whenever the seed says. */
	offer(what: string, host: Host | undefined, happen: () => void, delayMsMax?: number): void;
	/** Something that is told in the story, and is no choice. */
	note(what: string): void;
	/** Goes on until `isDone`, asked before each choice, or until so much simulated time has passed. @returns isDone */
	run(isDone: () => boolean | Promise<boolean>, msMax: number): Promise<boolean>;
	/** Every choice that was made and all that was noted, a line each, beginning with the milliseconds. */
	readonly lines: readonly string[];
	/** Where the lines are of the choices: of the first at 0. */
	readonly choices: readonly number[];
	/** How many choices were made. */
	readonly steps: number;
	/** Of all lines. */
	hash(): string;
}

export interface ScheduleOptions {
	clock: Clock;
	random: Random;
	weather: Weather;
	sources: readonly Source[];
	/** From this step on nothing is drawn any more: what was offered first happens first, and at once. */
	calmFromStep?: number;
}

/** One after the other, in an order that the seed decides: nothing else happens in this world. */
export function newSchedule(options: ScheduleOptions): Schedule {
	const { clock, random, weather, sources, calmFromStep = Infinity } = options;
	const startMs = clock.nowMs();
	const offered: Choice[] = [];
	const lines: string[] = [];
	const choices: number[] = [];
	let steps = 0;
	let hash = 0;

	function note(what: string): void {
		const line = `${clock.nowMs() - startMs} ${what}`;
		hash = hashOf(`${hash} ${line}`);
		lines.push(line);
	}

	async function settle(): Promise<void> {
		for (let isAgain = true; isAgain;) {
			isAgain = false;
			for (const source of sources) if (await source.settle()) isAgain = true;
		}
	}

	function ready(): Choice[] {
		const found: Choice[] = [];
		for (let at = 0; at < offered.length; at++) {
			const choice = offered[at]!;
			if (choice.host?.state === "killed") offered.splice(at--, 1);
			else if (choice.host?.state !== "frozen") found.push(choice);
		}
		for (const source of sources) found.push(...source.ready());
		return found;
	}

	function happen(choice: Choice): void {
		const at = offered.indexOf(choice);
		if (at >= 0) offered.splice(at, 1);
		choices.push(lines.length);
		note(choice.what);
		onHost(choice.host, choice.happen);
	}

	return {
		lines,
		choices,
		get steps() {
			return steps;
		},
		hash: () => hash.toString(16).padStart(8, "0"),
		note,
		offer(what, host, happen, delayMsMax = weather.delayMsMax) {
			offered.push({ what, host, happen, untilMs: clock.nowMs() + delayMsMax });
		},
		async run(isDone, msMax) {
			const endMs = clock.nowMs() + msMax;
			for (;;) {
				await settle();
				if (await isDone()) return true;
				const choices = ready();
				const isCalm = steps >= calmFromStep;
				const isSlow = !isCalm && choices.length > 0 && random.chance(weather.slowness);
				const nextMs = choices.length === 0 || isSlow ? clock.nextMs() : undefined;
				const late =
					isSlow && nextMs !== undefined ? choices.find(({ untilMs = Infinity }) => untilMs < nextMs) : undefined;
				if (choices.length > 0 && (!isSlow || late)) {
					steps++;
					happen(late ?? (isCalm ? choices[0]! : random.pick(choices)));
				} else {
					if (nextMs === undefined || nextMs > endMs) {
						if (choices.length > 0) continue;
						clock.goTo(endMs);
						return false;
					}
					clock.next();
				}
			}
		},
	};
}
