import { asides } from "./asides";

const WRITTEN = "letters written";

test("a route that refuses is aside until it is taken back", () => {
	const aside = asides();

	aside.refused(WRITTEN);

	expect(aside.routes()).toEqual([WRITTEN]);
	expect(aside.has(WRITTEN)).toBe(true);
	expect(aside.takeBack(WRITTEN)).toBe(true);
	expect(aside.takeBack(WRITTEN)).toBe(false);
	expect(aside.routes()).toEqual([]);
});

test("it is tried when it is time, and not again before it has answered", () => {
	const aside = asides();
	aside.refused(WRITTEN);
	const before = aside.isTried(WRITTEN);

	aside.tryNow(WRITTEN);
	const now = aside.isTried(WRITTEN);
	aside.refused(WRITTEN);

	expect([before, now, aside.isTried(WRITTEN)]).toEqual([false, true, false]);
});

test("batches that were under way together make it wait once", () => {
	const aside = asides();

	expect(aside.refused(WRITTEN)).toBeGreaterThan(0);
	expect(aside.refused(WRITTEN)).toBeUndefined();
});

test("each refused try doubles the pause, from a tenth of a second to three seconds", () => {
	jest.spyOn(Math, "random").mockReturnValue(1);
	const aside = asides();

	const pausesMs = Array.from({ length: 7 }, () => {
		const pauseMs = aside.refused(WRITTEN);
		aside.tryNow(WRITTEN);
		return pauseMs;
	});

	expect(pausesMs).toEqual([100, 200, 400, 800, 1_600, 3_000, 3_000]);
	jest.restoreAllMocks();
});

test("a route that is not aside is not tried either", () => {
	const aside = asides();

	aside.tryNow(WRITTEN);

	expect(aside.isTried(WRITTEN)).toBe(false);
	expect(aside.has(WRITTEN)).toBe(false);
});
