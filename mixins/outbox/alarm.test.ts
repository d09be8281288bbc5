import { alarm } from "./alarm";

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

/** Whether a pause is over by now. */
function watched(pause: Promise<void>): { isOver(): Promise<boolean> } {
	let isOver = false;
	void pause.then(() => (isOver = true));
	return {
		async isOver() {
			await jest.advanceTimersByTimeAsync(0);
			return isOver;
		},
	};
}

test("a pause ends by itself", async () => {
	const pause = watched(alarm().pauseFor(1_000));

	await jest.advanceTimersByTimeAsync(999);
	const before = await pause.isOver();
	await jest.advanceTimersByTimeAsync(1);

	expect([before, await pause.isOver()]).toEqual([false, true]);
});

test("a ring ends a pause, and leaves no timer behind", async () => {
	const bell = alarm();
	const pause = watched(bell.pauseFor(1_000));

	bell.ring();

	expect(await pause.isOver()).toBe(true);
	expect(jest.getTimerCount()).toBe(0);
});

test("a ring before the pause keeps it from beginning, until it is forgotten", async () => {
	const bell = alarm();
	bell.ring();

	const kept = watched(bell.pauseFor(1_000));
	bell.silence();
	const begun = watched(bell.pauseFor(1_000));

	expect([await kept.isOver(), await begun.isOver()]).toEqual([true, false]);
});

test("a deaf pause is ended only by a ring that says so", async () => {
	const bell = alarm();
	bell.ring();
	const pause = watched(bell.pauseFor(1_000, { deaf: true }));

	bell.ring();
	const after = await pause.isOver();
	bell.ring({ evenIfDeaf: true });

	expect([after, await pause.isOver()]).toEqual([false, true]);
});

test("a pause that is over is not ended again", async () => {
	const bell = alarm();
	const first = watched(bell.pauseFor(10));
	await jest.advanceTimersByTimeAsync(10);
	bell.ring();
	bell.silence();

	const second = watched(bell.pauseFor(1_000));

	expect([await first.isOver(), await second.isOver()]).toEqual([true, false]);
});
