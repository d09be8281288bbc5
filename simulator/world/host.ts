import { AsyncLocalStorage } from "node:async_hooks";

/**
 * What a program runs on: a process that may be killed, stopped and continued, with a clock of its own. All hosts share
 * one thread; what belongs to whom, the asynchronous context says.
 */
export interface Host {
	readonly name: string;
	/** When its process was started, in ms of the world's time. */
	readonly startedMs: number;
	/** Which program it runs, where there are several: one statement's name may mean another thing to the next one. */
	program: unknown;
	state: "running" | "frozen" | "killed";
	/** What its clock says beside the world's, now, in ms. */
	clockOffsetMs: number;
	/** How much faster its clock goes than the world's: 0.001 is 3.6 s in an hour. */
	clockDrift: number;
	/** What waited for it while it was frozen, in its order. */
	parked: (() => void)[];
	/** How to take back what it has still to do when it is killed: its timers. */
	readonly timers: Set<unknown>;
}

const hosts = new AsyncLocalStorage<Host | undefined>();

export function newHost(name: string, startedMs: number): Host {
	return {
		name,
		startedMs,
		program: undefined,
		state: "running",
		clockOffsetMs: 0,
		clockDrift: 0,
		parked: [],
		timers: new Set(),
	};
}

/** The host whose program is at work, or `undefined` for the world itself. */
export function currentHost(): Host | undefined {
	return hosts.getStore();
}

export function onHost<Result>(host: Host | undefined, work: () => Result): Result {
	return hosts.run(host, work);
}

/** Does it now, when the host is awake again, or never. */
export function whenAwake(host: Host | undefined, work: () => void): void {
	if (host?.state === "killed") return;
	if (host?.state === "frozen") host.parked.push(work);
	else onHost(host, work);
}

/** SIGCONT: what should have happened meanwhile happens now. */
export function thaw(host: Host): void {
	if (host.state !== "frozen") return;
	host.state = "running";
	for (const work of host.parked.splice(0)) onHost(host, work);
}
