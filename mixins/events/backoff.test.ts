import { pauseAfter } from "./backoff";

const limits = { firstMs: 100, maxMs: 3_000 };

test.each([
	[1, 50, 100],
	[2, 100, 200],
	[4, 400, 800],
	[6, 1_500, 3_000],
	[10_000, 1_500, 3_000],
])("after %d failures the pause is between %d and %d ms", (failures, least, most) => {
	const pauses = Array.from({ length: 200 }, () => pauseAfter(failures, limits));

	expect(Math.min(...pauses)).toBeGreaterThanOrEqual(least);
	expect(Math.max(...pauses)).toBeLessThanOrEqual(most);
	expect(new Set(pauses).size).toBeGreaterThan(100);
});

test.each([
	[0, 400],
	[0.5, 600],
	[1, 800],
])("the pause is drawn from all of the upper half: %d makes %d ms", (drawn, ms) => {
	const random = jest.spyOn(Math, "random").mockReturnValue(drawn);

	expect(pauseAfter(4, limits)).toBe(ms);
	random.mockRestore();
});
