import { inOrderOfUse } from "./baselines";
import type { Baseline } from "./bench";

const baseline = (name: string, realMs: number, ...reached: string[]): Baseline => ({
	named: { name, plan: {} as never },
	hash: "h",
	realMs,
	reached: new Set(reached),
});

test("plans are tried by what each adds for its time, after the first, and then the quickest", () => {
	const ordered = inOrderOfUse([
		baseline("quiet", 1_000, "a"),
		baseline("nothing new, slow", 3_000, "a"),
		baseline("much, slow", 4_000, "a", "b", "c", "d"),
		baseline("two, quick", 1_000, "b", "c"),
		baseline("nothing new", 2_000, "b"),
	]);

	expect(ordered.map(({ named }) => named.name)).toEqual([
		"quiet",
		"two, quick",
		"much, slow",
		"nothing new",
		"nothing new, slow",
	]);
});
