import type { Answer } from "./answer";
import { decide, nextToDo, type Next, type Position } from "./decide";
import { forward, given, pivot, step, type Step } from "./definition";

const nothing = async (): Promise<void> => undefined;
const ATTEMPTS = 3;
const UNDO_ATTEMPTS = 50;

/** 0 has only an undo; 1 and 2 can be undone; 3 is the pivot; 4 and 5 lie past it. */
const steps = [
	given("open the file", nothing),
	step("book the hotel", { do: nothing, undo: nothing, attempts: ATTEMPTS }),
	step("book the flight", { do: nothing, undo: nothing, attempts: ATTEMPTS }),
	pivot("take the money", { do: nothing, attempts: ATTEMPTS }),
	forward("send the tickets", { do: nothing, attempts: ATTEMPTS }),
	forward("close the file", { do: nothing, attempts: ATTEMPTS }),
] as readonly Step<never>[];

const answers = {
	succeeded: { kind: "succeeded", keep: {}, pass: undefined },
	refused: { kind: "refused", reason: "FULL", message: "no room" },
	failed: { kind: "failed", reason: "BROKEN", message: "a pipe burst" },
	away: { kind: "away", reason: "GONE", message: "nobody answers" },
} satisfies Record<string, Answer<unknown>>;

const goOn = (step: number) => ({ kind: "go on", step });
const undoFrom = (step: number, reason: string) => ({ kind: "compensate", step, reason });
const completed = { kind: "finish", status: "COMPLETED" };
const compensated = { kind: "finish", status: "COMPENSATED" };
const again = (attempts: number) => expect.objectContaining({ kind: "try again", attempts });
const operator = (reason: string) => ({ kind: "ask an operator", reason });

type Expected = Record<keyof typeof answers, unknown>;
const at = (status: Position["status"], step: number, attempts: number): Position => ({ status, step, attempts });

describe.each<[string, Position, Expected]>([
	[
		"the first step that does something",
		at("RUNNING", 1, 0),
		{ succeeded: goOn(2), refused: undoFrom(1, "FULL"), failed: again(1), away: again(0) },
	],
	[
		"the first step, at its last attempt",
		at("RUNNING", 1, ATTEMPTS - 1),
		{ succeeded: goOn(2), refused: undoFrom(1, "FULL"), failed: undoFrom(1, "BROKEN"), away: again(2) },
	],
	[
		"the second step",
		at("RUNNING", 2, 0),
		{ succeeded: goOn(3), refused: undoFrom(2, "FULL"), failed: again(1), away: again(0) },
	],
	[
		"the second step, at its last attempt",
		at("RUNNING", 2, ATTEMPTS - 1),
		{ succeeded: goOn(3), refused: undoFrom(2, "FULL"), failed: undoFrom(2, "BROKEN"), away: again(2) },
	],
	[
		"the pivot",
		at("RUNNING", 3, 0),
		{ succeeded: goOn(4), refused: undoFrom(2, "FULL"), failed: again(1), away: again(0) },
	],
	[
		"the pivot, at its last attempt",
		at("RUNNING", 3, ATTEMPTS - 1),
		{ succeeded: goOn(4), refused: undoFrom(2, "FULL"), failed: undoFrom(2, "BROKEN"), away: again(2) },
	],
	[
		"a step past the pivot",
		at("RUNNING", 4, 0),
		{ succeeded: goOn(5), refused: operator("FULL"), failed: again(1), away: again(0) },
	],
	[
		"a step past the pivot, at its last attempt",
		at("RUNNING", 4, ATTEMPTS - 1),
		{ succeeded: goOn(5), refused: operator("FULL"), failed: operator("BROKEN"), away: again(2) },
	],
	[
		"the last step",
		at("RUNNING", 5, 0),
		{ succeeded: completed, refused: operator("FULL"), failed: again(1), away: again(0) },
	],
	[
		"the undo of the second step",
		at("COMPENSATING", 2, 0),
		{ succeeded: goOn(1), refused: operator("FULL"), failed: again(1), away: again(0) },
	],
	[
		"an undo at its last attempt",
		at("COMPENSATING", 1, UNDO_ATTEMPTS - 1),
		{ succeeded: goOn(0), refused: operator("FULL"), failed: operator("BROKEN"), away: again(UNDO_ATTEMPTS - 1) },
	],
	[
		"the last undo",
		at("COMPENSATING", 0, 0),
		{ succeeded: compensated, refused: operator("FULL"), failed: again(1), away: again(0) },
	],
])("%s", (_name, position, expected) => {
	test.each(Object.keys(answers) as (keyof typeof answers)[])("%s, in time", (kind) => {
		const next = decide(steps, position, answers[kind], false);

		expect(next).toEqual(expected[kind]);
	});

	test.each(["succeeded", "refused"] as const)("%s, too late, is what it is in time", (kind) => {
		const next = decide(steps, position, answers[kind], true);

		expect(next).toEqual(expected[kind]);
	});
});

