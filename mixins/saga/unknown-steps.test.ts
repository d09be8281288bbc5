import type { Next } from "./decide";
import type { Definition } from "./moves";
import type { SagaRow } from "./store";
import { undoneInOrder, unknownToUndo } from "./unknown-steps";

const steps = ["file", "hotel", "flight", "car"].map((name) => ({ name }));
const FLIGHT = 2;

test.each<[what: string, tried: string[], from: number, expected: string | undefined]>([
	["nothing that is unknown was tried", ["hotel", "flight", "car"], FLIGHT, undefined],
	["it was tried after what would be undone next", ["hotel", "flight", "taxi", "car"], FLIGHT, "taxi"],
	["it was tried before what would be undone next", ["hotel", "taxi", "flight", "car"], FLIGHT, undefined],
	["nothing else is left", ["taxi"], -1, "taxi"],
	["what would be undone next was never tried", ["taxi"], FLIGHT, "taxi"],
	["two are unknown, and the last of them is first", ["taxi", "boat"], -1, "boat"],
])("a saga is handed over where an unknown step comes first: %s", (_what, tried, from, expected) => {
	expect(unknownToUndo(steps, tried, from)).toBe(expected);
});

describe("on the way back it is asked what was tried", () => {
	const definition = { steps } as unknown as Definition;
	const goOn = (step: number): Next => ({ kind: "go on", step });
	const finish: Next = { kind: "finish", status: "COMPENSATED" };
	const compensate: Next = { kind: "compensate", step: FLIGHT, reason: "FULL" };
	const tryAgain: Next = { kind: "try again", attempts: 1, afterMs: 100 };

	test.each<[what: string, status: SagaRow["status"], next: Next, tried: string[], expected: Next]>([
		[
			"turning round, with its reason",
			"RUNNING",
			compensate,
			["hotel", "flight", "taxi"],
			{ kind: "hand over", to: "taxi", reason: "FULL" },
		],
		[
			"before the next undo",
			"COMPENSATING",
			goOn(1),
			["hotel", "taxi", "flight"],
			{ kind: "hand over", to: "taxi", reason: null },
		],
		["before the end", "COMPENSATING", finish, ["taxi", "hotel"], { kind: "hand over", to: "taxi", reason: null }],
		["turning round, and all is known", "RUNNING", compensate, ["hotel", "flight"], compensate],
		["going back, and all is known", "COMPENSATING", goOn(1), ["hotel", "flight"], goOn(1)],
	])("%s", async (_what, status, next, tried, expected) => {
		expect(await undoneInOrder(async () => tried, definition, { status } as SagaRow, next)).toEqual(expected);
	});

	test.each<[what: string, status: SagaRow["status"], next: Next]>([
		["on the way on", "RUNNING", goOn(FLIGHT)],
		["at the end of it", "RUNNING", { kind: "finish", status: "COMPLETED" }],
		["of an undo that is tried again", "COMPENSATING", tryAgain],
		["of an undo that waits for an operator", "COMPENSATING", { kind: "ask an operator", reason: "FULL" }],
	])("and not %s", async (_what, status, next) => {
		const tried = jest.fn(async () => ["taxi"]);

		expect(await undoneInOrder(tried, definition, { status } as SagaRow, next)).toBe(next);
		expect(tried).not.toHaveBeenCalled();
	});
});
