import { watchDatabase, type DatabaseWatch } from "./database-watch";

/** Whether each rest would keep the process alive. */
const rests: boolean[] = [];

jest.mock("node:timers/promises", () => ({
	setTimeout: (ms: number, _value: undefined, { signal, ref }: { signal: AbortSignal; ref: boolean }) =>
		new Promise<void>((resolve, reject) => {
			const abort = (): void => reject(new Error("aborted"));
			rests.push(ref);
			signal.addEventListener("abort", abort);
			setTimeout(() => {
				signal.removeEventListener("abort", abort);
				resolve();
			}, ms);
		}),
}));

type Answer = boolean | Promise<boolean>;

interface Watched {
	watch: DatabaseWatch;
	/** When it was asked, in ms, and how long an answer was waited for. */
	asked: { atMs: number; withinMs: number }[];
	/** What was told, e.g. "away at 5000". */
	told: string[];
	answers(...next: Answer[]): void;
	isBusy: boolean;
}

/** A database that does not answer, unless a test says so. */
function watched(): Watched {
	const begunAtMs = performance.now();
	const now = (): number => performance.now() - begunAtMs;
	const asked: Watched["asked"] = [];
	const told: string[] = [];
	let next: Answer[] = [];
	const here: Omit<Watched, "watch"> = {
		asked,
		told,
		isBusy: true,
		answers: (...all) => void (next = all),
	};
	const watch = watchDatabase({
		db: {
			async answers(withinMs) {
				asked.push({ atMs: now(), withinMs });
				return next.shift() ?? false;
			},
		},
		isBusy: () => here.isBusy,
		away: () => void told.push(`away at ${now()}`),
		back: () => void told.push(`back at ${now()}`),
		log: {
			info: (text) => void told.push(`info: ${String(text)}`),
			warn: (text) => void told.push(`warn: ${String(text)}`),
			error: (text) => void told.push(`error: ${String(text)}`),
		},
	});
	return Object.assign(here, { watch });
}

const timesOf = ({ asked }: Watched): number[] => asked.map(({ atMs }) => atMs);

beforeEach(() => {
	jest.useFakeTimers();
	jest.spyOn(Math, "random").mockReturnValue(1);
});
afterEach(() => {
	jest.restoreAllMocks();
	jest.useRealTimers();
});

test("while nothing waits for it, nobody asks it", async () => {
	const here = watched();
	here.isBusy = false;

	await jest.advanceTimersByTimeAsync(60_000);

	expect([here.asked, here.told]).toEqual([[], []]);
});

test("what answers others all the time is not asked", async () => {
	const here = watched();

	for (let n = 0; n < 20; n++) {
		await jest.advanceTimersByTimeAsync(500);
		here.watch.heard();
	}

	expect([here.asked, here.told]).toEqual([[], []]);
});

test("it is asked each second while something waits, for as long as letting somebody in may take", async () => {
	const here = watched();
	here.answers(true, true, true);

	await jest.advanceTimersByTimeAsync(3_000);

	expect(here.asked).toEqual([1_000, 2_000, 3_000].map((atMs) => ({ atMs, withinMs: 1_500 })));
	expect(here.told).toEqual([]);
	expect(new Set(rests)).toEqual(new Set([false]));
});

test("a silence of less than five seconds is sat out, and the next one begins anew", async () => {
	const here = watched();
	here.answers(false, false, false, false, true, false, false, false, false, true);

	await jest.advanceTimersByTimeAsync(10_000);

	expect(here.asked).toHaveLength(10);
	expect(here.told).toEqual([]);
});

test("after five seconds its events are left to others, until it answers again", async () => {
	const here = watched();
	here.answers(...Array.from({ length: 9 }, () => false), true, true);

	await jest.advanceTimersByTimeAsync(7_500);

	expect(timesOf(here)).toEqual([1_000, 2_000, 3_000, 4_000, 5_000, 5_000, 5_100, 5_300, 5_700, 6_500, 7_500]);
	expect(here.told).toEqual([
		"warn: The database has not answered for 5 s: events are left to other nodes",
		"away at 5000",
		"info: The database answers again, and events are taken again",
		"back at 6500",
	]);
});

test("a watch that is over asks no more, and does not wait for its next look", async () => {
	const here = watched();
	await jest.advanceTimersByTimeAsync(1_500);

	await here.watch.stop();
	await jest.advanceTimersByTimeAsync(60_000);

	expect(timesOf(here)).toEqual([1_000]);
	expect(here.told).toEqual([]);
});

test("a watch that is over while it is asking tells nobody what came of it", async () => {
	const here = watched();
	let answer!: (isThere: boolean) => void;
	here.answers(false, false, false, false, new Promise((resolve) => (answer = resolve)));
	await jest.advanceTimersByTimeAsync(5_000);

	const stopping = here.watch.stop();
	answer(false);
	await stopping;

	expect(here.asked).toHaveLength(5);
	expect(here.told).toEqual([]);
});

test("a watch that is over while the database is away does not wait for it, and says nothing more", async () => {
	const here = watched();
	await jest.advanceTimersByTimeAsync(5_150);
	const before = here.told.length;
	here.answers(true);

	await here.watch.stop();

	expect(here.told).toHaveLength(before);
	expect(timesOf(here).at(-1)).toBe(5_100);
});
