import FakeTimers from "@sinonjs/fake-timers";
import timersPromises from "node:timers/promises";
import { currentHost, whenAwake, type Host } from "./host";

/** The simulated time of the world. Host clocks differ from it; PostgreSQL's and RabbitMQ's are it. */
export interface Clock {
	/** Milliseconds since 1970. */
	nowMs(): number;
	/** The world's time goes to the next timer, which is called. @returns false where there is none */
	next(): boolean;
	/** When the next timer is due, or `undefined`. */
	nextMs(): number | undefined;
	/** The world's time goes on to there, and what is due until then is called. */
	goTo(ms: number): void;
	/** Forgets all timers, and begins anew, where it began before or at another moment. */
	reset(startMs?: number): void;
	/** Of a killed host. */
	forgetTimers(host: Host): void;
	/** How many timers are set. */
	timers(): number;
}

type Timer = ReturnType<typeof setTimeout>;

const real = { setImmediate, setTimeout, clearTimeout, hrtime: process.hrtime.bigint.bind(process.hrtime) };

/** How long something took on the machine, in ms. Nothing in the simulation may depend on it. */
export function realMs(): number {
	return Number(real.hrtime()) / 1e6;
}

/** One turn of the event loop. */
export function turn(): Promise<void> {
	return new Promise((resolve) => real.setImmediate(resolve));
}

/** On the machine's time, for what is done before and after a simulation. */
export function realPause(ms: number): Promise<void> {
	return new Promise((resolve) => real.setTimeout(resolve, ms));
}

/** On the machine's time. @returns how to take it back */
export function realTimer(work: () => void, ms: number): () => void {
	const timer = real.setTimeout(work, ms);
	return () => real.clearTimeout(timer);
}

let immediates = 0;

/** Callbacks of setImmediate that have still to be called: until then something goes on that nobody has chosen. */
export function pendingImmediates(): number {
	return immediates;
}

/** What tells a program the time, and wakes it. */
export interface Timepieces {
	globals: typeof globalThis;
	process: Pick<NodeJS.Process, "hrtime" | "uptime">;
	/** Of node:timers/promises, which has timers of its own. */
	promises: Pick<typeof timersPromises, "setTimeout">;
}

const OF_THIS_PROCESS: Timepieces = { globals: globalThis, process, promises: timersPromises };

/** Replaces clocks and timers, once, before anything else is imported. */
export function replaceClock(startMs: number, timepieces: Timepieces = OF_THIS_PROCESS): Clock {
	const { globals, promises } = timepieces;
	const fake = FakeTimers.withGlobal(globals).install({
		now: startMs,
		toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date"],
	});
	const began = { ms: startMs };
	replaceDate(fake, began, timepieces);
	replaceTimers(globals);
	countImmediates(globals);
	promises.setTimeout = pauseBy(globals) as typeof timersPromises.setTimeout;
	globals.AbortSignal.timeout = (ms) => abortedAfter(globals, ms);
	const nextMs = (): number | undefined => heapOf(fake)?.peek()?.callAt;
	return {
		nowMs: () => fake.now,
		next() {
			if (fake.countTimers() === 0) return false;
			fake.next();
			return true;
		},
		nextMs,
		goTo: (ms) => void fake.tick(ms - fake.now),
		timers: () => fake.countTimers(),
		reset(at = startMs) {
			fake.reset();
			fake.setSystemTime(at);
			began.ms = at;
		},
		forgetTimers(host) {
			for (const timer of host.timers) globals.clearTimeout(timer as Timer);
			host.timers.clear();
		},
	};
}

/** Where the fake clock keeps its timers, the next one foremost; made when the first is set. */
function heapOf(fake: object): { peek(): { callAt: number } | undefined } | undefined {
	return (fake as { timerHeap?: { peek(): { callAt: number } | undefined } }).timerHeap;
}

