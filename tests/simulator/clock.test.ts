import { newHost, onHost, thaw, type Host } from "../../simulator/world/host";
import { replaceClock, type Clock } from "../../simulator/world/clock";

const START_MS = Date.UTC(2026, 5, 15, 12);
const HOUR_MS = 3_600_000;

interface Bench {
	clock: Clock;
	/** What a program sees of the time. */
	globals: typeof globalThis;
	pause(ms: number, options?: { signal?: AbortSignal }): Promise<unknown>;
	hrtimeMs(): number;
	uptimeMs(): number;
	host: Host;
}

/** A clock that replaces nothing of this process. */
function bench(): Bench {
	const { setTimeout, clearTimeout, setInterval, clearInterval, setImmediate, clearImmediate } = globalThis;
	const timers = { setTimeout, clearTimeout, setInterval, clearInterval, setImmediate, clearImmediate };
	const globals = {
		...timers,
		Date: class extends Date {},
		performance: { now: () => 0 },
		AbortSignal: { timeout: AbortSignal.timeout },
	};
	const program = { hrtime: process.hrtime, uptime: process.uptime };
	const promises = { setTimeout: undefined as never };
	const clock = replaceClock(START_MS, { globals: globals as never, process: program, promises });
	return {
		clock,
		globals: globals as never,
		pause: (ms, options) => (promises.setTimeout as (...args: unknown[]) => Promise<unknown>)(ms, undefined, options),
		hrtimeMs: () => Number(program.hrtime.bigint()) / 1e6,
		uptimeMs: () => program.uptime() * 1_000,
		host: newHost("n1", START_MS),
	};
}

test("time stands still until the next timer, and goes there at once", () => {
	const { clock, globals } = bench();
	const called: number[] = [];

	globals.setTimeout(() => called.push(globals.Date.now() - START_MS), HOUR_MS);
	globals.setTimeout(() => called.push(globals.Date.now() - START_MS), 0.4);

	expect(clock.nextMs()).toBe(START_MS + 1);
	expect([clock.next(), clock.next(), clock.next()]).toEqual([true, true, false]);
	expect(called).toEqual([1, HOUR_MS]);
});

test("a host's wall clock may be off, and its stopwatch is not", () => {
	const { clock, globals, hrtimeMs, uptimeMs, host } = bench();
	host.clockOffsetMs = -20_000;

	globals.setTimeout(() => undefined, 500);
	clock.next();

	expect(onHost(host, () => globals.Date.now())).toBe(START_MS - 19_500);
	expect(onHost(host, () => new globals.Date().getTime())).toBe(START_MS - 19_500);
	expect(onHost(host, () => globals.performance.now())).toBe(500);
	expect(onHost(host, hrtimeMs)).toBe(500);
	expect(onHost(host, uptimeMs)).toBe(500);
	expect(globals.Date.now()).toBe(START_MS + 500);
});

test("a clock that drifts shows on both", () => {
	const { clock, globals, host } = bench();
	host.clockDrift = 0.001;

	globals.setTimeout(() => undefined, HOUR_MS);
	clock.next();

	expect(onHost(host, () => globals.Date.now()) - START_MS).toBe(HOUR_MS + 3_600);
	expect(onHost(host, () => globals.performance.now())).toBeCloseTo(HOUR_MS + 3_600, 3);
});

test("a Date of a given time is that time on every host", () => {
	const { globals, host } = bench();
	host.clockOffsetMs = 5_000;

	const date = onHost(host, () => new globals.Date(1_000));

	expect(date.getTime()).toBe(1_000);
	expect(date).toBeInstanceOf(globals.Date);
});

test("what a killed host wanted to do later is never done", () => {
	const { clock, globals, host } = bench();
	const called: string[] = [];
	onHost(host, () => globals.setTimeout(() => called.push("timer"), 10));
	onHost(host, () => globals.setInterval(() => called.push("interval"), 10));
	globals.setTimeout(() => called.push("the world's"), 20);

	host.state = "killed";
	clock.forgetTimers(host);

	expect(clock.timers()).toBe(1);
	clock.next();
	expect(called).toEqual(["the world's"]);
});

test("a frozen host's timers wait until it is awake, and are called in their order", () => {
	const { clock, globals, host } = bench();
	const called: string[] = [];
	onHost(host, () => globals.setTimeout(() => called.push("first"), 10));
	onHost(host, () => globals.setTimeout(() => called.push("second"), 20));

	host.state = "frozen";
	clock.next();
	clock.next();
	const whileFrozen = [...called];
	thaw(host);

	expect(whileFrozen).toEqual([]);
	expect(called).toEqual(["first", "second"]);
});

test("the pause of node:timers/promises goes by the same clock, and can be broken off", async () => {
	const { clock, pause } = bench();
	const breaking = new AbortController();
	const long = pause(HOUR_MS, { signal: breaking.signal });
	const short = pause(1_000);

	clock.next();
	await short;
	breaking.abort();

	await expect(long).rejects.toThrow("aborted");
	expect(clock.timers()).toBe(0);
});

test("a signal that aborts by itself does so by the same clock", () => {
	const { clock, globals } = bench();

	const signal = globals.AbortSignal.timeout(2_000);
	const before = signal.aborted;
	clock.next();

	expect([before, signal.aborted, (signal.reason as Error).name]).toEqual([false, true, "TimeoutError"]);
});

test("a new simulation begins at the same time, with no timer of the one before it", () => {
	const { clock, globals } = bench();
	globals.setTimeout(() => undefined, 10);
	clock.next();
	globals.setTimeout(() => undefined, 10);

	clock.reset();

	expect([clock.nowMs(), clock.timers()]).toEqual([START_MS, 0]);
});

test("or at another time, from which on a clock drifts", () => {
	const { clock, globals, host } = bench();
	host.clockDrift = 0.001;

	clock.reset(START_MS + HOUR_MS);
	const begun = onHost(host, () => globals.Date.now());
	globals.setTimeout(() => undefined, HOUR_MS);
	clock.next();

	expect(begun).toBe(START_MS + HOUR_MS);
	expect(onHost(host, () => globals.Date.now())).toBe(START_MS + 2 * HOUR_MS + 3_600);
});
