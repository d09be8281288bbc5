import { Errors } from "moleculer";
import { SHED_IN_TURN, type Urgency } from "./urgency";

/** There is more to do than can be done in time; to refuse costs next to nothing. */
export class OverloadedError extends Errors.MoleculerRetryableError {
	constructor(retryAfter: number) {
		super("There is too much to do right now", 503, "OVERLOADED", { retryAfter });
	}
}

export interface EnterOptions {
	/** Whoever asks is answered without it, too: a refusal is not counted. */
	isDispensable?: boolean;
}

/** Lets in what can be done in time. */
export interface Admission {
	/**
	 * @returns to be called when the request has been answered
	 * @throws {OverloadedError}
	 */
	enter(urgency: Urgency, options?: EnterOptions): () => void;
	/** @param loopDelayMs how late this process is with what is ready to be done */
	look(loopDelayMs: number, sinceLastLookMs: number): void;
}

/**
 * How long a request of each kind may take on the average before it counts as late, wherever it waits: for this process,
 * for another node, for a connection to the database. Who signs in waits for a password to be hashed, in a queue of
 * its own; that says nothing of the rest.
 */
const IN_TIME_MS: Record<Urgency, number> = { browsing: 75, shopping: 400, entering: Infinity, buying: 400 };
/** What is ready to be done waits for its turn several times before it is answered. */
const LOOP_IN_TIME_MS = 50;

/**
 * Two hundred may come at once for the last of something. Of more than this of one kind the last would be answered too
 * late, and this needs no time to be found out.
 */
const QUEUE_MAX = 250;
/** Fifty who do something at the same time are no overload, however slow the machine is. */
const QUEUE_MIN = 55;
/** Where next to nothing comes out something hangs: to let in less would not make it go on. */
const ANSWERED_PER_S_MIN = 2;
/** The least of so many looks at the process counts: a queue is in each of them, a collection of garbage in one. */
const LOOKS = 4;
/** Over which time answers are counted. */
const RATE_OVER_MS = 250;

/** What is answered sooner, of whatever kind, is not part of the trouble, and would not be sooner for anybody's sake. */
const REFUSED_FROM_MS = 75;
/** Lateness beyond this is not worse, so that one long stop is not the end of all business. */
const LATENESS_MAX = 4;
/** By what the pressure changes within a second for each 1 of lateness above or below 1. */
const RISE_PER_S = 0.2;
const FALL_PER_S = 0.4;
/** And at once for each 1 by which the lateness grows or shrinks, so that it does not swing. */
const BY_GROWTH = 0.05;
/**
 * The pressure from which on each kind is refused; by as much as it is above that. Carts are kept hardly longer than
 * browsing, which costs so little that to refuse it all would help nobody, and without which nobody would come to buy.
 */
const REFUSED_FROM: Record<Urgency, number> = { browsing: 0, shopping: 0.05, entering: 0.2, buying: 0.5 };
/**
 * A crowd that comes all at once, or a start, uses up what is below 0 before anybody is refused. So much, that two
 * hundred who want the last of something all get their answer; an overload that lasts is met three seconds later for it.
 */
const PRESSURE_MIN = -1.5;
/** Everything is refused. */
const PRESSURE_MAX = 1 + REFUSED_FROM.buying;
/** Seconds, at most, until those who are refused under such a pressure come back. */
const RETRY_AFTER_S_PER_PRESSURE = 4;

/** Those who have been let in and wait for their answers. */
interface Queue {
	length: number;
	answered: number;
	answeredPerMs: number;
	/** How long a request takes on the average; 0 where that says nothing. */
	takesMs: number;
	/** 1 is just in time. */
	lateness: number;
	leave(): void;
}

/**
 * Admission by lateness. A pressure rises while requests are late, and while they get later, and sinks otherwise, as
 * RFC 8033 (PIE) has it for packets. How long a request takes follows from how many are inside and how many come out
 * (Little's law), which is known before the first of them is late. From the pressure follows which share of what is
 * refused: of browsing first and always most, of purchases last and always least. But only where it waits itself, or
 * something more urgent does.
 *
 * @param random between 0 and 1
 */
export function createAdmission({
	refused,
	random = Math.random,
}: {
	refused(urgency: Urgency): void;
	random?: () => number;
}): Admission {
	const queues = Object.fromEntries(SHED_IN_TURN.map((urgency) => [urgency, emptyQueue()])) as Record<Urgency, Queue>;
	const loopDelaysMs = Array.from({ length: LOOKS }, () => 0);
	let loopLateness = 0;
	let lateness = 0;
	let pressure = PRESSURE_MIN;

	const isLate = (urgency: Urgency): boolean =>
		loopLateness > 1 ||
		SHED_IN_TURN.slice(SHED_IN_TURN.indexOf(urgency)).some((asUrgent) => queues[asUrgent].takesMs > REFUSED_FROM_MS);

	const isUnlucky = (urgency: Urgency): boolean =>
		pressure > 0 && isLate(urgency) && random() < refusedShare(urgency, pressure);

	return {
		enter(urgency, { isDispensable = false } = {}) {
			const queue = queues[urgency];
			if (queue.length >= QUEUE_MAX || isUnlucky(urgency)) {
				if (!isDispensable) refused(urgency);
				// The more there is to do the later, and not all together.
				throw new OverloadedError(1 + Math.floor(random() * (1 + RETRY_AFTER_S_PER_PRESSURE * Math.max(pressure, 0))));
			}
			queue.length++;
			return queue.leave;
		},
		look(loopDelayMs, sinceLastLookMs) {
			loopDelaysMs.shift();
			loopDelaysMs.push(loopDelayMs);
			loopLateness = Math.min(Math.min(...loopDelaysMs) / LOOP_IN_TIME_MS, LATENESS_MAX);
			for (const urgency of SHED_IN_TURN) measure(queues[urgency], IN_TIME_MS[urgency], sinceLastLookMs);

			const before = lateness;
			lateness = Math.max(loopLateness, ...SHED_IN_TURN.map((urgency) => queues[urgency].lateness));
			const perSecond = (lateness - 1) * (lateness > 1 ? RISE_PER_S : FALL_PER_S);
			const change = (perSecond * sinceLastLookMs) / 1_000 + BY_GROWTH * (lateness - before);
			pressure = Math.min(Math.max(pressure + change, PRESSURE_MIN), PRESSURE_MAX);
		},
	};
}

function emptyQueue(): Queue {
	const queue: Queue = {
		length: 0,
		answered: 0,
		answeredPerMs: 0,
		takesMs: 0,
		lateness: 0,
		leave() {
			queue.length--;
			queue.answered++;
		},
	};
	return queue;
}

function measure(queue: Queue, inTimeMs: number, sinceLastLookMs: number): void {
	const weight = sinceLastLookMs / (RATE_OVER_MS + sinceLastLookMs);
	queue.answeredPerMs += weight * (queue.answered / sinceLastLookMs - queue.answeredPerMs);
	queue.answered = 0;
	const says = queue.answeredPerMs * 1_000 >= ANSWERED_PER_S_MIN && inTimeMs !== Infinity;
	queue.takesMs = says ? queue.length / queue.answeredPerMs : 0;
	queue.lateness = queue.length < QUEUE_MIN ? 0 : Math.min(queue.takesMs / inTimeMs, LATENESS_MAX);
}

/** Between 0 and 1. */
export function refusedShare(urgency: Urgency, pressure: number): number {
	return Math.min(Math.max(pressure - REFUSED_FROM[urgency], 0), 1);
}
