import { decideAct, type Act } from "./act";
import type { Answer } from "./answer";
import { decide, type Next, type Position } from "./decide";
import { forward, given, pivot, step, type Step } from "./definition";

/** What holds for every saga there can be, at every place, whatever is answered. */

const nothing = async (): Promise<void> => undefined;
const ATTEMPTS = 2;

type Steps = readonly Step<never>[];

/** With and without something given, up to three steps, with and without a pivot, up to two steps past it. */
const shapes: [name: string, steps: Steps][] = [0, 1].flatMap((givens) =>
	[0, 1, 2, 3].flatMap((steps) =>
		[0, 1].flatMap((pivots) => [0, 1, 2].flatMap((forwards) => shapeOf(givens, steps, pivots, forwards))),
	),
);

function shapeOf(givens: number, steps: number, pivots: number, forwards: number): [string, Steps][] {
	if (steps + pivots + forwards === 0) return [];
	const name = `${givens} given, ${steps} steps, ${pivots} pivot, ${forwards} forward`;
	const of = (count: number, make: (n: number) => Step<unknown>) => Array.from({ length: count }, (_, n) => make(n));
	const all = [
		...of(givens, () => given("given", nothing)),
		...of(steps, (n) => step(`step ${n}`, { do: nothing, undo: nothing, attempts: ATTEMPTS })),
		...of(pivots, () => pivot("pivot", { do: nothing, attempts: ATTEMPTS })),
		...of(forwards, (n) => forward(`forward ${n}`, { do: nothing, attempts: ATTEMPTS })),
	];
	return [[name, all as Steps]];
}

const SUCCEEDED: Answer<unknown> = { kind: "succeeded", keep: {}, pass: undefined };

const answers: Answer<unknown>[] = [
	SUCCEEDED,
	{ kind: "refused", reason: "NO", message: "no" },
	{ kind: "failed", reason: "BROKEN", message: "broken" },
	{ kind: "away", reason: "AWAY", message: "away" },
];

/** What the saga's row becomes; `undefined` where it has ended or waits for a person. */
function after(at: Position, next: Next): Position | undefined {
	switch (next.kind) {
		case "go on":
			return { ...at, step: next.step, attempts: 0 };
		case "try again":
			return { ...at, attempts: next.attempts };
		case "compensate":
			return next.step < 0 ? undefined : { status: "COMPENSATING", step: next.step, attempts: 0 };
		case "finish":
		case "ask an operator":
			return undefined;
	}
}

interface Transition {
	at: Position;
	answer: Answer<unknown>;
	isLate: boolean;
	next: Next;
}

const firstOf = (steps: Steps): Position => ({
	status: "RUNNING",
	step: steps.findIndex((each) => each.do),
	attempts: 0,
});

/** Jest takes a minute to compare thousands, and nobody reads more. */
const SHOWN_MAX = 3;

/** Every transition that a saga can make from its start. */
function allTransitions(steps: Steps): Transition[] {
	const found: Transition[] = [];
	const seen = new Set<string>();
	const open = [firstOf(steps)];
	for (let at = open.pop(); at; at = open.pop()) {
		if (seen.has(JSON.stringify(at))) continue;
		seen.add(JSON.stringify(at));
		for (const answer of answers) {
			for (const isLate of [false, true]) {
				const next = decide(steps, at, answer, isLate);
				found.push({ at, answer, isLate, next });
				const then = after(at, next);
				if (then) open.push(then);
			}
		}
	}
	return found;
}

