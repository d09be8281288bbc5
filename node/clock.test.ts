import { compare, differenceOf, refuseWrongClock, watchClock, type Difference } from "./clock";

const MINUTE = 60_000;
const DAY = 1_440 * MINUTE;

test.each([
	["asked and answered at once", [1_000, 1_000, 1_000], 0, 0],
	["answered somewhere between", [1_000, 1_700, 2_000], 0, 700],
	["ahead by what can't have been the way", [100_000, 90_000, 101_000], 10_000, 11_000],
	["behind by what can't have been the way", [100_000, 120_000, 101_000], -19_000, 20_000],
] as const)("%s", (_name, [asked, said, heard], leastMs, mostMs) => {
	expect(differenceOf(asked, said, heard)).toEqual({ leastMs, mostMs });
});

test("a clock that is set while somebody is asked tells nothing", async () => {
	const clock = jest.spyOn(Date, "now");
	const set = async (): Promise<Date> => {
		const at = new Date();
		clock.mockReturnValue(at.getTime() - 2 * MINUTE);
		return at;
	};

	const difference = await compare(set);
	clock.mockRestore();

	expect(difference).toBeUndefined();
	expect(await compare(async () => new Date())).toEqual({ leastMs: expect.any(Number), mostMs: expect.any(Number) });
});

const exactly = (ms: number): Difference => ({ leastMs: ms, mostMs: Math.abs(ms) });

test("a few seconds are told once, until they are over", () => {
	const said: string[] = [];
	const log = { warn: (line: string) => said.push(line), info: (line: string) => said.push(line) };
	const clock = watchClock({ log, refuse: (error) => said.push(error.message) });

	clock.heard("DATABASE_URL", exactly(4_000));
	const before = clock.missing();
	clock.heard("DATABASE_URL", exactly(-8_000));
	clock.heard("DATABASE_URL", exactly(-9_000));
	clock.heard("ORDERS_DATABASE_URL", exactly(0));
	clock.heard("DATABASE_URL", { leastMs: 0, mostMs: 9_500 });
	const meanwhile = clock.missing();
	clock.heard("DATABASE_URL", exactly(0));

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
	const clock = watchClock({ log: { warn: () => undefined, info: () => undefined }, refuse, refuseAfterMs: 0 });

	clock.heard("DATABASE_URL", exactly(difference));

	expect(refuse).toHaveBeenCalledWith(expect.objectContaining({ message: expect.stringContaining(words) as string }));
	expect(() => refuseWrongClock("DATABASE_URL", exactly(difference))).toThrow(`is ${words} that of DATABASE_URL`);
	expect(() => refuseWrongClock("DATABASE_URL", exactly(Math.sign(difference) * 59_000))).not.toThrow();
});

test("one that was asleep, and whose clock is set when it wakes, goes on", () => {
	const refuse = jest.fn();
	const clock = watchClock({ log: { warn: () => undefined, info: () => undefined }, refuse });

	clock.heard("DATABASE_URL", exactly(-60 * MINUTE));
	clock.heard("DATABASE_URL", exactly(-60 * MINUTE));
	const meanwhile = clock.missing();
	clock.heard("DATABASE_URL", exactly(0));

	expect({ meanwhile, after: clock.missing() }).toEqual({ meanwhile: ["clock"], after: [] });
	expect(refuse).not.toHaveBeenCalled();
});