describe("when the deadline has passed", () => {
	test.each([
		[1, 1],
		[2, 2],
		[3, 2],
	])("step %i is not tried again: all from step %i down is undone", (step, from) => {
		expect(decide(steps, at("RUNNING", step, 0), answers.failed, true)).toEqual(undoFrom(from, "BROKEN"));
		expect(decide(steps, at("RUNNING", step, 0), answers.away, true)).toEqual(undoFrom(from, "GONE"));
	});

	test("a step past the pivot is tried again", () => {
		expect(decide(steps, at("RUNNING", 4, 0), answers.failed, true)).toEqual(again(1));
		expect(decide(steps, at("RUNNING", 4, 0), answers.away, true)).toEqual(again(0));
	});

	test("an undo is tried again", () => {
		expect(decide(steps, at("COMPENSATING", 1, 0), answers.failed, true)).toEqual(again(1));
		expect(decide(steps, at("COMPENSATING", 1, 0), answers.away, true)).toEqual(again(0));
	});
});

test("a saga with nothing to undo has nothing to compensate", () => {
	const only = [pivot("take the money", { do: nothing })] as readonly Step<never>[];

	expect(decide(only, at("RUNNING", 0, 0), answers.refused, false)).toEqual(undoFrom(-1, "FULL"));
});

test("the pause after a failure doubles, up to two seconds", () => {
	const pauses = Array.from({ length: 7 }, (_, attempts) =>
		afterMs(decide(patient, at("RUNNING", 0, attempts), answers.failed, false)),
	);

	expect(pauses).toEqual([200, 400, 800, 1_600, 2_000, 2_000, 2_000]);
});

test("a service that is away is asked once a second: hundreds of sagas may be waiting for it", () => {
	const pauses = [0, 3].map((attempts) => afterMs(decide(patient, at("RUNNING", 0, attempts), answers.away, false)));

	expect(pauses).toEqual([1_000, 1_000]);
});

describe("a service that is away for a day", () => {
	const DAY_MS = 86_400_000;
	const waited = (status: Position["status"], step: number, waitedMs: number): Position => ({
		...at(status, step, 0),
		waitedMs,
	});

	test.each<[string, Position["status"], number]>([
		["past the pivot", "RUNNING", 4],
		["in an undo", "COMPENSATING", 1],
	])("is an operator's, %s, and not before", (_where, status, step) => {
		expect(decide(steps, waited(status, step, DAY_MS), answers.away, true)).toEqual(operator("GONE"));
		expect(decide(steps, waited(status, step, DAY_MS - 1), answers.away, true)).toEqual(again(0));
		expect(decide(steps, waited(status, step, DAY_MS), answers.failed, true)).toEqual(again(1));
	});

	test("is the deadline's before the pivot", () => {
		expect(decide(steps, waited("RUNNING", 1, DAY_MS), answers.away, false)).toEqual(again(0));
	});

	test("is waited for as long as the step says", () => {
		const hurried = [forward("send", { do: nothing, waitMs: 1_000 })] as readonly Step<never>[];

		expect(decide(hurried, waited("RUNNING", 0, 1_000), answers.away, false)).toEqual(operator("GONE"));
	});
});

const patient = [forward("send the tickets", { do: nothing, attempts: 100 })] as readonly Step<never>[];

function afterMs(next: Next): number {
	if (next.kind !== "try again") throw new Error(`It should be tried again, but the decision was ${next.kind}`);
	return next.afterMs;
}

test("the next step with something to do may be the very first, and there may be none", () => {
	expect(nextToDo(steps, 0)).toBe(1);
	expect(nextToDo(steps.slice(1), 0)).toBe(0);
	expect(nextToDo(steps, steps.length)).toBeUndefined();
});
