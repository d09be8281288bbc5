import { recentIds } from "./recent";

afterEach(() => jest.useRealTimers());

test("an id is known for as long as was asked for, and forgotten after twice that", () => {
	jest.useFakeTimers();
	const recent = recentIds(10_000, 100);

	recent.add("early");
	jest.advanceTimersByTime(10_001);
	recent.add("late");
	expect(recent.has("early")).toBe(true);

	jest.advanceTimersByTime(10_001);
	recent.add("later");
	expect(recent.has("early")).toBe(false);
	expect(recent.has("late")).toBe(true);
});

test("of a flood no more than twice the given number are kept, the last ones", () => {
	const recent = recentIds(10_000, 3);

	for (let id = 0; id < 9; id++) recent.add(String(id));

	expect(Array.from({ length: 9 }, (_, id) => recent.has(String(id)))).toEqual([
		...Array.from({ length: 3 }, () => false),
		...Array.from({ length: 6 }, () => true),
	]);
});