describe.each(shapes)("%s:", (_name, steps) => {
	const transitions = allTransitions(steps);
	const undoable = (from: number): number => steps.findLastIndex((each, index) => index <= from && each.undo);
	const doable = (from: number): number => steps.findIndex((each, index) => index >= from && each.do);
	/** The first ones of some kind that are not as they should be. */
	const wrong = (are: (each: Transition) => boolean, right: (each: Transition) => boolean): Transition[] => {
		const some = transitions.filter(are);
		return some.filter((each) => !right(each)).slice(0, SHOWN_MAX);
	};

	test("forward goes to the very next step, and is completed only behind the last", () => {
		const isDone = ({ at, answer }: Transition) => at.status === "RUNNING" && answer.kind === "succeeded";

		const found = wrong(isDone, ({ at, next }) => {
			const following = doable(at.step + 1);
			return following < 0 ? isEnd(next, "COMPLETED") : next.kind === "go on" && next.step === following;
		});

		expect(found).toEqual([]);
	});

	test("back goes to the undo before, strictly in reverse, and is compensated only before the first", () => {
		const isUndone = ({ at, answer }: Transition) => at.status === "COMPENSATING" && answer.kind === "succeeded";

		const found = wrong(isUndone, ({ at, next }) => {
			const before = undoable(at.step - 1);
			return before < 0 ? isEnd(next, "COMPENSATED") : next.kind === "go on" && next.step === before;
		});

		expect(found).toEqual([]);
	});

	test("what turns round undoes from this very step on: an attempt without an answer may have done it", () => {
		const turns = ({ next }: Transition) => next.kind === "compensate";

		expect(wrong(turns, ({ at, next }) => next.kind === "compensate" && next.step === undoable(at.step))).toEqual([]);
	});

	test("nothing turns round past the pivot, and nothing that turned round goes forward again", () => {
		const isPastPivot = ({ at }: Transition) => at.status === "RUNNING" && steps[at.step]!.kind === "forward";
		const isGoingBack = ({ at }: Transition) => at.status === "COMPENSATING";

		const turned = wrong(isPastPivot, ({ next }) => next.kind !== "compensate");
		const forward = wrong(isGoingBack, ({ at, next }) => {
			if (next.kind === "go on") return next.step < at.step;
			return next.kind !== "compensate" && !isEnd(next, "COMPLETED");
		});

		expect([...turned, ...forward]).toEqual([]);
	});

	test("a refusal is never asked again, and only a failure costs an attempt", () => {
		const isTriedAgain = ({ next }: Transition) => next.kind === "try again";

		const found = wrong(isTriedAgain, ({ at, answer, next }) => {
			const cost = answer.kind === "failed" ? 1 : 0;
			return next.kind === "try again" && answer.kind !== "refused" && next.attempts === at.attempts + cost;
		});

		expect(found).toEqual([]);
	});

	test("whatever a person decides keeps the direction, and nothing before the pivot is left out", () => {
		const isBeforePivot = ({ at }: Transition) => at.status === "RUNNING" && steps[at.step]!.kind !== "forward";
		const anywhere = () => true;

		const found = [
			...wrong(anywhere, ({ at }) => isSame(decideAct(steps, at, "retry"), { kind: "go on", step: at.step })),
			...(["skip", "complete"] satisfies Act[]).flatMap((act) =>
				wrong(isBeforePivot, ({ at }) => decideAct(steps, at, act).kind === "refuse"),
			),
			...wrong(
				(each) => !isBeforePivot(each),
				({ at }) =>
					isEnd(decideAct(steps, at, "complete"), at.status === "RUNNING" ? "COMPLETED" : "COMPENSATED") &&
					isSame(decideAct(steps, at, "skip"), decide(steps, at, SUCCEEDED, false)),
			),
			...wrong(
				({ next }) => next.kind === "ask an operator",
				({ at }) => decideAct(steps, at, "skip").kind !== "refuse",
			),
		];

		expect(found).toEqual([]);
	});
});

function isEnd(next: { kind: string; status?: string }, status: string): boolean {
	return next.kind === "finish" && next.status === status;
}

function isSame(one: object, other: object): boolean {
	return JSON.stringify(one) === JSON.stringify(other);
}

/** Small, and the same everywhere (mulberry32): a failure names the seed that repeats it. */
function randomOf(seed: number): () => number {
	let state = seed;
	return () => {
		state = (state + 0x6d_2b_79_f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}

/** A life with chance for a world: what failed or got no answer may have been done all the same. */
function live(steps: Steps, seed: number): { end: string; done: Set<number> } {
	const random = randomOf(seed);
	const done = new Set(steps.flatMap((each, index) => (each.do ? [] : [index])));
	let at: Position | undefined = firstOf(steps);
	for (let turn = 0; turn < 10_000; turn++) {
		const answer: Answer<unknown> = answers[Math.floor(random() ** 2 * answers.length)]!;
		const isDone = answer.kind === "succeeded" || (answer.kind !== "refused" && random() < 0.5);
		if (isDone && at.status === "RUNNING" && steps[at.step]!.kind !== "pivot") done.add(at.step);
		if (isDone && at.status === "RUNNING" && answer.kind === "succeeded") done.add(at.step);
		if (isDone && at.status === "COMPENSATING") done.delete(at.step);
		const next: Next = decide(steps, at, answer, turn > 20);
		if (next.kind === "finish") return { end: next.status, done };
		if (next.kind === "compensate" && next.step < 0) return { end: "COMPENSATED", done };
		if (next.kind === "ask an operator") return { end: "NEEDS_OPERATOR", done };
		at = after(at, next)!;
	}
	return { end: "NEVER", done };
}

test.each(shapes)("%s: completed means all of it was done, compensated that nothing is left", (_name, steps) => {
	const lives = Array.from({ length: 300 }, (_, seed) => ({ seed, ...live(steps, seed) }));

	const wrong = lives.filter(({ end, done }) => {
		if (end === "COMPLETED") return done.size < steps.length;
		if (end === "COMPENSATED") return done.size > 0;
		return end !== "NEEDS_OPERATOR";
	});

	expect(wrong.slice(0, SHOWN_MAX)).toEqual([]);
});
