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
