import type { Act } from "./act";
import type { Answer } from "./answer";
import type { Next } from "./decide";
import { forward, given, pivot, saga, step } from "./definition";
import {
	afterAct,
	afterAnswer,
	decidedByAct,
	linesOfAct,
	linesOfAnswer,
	reachedByAct,
	reachedByAnswer,
	startLine,
	type ActNext,
} from "./moves";
import type { SagaRow } from "./store";

const nothing = async (): Promise<void> => undefined;

const trip = saga<Record<string, unknown>, unknown>({
	name: "trip",
	steps: [
		given("open the file", nothing),
		step("book the hotel", { do: nothing, undo: nothing, reached: "BOOKED" }),
		pivot("take the money", { do: nothing, reached: "PAID" }),
		forward("send the tickets", { do: nothing, reached: "SENT" }),
		forward("close the file", { do: nothing }),
	],
	deadlineMs: 1_000,
	failed: "FAILED",
	compensated: "GIVEN_BACK",
	deadlineReason: "TIMED_OUT",
	reach: nothing,
});
const HOTEL = 1;
const TICKETS = 3;
const CLOSING = 4;

const row = (its: Partial<SagaRow> = {}): SagaRow => ({
	saga_id: "s",
	saga: "trip",
	status: "RUNNING",
	step: HOTEL,
	attempts: 2,
	data: { who: "ada" },
	failure_reason: null,
	epoch: 3,
	ms_left: 900,
	read_at_ms: 0,
	correlation_id: "c",
	waited_ms: 700,
	...its,
});

const succeeded: Answer<unknown> = { kind: "succeeded", keep: { room: 7 }, pass: undefined };
const refused: Answer<unknown> = { kind: "refused", reason: "FULL", message: "no room" };
const failed: Answer<unknown> = { kind: "failed", reason: "BROKEN", message: "a pipe burst" };
const away: Answer<unknown> = { kind: "away", reason: "GONE", message: "nobody answers" };

describe("a row after an answer", () => {
	test("goes on with what the step keeps, and begins the next one anew", () => {
		const after = afterAnswer(trip, row(), succeeded, { kind: "go on", step: 2 });

		expect(after).toEqual(row({ step: 2, attempts: 0, waited_ms: 0, data: { who: "ada", room: 7 } }));
	});

	test("stays where it is when the step is tried again", () => {
		const after = afterAnswer(trip, row(), failed, { kind: "try again", attempts: 3, afterMs: 100 });

		expect(after).toEqual(row({ attempts: 3 }));
	});

	test("is as the saga ended", () => {
		const after = afterAnswer(trip, row(), succeeded, { kind: "finish", status: "COMPLETED" });

		expect(after).toEqual(row({ status: "COMPLETED", data: { who: "ada", room: 7 } }));
	});

	test("turns round, with the reason", () => {
		const after = afterAnswer(trip, row(), refused, { kind: "compensate", step: HOTEL, reason: "FULL" });

		expect(after).toEqual(row({ status: "COMPENSATING", failure_reason: "FULL", attempts: 0, waited_ms: 0 }));
	});

	test("has turned round when its first step is to be undone", () => {
		const after = afterAnswer(trip, row(), refused, { kind: "compensate", step: 0, reason: "FULL" });

		expect(after).toMatchObject({ status: "COMPENSATING", step: 0 });
	});

	test("is undone at once where there is nothing to undo", () => {
		const after = afterAnswer(trip, row(), refused, { kind: "compensate", step: -1, reason: "FULL" });

		expect(after).toMatchObject({ status: "COMPENSATED", step: 0, failure_reason: "FULL" });
	});

	test("names the deadline where somebody was away until then", () => {
		const after = afterAnswer(trip, row(), away, { kind: "compensate", step: HOTEL, reason: "GONE" });

		expect(after.failure_reason).toBe("TIMED_OUT");
	});

	test.each<[what: string, before: string | null, answer: Answer<unknown>, reason: string]>([
		["which is kept", "SOLD_OUT", refused, "SOLD_OUT"],
		["which is the answer's", null, refused, "FULL"],
		["which is the deadline", null, away, "TIMED_OUT"],
	])("is handed over with its reason, %s", (_what, failure_reason, answer, reason) => {
		const next: Next = { kind: "hand over", to: "rent a car", reason: "FULL" };

		const after = afterAnswer(trip, row({ failure_reason }), answer, next);

		expect(after).toEqual(row({ status: "COMPENSATING", attempts: 0, failure_reason: reason }));
	});

	test.each([
		["SOLD_OUT", "SOLD_OUT"],
		[null, "FULL"],
	])("waits for an operator: of the reason %p is left %p", (failure_reason, left) => {
		const next: Next = { kind: "ask an operator", reason: "FULL" };

		const after = afterAnswer(trip, row({ failure_reason }), refused, next);

		expect(after).toEqual(row({ status: "NEEDS_OPERATOR", failure_reason: left }));
	});
});

