import { forward, given, pivot, saga, step } from "./definition";
import { sagaDiagram, sagaTable } from "./diagram";

const nothing = async (): Promise<void> => undefined;
const trip = saga<never, never>({
	name: "trip",
	steps: [
		given("open the file", nothing),
		step("book the hotel", { do: nothing, undo: nothing, reached: "BOOKED" }),
		pivot("take the money", { do: nothing, reached: "PAID" }),
		forward("send the tickets", { do: nothing, timeoutMs: 500 }),
	],
	deadlineMs: 1_000,
	deadlineReason: "TIMED_OUT",
	failed: "FAILED",
	compensated: "COMPENSATED",
	reach: nothing,
});

test("a diagram has every way that the saga can go, and no other", () => {
	expect(
		sagaDiagram(trip)
			.split("\n")
			.map((line) => line.trim()),
	).toEqual([
		"stateDiagram-v2",
		"do1: book the hotel",
		"do2: take the money",
		"do3: send the tickets",
		'undo0: undo "open the file"',
		'undo1: undo "book the hotel"',
		"[*] --> do1",
		"do1 --> do2: BOOKED",
		"do2 --> do3: PAID",
		"do3 --> [*]: COMPLETED",
		"do1 --> undo1: FAILED",
		"do2 --> undo1: FAILED",
		"undo1 --> undo0",
		"undo0 --> [*]: COMPENSATED",
		"do3 --> NEEDS_OPERATOR",
		"undo0 --> NEEDS_OPERATOR",
		"undo1 --> NEEDS_OPERATOR",
	]);
});

test("a table has the limits", () => {
	expect(sagaTable(trip).split("\n").at(-1)).toMatch(/^\| send the tickets \| only ever repeated .* 0\.5 s .* 20 /);
});
