import { availableParallelism } from "node:os";
import { Errors } from "moleculer";

/** A hash takes a core for a quarter of a second. One core, and one of libuv's four threads, stay for everything else. */
const AT_ONCE_MAX = Math.min(3, Math.max(2, availableParallelism() - 1));

/** A crowd that arrives at once is let in one by one; at cost 12 this many take about as long as anybody waits. */
const WAITING_MAX = 200;

/** Whoever has waited longer has gone: see the time limit of the actions. */
const WAIT_MS_MAX = 25_000;

/** So many sign in at this moment that another one would wait for too long. */
export class TooManyLoginsError extends Errors.MoleculerRetryableError {
	constructor() {
		super("Too many people are signing in right now", 503, "OVERLOADED", { retryAfter: 2 });
	}
}

const waiting: (() => void)[] = [];
let atWork = 0;

/**
 * Hashes one after the other, a few at once: a storm of logins leaves the rest of the node at work. Only the hashing
 * counts, so that whoever is slowed down for guessing takes nobody's place.
 * @throws {TooManyLoginsError}
 */
export async function hashing<Result>(work: () => Promise<Result>): Promise<Result> {
	if (atWork >= AT_ONCE_MAX) await turn();
	else atWork++;
	try {
		return await work();
	} finally {
		leave();
	}
}

/** The place goes to who has waited longest, without being free in between. */
function leave(): void {
	const next = waiting.shift();
	if (next) next();
	else atWork--;
}

async function turn(): Promise<void> {
	if (waiting.length >= WAITING_MAX) throw new TooManyLoginsError();
	const sinceMs = performance.now();
	await new Promise<void>((resolve) => void waiting.push(resolve));
	if (performance.now() - sinceMs <= WAIT_MS_MAX) return;
	leave();
	throw new TooManyLoginsError();
}