describe("what is reached", () => {
	const compensate = (step: number): Next => ({ kind: "compensate", step, reason: "FULL" });
	const handOver: Next = { kind: "hand over", to: "rent a car", reason: "FULL" };

	test.each<[what: string, before: Partial<SagaRow>, answer: Answer<unknown>, next: Next, words: string[]]>([
		["by a step that was done", {}, succeeded, { kind: "go on", step: 2 }, ["BOOKED"]],
		["by the last one", { step: CLOSING }, succeeded, { kind: "finish", status: "COMPLETED" }, []],
		["by one that is tried again", {}, failed, { kind: "try again", attempts: 3, afterMs: 100 }, []],
		["by one that waits for an operator", {}, refused, { kind: "ask an operator", reason: "FULL" }, []],
		["by one that was undone", { status: "COMPENSATING" }, succeeded, { kind: "go on", step: 0 }, []],
		["by turning round", {}, refused, compensate(HOTEL), ["FAILED"]],
		["by turning round at the first step", {}, refused, compensate(0), ["FAILED"]],
		["by turning round with nothing to undo", {}, refused, compensate(-1), ["FAILED", "GIVEN_BACK"]],
		["by handing over on the way on", {}, refused, handOver, ["FAILED"]],
		["by handing over on the way back", { status: "COMPENSATING" }, succeeded, handOver, []],
		[
			"by the last undo",
			{ status: "COMPENSATING" },
			succeeded,
			{ kind: "finish", status: "COMPENSATED" },
			["GIVEN_BACK"],
		],
	])("%s", (_what, before, answer, next, words) => {
		expect(reachedByAnswer(trip, row(before), answer, next)).toEqual(words);
	});
});

describe("the log", () => {
	test("says what came of a step, and which one is tried next", () => {
		const before = row();
		const next: Next = { kind: "go on", step: 2 };

		const lines = linesOfAnswer(trip, before, succeeded, afterAnswer(trip, before, succeeded, next), next);

		expect(lines).toEqual([
			{ step: "book the hotel", direction: "do", attempt: 3, outcome: "SUCCEEDED", detail: { room: 7 } },
			{ step: "take the money", direction: "do", attempt: 1, outcome: "STARTED", detail: undefined },
		]);
	});

	test("has one line of a step that is tried again", () => {
		const before = row();
		const next: Next = { kind: "try again", attempts: 3, afterMs: 100 };

		const lines = linesOfAnswer(trip, before, failed, afterAnswer(trip, before, failed, next), next);

		const detail = { reason: "BROKEN", message: "a pipe burst" };
		expect(lines).toEqual([{ step: "book the hotel", direction: "do", attempt: 3, outcome: "FAILED", detail }]);
	});

	test("has one line of the end, and of a message so much as anybody reads", () => {
		const before = row();
		const next: Next = { kind: "ask an operator", reason: "FULL" };
		const answer: Answer<unknown> = { kind: "refused", reason: "FULL", message: "x".repeat(3_000) };

		const lines = linesOfAnswer(trip, before, answer, afterAnswer(trip, before, answer, next), next);

		const detail = { reason: "FULL", message: "x".repeat(2_000) };
		expect(lines).toEqual([{ step: "book the hotel", direction: "do", attempt: 3, outcome: "REFUSED", detail }]);
	});

	test("says where a saga stands that is handed over: at the undo of a step that this version does not know", () => {
		const before = row({ status: "COMPENSATING", step: HOTEL });
		const next: Next = { kind: "hand over", to: "rent a car", reason: null };

		const lines = linesOfAnswer(trip, before, succeeded, afterAnswer(trip, before, succeeded, next), next);

		expect(lines).toEqual([
			{ step: "book the hotel", direction: "undo", attempt: 3, outcome: "SUCCEEDED", detail: { room: 7 } },
			{ step: "rent a car", direction: "undo", attempt: 1, outcome: "STARTED", detail: undefined },
		]);
	});

	test("has what an operator has decided, and why", () => {
		const before = row({ step: TICKETS, status: "RUNNING" });
		const decision = { by: "ada", reason: "sent by post" };
		const next: ActNext = { kind: "go on", step: CLOSING };

		const lines = linesOfAct(trip, before, "skip", decision, afterAct(before, next), next);

		expect(lines).toEqual([
			{ step: "send the tickets", direction: "do", attempt: 3, outcome: "SKIPPED", detail: decision },
			{ step: "close the file", direction: "do", attempt: 1, outcome: "STARTED", detail: undefined },
		]);
	});

	test("begins with the first attempt", () => {
		const line = startLine(trip, row({ attempts: 0 }));

		expect(line).toEqual({
			step: "book the hotel",
			direction: "do",
			attempt: 1,
			outcome: "STARTED",
			detail: undefined,
		});
	});
});

