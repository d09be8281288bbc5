import { forward, given, pivot, saga, step, type Step } from "./definition";

const nothing = async (): Promise<void> => undefined;
const both = { do: nothing, undo: nothing };

function sagaOf(...steps: Step<object>[]) {
	return saga<object, unknown>({
		name: "trip",
		steps,
		deadlineMs: 1_000,
		failed: "FAILED",
		compensated: "COMPENSATED",
		deadlineReason: "TIMED_OUT",
		reach: nothing,
	});
}

test("what was given, steps, a pivot and what lies past it are a saga", () => {
	const trip = sagaOf(
		given("open the file", nothing),
		step("book the hotel", both),
		pivot("take the money", { do: nothing }),
		forward("send the tickets", { do: nothing }),
	);

	expect(trip.steps.map(({ kind }) => kind)).toEqual(["given", "step", "pivot", "forward"]);
});

test.each<[string, Step<object>[]]>([
	["without a pivot every step can be undone", [step("book the hotel", both), step("book the flight", both)]],
	["forward steps alone have nothing to undo", [forward("send the tickets", { do: nothing })]],
	["a pivot may come first", [pivot("take the money", { do: nothing }), forward("send the tickets", { do: nothing })]],
])("%s", (_name, steps) => {
	expect(() => sagaOf(...steps)).not.toThrow();
});

test.each<[string, Step<object>[], string]>([
	[
		"two pivots",
		[pivot("take the money", { do: nothing }), pivot("sign the contract", { do: nothing })],
		"The saga trip has two pivots",
	],
	[
		"a forward step before the pivot, which nothing could undo",
		[forward("send the tickets", { do: nothing }), pivot("take the money", { do: nothing })],
		"The saga trip has a forward step before its pivot",
	],
	[
		"a step with an undo after the pivot, which would never be undone",
		[pivot("take the money", { do: nothing }), step("book the hotel", both)],
		"The saga trip has a step with an undo after its pivot",
	],
	[
		"a step with an undo after the pivot and what lies past it",
		[
			pivot("take the money", { do: nothing }),
			forward("send the tickets", { do: nothing }),
			step("book the hotel", both),
		],
		"The saga trip has a step with an undo after its pivot",
	],
	[
		"something given after the pivot, which would never be undone",
		[pivot("take the money", { do: nothing }), given("open the file", nothing)],
		"The saga trip has a step with an undo after its pivot",
	],
	[
		"two steps of one name, whose operation ids would be the same",
		[step("book the hotel", both), step("book the hotel", both)],
		"The saga trip has two steps of one name",
	],
	["nothing to do at all", [given("open the file", nothing)], "The saga trip has nothing to do"],
	[
		"a forward step before one with an undo, where no pivot stands between them",
		[forward("send the tickets", { do: nothing }), step("book the hotel", both)],
		"The saga trip has a forward step before one that can be undone",
	],
])("refuses %s", (_name, steps, sentence) => {
	expect(() => sagaOf(...steps)).toThrow(sentence);
});

test("the defaults are limits: five seconds and ten attempts, twenty past the pivot", () => {
	const limits = ({ timeoutMs, attempts }: Step<object>) => ({ timeoutMs, attempts });

	expect(limits(step("book the hotel", both))).toEqual({ timeoutMs: 5_000, attempts: 10 });
	expect(limits(pivot("take the money", { do: nothing }))).toEqual({ timeoutMs: 5_000, attempts: 10 });
	expect(limits(forward("send the tickets", { do: nothing }))).toEqual({ timeoutMs: 5_000, attempts: 20 });
	expect(limits(step("book the hotel", { ...both, attempts: 2, timeoutMs: 1 }))).toEqual({ timeoutMs: 1, attempts: 2 });
});
