import { differenceMs, refuseWrongClock, watchClock } from "./clock";

const MINUTE = 60_000;
const DAY = 1_440 * MINUTE;

test.each([
	["asked and answered at once", [1_000, 1_000, 1_000], 0],
	["answered somewhere between", [1_000, 1_700, 2_000], 0],
	["ahead by what can't have been the way", [100_000, 90_000, 101_000], 10_000],
	["behind by what can't have been the way", [100_000, 120_000, 101_000], -19_000],
] as const)("%s", (_name, [asked, said, heard], difference) => {
	expect(differenceMs(asked, said, heard)).toBe(difference);
});

test("a few seconds are told once, until they are over", () => {
	const said: string[] = [];
	const log = { warn: (line: string) => said.push(line), info: (line: string) => said.push(line) };
	const clock = watchClock({ log, refuse: (error) => said.push(error.message) });

	clock.heard("DATABASE_URL", 4_000);
	const before = clock.missing();
	clock.heard("DATABASE_URL", -8_000);
	clock.heard("DATABASE_URL", -9_000);
	clock.heard("ORDERS_DATABASE_URL", 0);
	const meanwhile = clock.missing();
	clock.heard("DATABASE_URL", 0);

	expect({ before, meanwhile, after: clock.missing() }).toEqual({ before: [], meanwhile: ["clock"], after: [] });
	expect(said).toEqual([
		"The clock of this node is 8 s behind that of DATABASE_URL: set the clocks by NTP",
		"The clock of this node is right again, by that of DATABASE_URL",
	]);
});

test.each([
	[MINUTE, "60 s ahead of"],
	[-20 * MINUTE, "20 minutes behind"],
	[16 * DAY, "16 days ahead of"],
	[-5 * 60 * MINUTE, "5 hours behind"],
])("a node that is off by %d ms does not start, and does not go on", (difference, words) => {
	const refuse = jest.fn();
	const clock = watchClock({ log: { warn: () => undefined, info: () => undefined }, refuse });

	clock.heard("DATABASE_URL", difference);

	expect(refuse).toHaveBeenCalledWith(expect.objectContaining({ message: expect.stringContaining(words) as string }));
	expect(() => refuseWrongClock("DATABASE_URL", difference)).toThrow(`is ${words} that of DATABASE_URL`);
	expect(() => refuseWrongClock("DATABASE_URL", Math.sign(difference) * 59_000)).not.toThrow();
});
