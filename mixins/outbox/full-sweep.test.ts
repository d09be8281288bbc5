import { fullSweep } from "./full-sweep";

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

test("a relay looks at once, and then not before its pause is over", () => {
	const sweep = fullSweep();
	const atOnce = sweep.isDue();

	sweep.done(0);
	const after = sweep.isDue();
	jest.advanceTimersByTime(4_999);
	const soon = sweep.isDue();
	jest.advanceTimersByTime(1);

	expect([atOnce, after, soon, sweep.isDue()]).toEqual([true, false, false, true]);
});

test.each([
	["five seconds at the least", 10, 5_000],
	["twenty times as long as it took", 500, 10_000],
	["a minute at the most", 60_000, 60_000],
])("the pause is %s", (_what, tookMs, pauseMs) => {
	const sweep = fullSweep();
	jest.advanceTimersByTime(3_000);

	sweep.done(tookMs);

	expect(sweep.pauseMs()).toBe(pauseMs);
});

test("when it is due, it is looked again every second", () => {
	expect(fullSweep().pauseMs()).toBe(1_000);
});