/** What a host's wall clock says: one that is stepped or drifts disagrees with the others. */
function replaceDate(fake: { now: number }, began: { ms: number }, { globals, process: program }: Timepieces): void {
	const World = globals.Date;
	const hostNow = (): number => {
		const host = currentHost();
		return host ? Math.floor(fake.now + host.clockOffsetMs + (fake.now - began.ms) * host.clockDrift) : fake.now;
	};
	class HostDate extends World {
		constructor(...args: unknown[]) {
			super(...((args.length === 0 ? [hostNow()] : args) as [number]));
		}
		static override now(): number {
			return hostNow();
		}
		static override [Symbol.hasInstance](value: unknown): boolean {
			return value instanceof World;
		}
	}
	globals.Date = HostDate as DateConstructor;
	// As a process has it: from its start on, and no step ever shows. A drift does.
	const sinceStartMs = (): number => {
		const host = currentHost();
		return host ? (fake.now - host.startedMs) * (1 + host.clockDrift) : fake.now - began.ms;
	};
	globals.performance.now = sinceStartMs;
	const hrtime = (before?: [number, number]): [number, number] => {
		const ns = hrtime.bigint() - (before ? BigInt(before[0]) * 1_000_000_000n + BigInt(before[1]) : 0n);
		return [Number(ns / 1_000_000_000n), Number(ns % 1_000_000_000n)];
	};
	hrtime.bigint = (): bigint => BigInt(Math.round(sinceStartMs() * 1e6));
	program.hrtime = hrtime;
	program.uptime = () => sinceStartMs() / 1_000;
}

/**
 * A timer is its host's: it waits while that is frozen, and is never called after it was killed. Delays are whole
 * milliseconds, and at least one: with 0.4 ms the clock would stand still.
 */
function replaceTimers(globals: typeof globalThis): void {
	/** A timer that somebody else takes back, such as the simulator, is no longer its host's either. */
	const hostOf = new WeakMap<object, Host>();
	for (const name of ["setTimeout", "setInterval"] as const) {
		const set = globals[name] as (work: () => void, ms: number) => Timer;
		const isOnce = name === "setTimeout";
		const replaced = (work: (...args: unknown[]) => void, ms?: number, ...args: unknown[]): Timer => {
			const host = currentHost();
			const timer = set(
				() => {
					if (isOnce) host?.timers.delete(timer);
					whenAwake(host, () => work(...args));
				},
				Math.max(1, Math.ceil(ms ?? 1)),
			);
			host?.timers.add(timer);
			if (host) hostOf.set(timer, host);
			return timer;
		};
		globals[name] = replaced as never;
	}
	for (const name of ["clearTimeout", "clearInterval"] as const) {
		const clear = globals[name] as (timer: unknown) => void;
		globals[name] = (timer: unknown) => {
			hostOf.get(Object(timer))?.timers.delete(timer);
			clear(timer);
		};
	}
}

function countImmediates(globals: typeof globalThis): void {
	const { setImmediate: set, clearImmediate: clear } = globals;
	const waiting = new Set<NodeJS.Immediate>();
	globals.setImmediate = ((work: (...args: unknown[]) => void, ...args: unknown[]) => {
		immediates++;
		const immediate = set(() => {
			waiting.delete(immediate);
			immediates--;
			work(...args);
		});
		waiting.add(immediate);
		return immediate;
	}) as never;
	globals.clearImmediate = (immediate: NodeJS.Immediate | undefined) => {
		if (immediate && waiting.delete(immediate)) immediates--;
		clear(immediate);
	};
}

/** The signals of the platform have timers of their own as well. */
function abortedAfter(globals: typeof globalThis, ms: number): AbortSignal {
	const controller = new AbortController();
	const reason = new DOMException("The operation was aborted due to timeout", "TimeoutError");
	globals.setTimeout(() => controller.abort(reason), ms).unref();
	return controller.signal;
}

function pauseBy(globals: typeof globalThis) {
	return <Value>(ms: number, value?: Value, { signal }: { signal?: AbortSignal } = {}): Promise<Value | undefined> =>
		new Promise((resolve, reject) => {
			const abort = (): void => {
				globals.clearTimeout(timer);
				reject(Object.assign(new Error("The operation was aborted"), { name: "AbortError", code: "ABORT_ERR" }));
			};
			const timer = globals.setTimeout(() => {
				signal?.removeEventListener("abort", abort);
				resolve(value);
			}, ms);
			if (signal?.aborted) abort();
			else signal?.addEventListener("abort", abort, { once: true });
		});
}
