import { isGoing, isLate, operationIdOf } from "./store";

const SAGA = "0197f3a0-0000-7000-8000-000000000001";

test("an operation has one id for all attempts, and another one for each saga, step and direction", () => {
	const id = operationIdOf(SAGA, "book the hotel", "do");

	expect(operationIdOf(SAGA, "book the hotel", "do")).toBe(id);
	expect(operationIdOf(SAGA, "book the hotel", "undo")).not.toBe(id);
	expect(operationIdOf(SAGA, "book the flight", "do")).not.toBe(id);
	expect(operationIdOf(SAGA.replace(/1$/, "2"), "book the hotel", "do")).not.toBe(id);
});

test("a saga is late when more time has gone by here than was left by the database's clock", () => {
	const nowMs = performance.now();

	expect(isLate({ ms_left: 60_000, read_at_ms: nowMs })).toBe(false);
	expect(isLate({ ms_left: 60_000, read_at_ms: nowMs - 61_000 })).toBe(true);
	expect(isLate({ ms_left: -1, read_at_ms: nowMs })).toBe(true);
});

test("a saga goes on by itself until it has ended or needs somebody's decision", () => {
	const going = (["RUNNING", "COMPENSATING", "COMPLETED", "COMPENSATED", "NEEDS_OPERATOR"] as const).filter((status) =>
		isGoing({ status }),
	);

	expect(going).toEqual(["RUNNING", "COMPENSATING"]);
});