describe("an operator's decision", () => {
	const goOn: ActNext = { kind: "go on", step: CLOSING };
	const done: ActNext = { kind: "finish", status: "COMPLETED" };
	const undone: ActNext = { kind: "finish", status: "COMPENSATED" };
	const handedOver: ActNext = { kind: "hand over", to: "rent a car", reason: null };
	const back = { status: "COMPENSATING", failure_reason: "FULL" } as const;

	test.each<[what: string, before: Partial<SagaRow>, next: ActNext, after: Partial<SagaRow>]>([
		[
			"going on forgets why it got stuck",
			{ failure_reason: "GONE" },
			goOn,
			{ step: CLOSING, attempts: 0, waited_ms: 0 },
		],
		[
			"going back keeps why it failed",
			back,
			{ kind: "go on", step: 0 },
			{ ...back, step: 0, attempts: 0, waited_ms: 0 },
		],
		["an end has its status", { failure_reason: "GONE" }, done, { status: "COMPLETED" }],
		["an end of the way back keeps why it failed", back, undone, { ...back, status: "COMPENSATED" }],
		["handing over leaves the step", back, handedOver, { ...back, attempts: 0, waited_ms: 0 }],
	])("%s", (_what, before, next, after) => {
		expect(afterAct(row(before), next)).toEqual(row(after));
	});

	test.each<[act: Act, next: ActNext, words: string[]]>([
		["retry", goOn, []],
		["skip", goOn, []],
		["skip", done, []],
		["complete", done, ["SENT"]],
		["skip", undone, ["GIVEN_BACK"]],
		["complete", undone, ["GIVEN_BACK"]],
	])("%s, which leads to %j, reaches %j", (act, next, words) => {
		expect(reachedByAct(trip, row({ step: TICKETS }), act, next)).toEqual(words);
	});

	test.each<[act: Act, before: Partial<SagaRow>, decided: unknown[]]>([
		["retry", { step: TICKETS }, []],
		["skip", { step: TICKETS }, [{ step: "send the tickets", direction: "do", isDone: false }]],
		[
			"complete",
			{ step: TICKETS },
			[
				{ step: "send the tickets", direction: "do", isDone: true },
				{ step: "close the file", direction: "do", isDone: true },
			],
		],
		["skip", { ...back, step: HOTEL }, [{ step: "book the hotel", direction: "undo", isDone: false }]],
		[
			"complete",
			{ ...back, step: 2 },
			[
				{ step: "book the hotel", direction: "undo", isDone: true },
				{ step: "open the file", direction: "undo", isDone: true },
			],
		],
	])("%s takes over from the saga what it would have done: %j", (act, before, decided) => {
		expect(decidedByAct(trip, row(before), act)).toEqual(decided);
	});
});
