import { decideAct, type Act } from "./act";
import type { Position } from "./decide";
import { forward, given, pivot, step, type Step } from "./definition";

const nothing = async (): Promise<void> => undefined;

const steps = [
	given("open the file", nothing),
	step("book the hotel", { do: nothing, undo: nothing }),
	step("book the flight", { do: nothing, undo: nothing }),
	pivot("take the money", { do: nothing }),
	forward("send the tickets", { do: nothing }),
	forward("close the file", { do: nothing }),
] as readonly Step<never>[];

const goOn = (step: number) => ({ kind: "go on", step });
const completed = { kind: "finish", status: "COMPLETED" };
const compensated = { kind: "finish", status: "COMPENSATED" };

test.each<[act: Act, status: Position["status"], at: number, expected: object]>([
	["retry", "RUNNING", 2, goOn(2)],
	["retry", "COMPENSATING", 2, goOn(2)],
	["skip", "RUNNING", 4, goOn(5)],
	["skip", "RUNNING", 5, completed],
	["complete", "RUNNING", 4, completed],
	["skip", "COMPENSATING", 2, goOn(1)],
	["skip", "COMPENSATING", 0, compensated],
	["complete", "COMPENSATING", 2, compensated],
])("an operator's %s of a saga that is %s at step %d", (act, status, at, expected) => {
	expect(decideAct(steps, { status, step: at }, act)).toEqual(expected);
});

test.each<Act>(["skip", "complete"])("before the pivot nothing can be left out: %s is refused", (act) => {
	const refused = {
		kind: "refuse",
		why: expect.stringContaining('stands before its pivot: without "book the flight"'),
	};

	expect(decideAct(steps, { status: "RUNNING", step: 2 }, act)).toEqual(refused);
	expect(decideAct(steps, { status: "RUNNING", step: 3 }, act)).toMatchObject({ kind: "refuse" });
});
