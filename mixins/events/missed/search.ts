import type { Service } from "moleculer";
import { createHash } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { isAway, isCutOff } from "../../access/away";
import type { Database } from "../../database/database";
import { LettersBusyError } from "../dead-letters/lock";
import type { EventTransport } from "../transport";
import { checksOf, type Turn } from "./checks";
import { decide, type Position, type PublishedEvent } from "./decide";
import { overdueIn, type Source } from "./overdue";

/** What is lost is found within half a minute; a comparison of a quiet queue is two small statements. */
export const EVERY_MS = 5_000;
/**
 * A commit that stalls, or a clock that is set back, puts an event into the history behind what was compared already. So
 * all is compared once more when it is so old that nothing can be that late. It costs one more read of each event.
 */
const ONCE_MORE = { afterMs: 3_600_000, everyMs: 60_000 };
/** Nothing of interest for so long: it would be read again at each look, with all that others have published since. */
const QUIET_MS = 600_000;
/** Between a look and the question how far it was complete: a node that was frozen there does not know any more. */
const FROZEN_MS = 60_000;
const BEFORE_ALL = "00000000-0000-0000-0000-000000000000";
/** Of one answer, and so of what is sent again at once. */
const PAGE = 1_000;
const CALL_TIMEOUT_MS = 10_000;
/** A whole page takes less; a queue without a leader does not answer at all. */
const PATIENCE_MS = 10_000;

/** Stands where a producer stands: what is overdue is looked for in the events of all at once. */
export const EVERY_PRODUCER = "*";

/** One of the two passes through what a producer has published. */
interface Comparison extends Turn {
	/** Younger events are left for later. */
	afterMs: number;
}

/**
 * The second one is another for each set of keys: begun anew with it, it does not take for missed what was published in
 * the hour before somebody began to listen.
 */
function comparisonsOf({ producer, keys }: Source): Comparison[] {
	const named = keys.map(({ exchange, routingKey }) => `${exchange} ${routingKey}`).toSorted();
	const set = createHash("sha256").update(named.join("\n")).digest("hex").slice(0, 16);
	return [
		{ name: producer, everyMs: EVERY_MS, afterMs: 0 },
		{ name: `${producer} once more ${set}`, ...ONCE_MORE },
	];
}

/** All that is looked for in one queue. */
function turnsOf(sources: readonly Source[]): Turn[] {
	return [...sources.flatMap(comparisonsOf), { name: EVERY_PRODUCER, everyMs: EVERY_MS }];
}

/** Looks for events that were confirmed and never arrived: their queue or binding was deleted, or a backup was put back. */
export interface Search {
	start(): Promise<void>;
	stop(): Promise<void>;
}

/**
 * Compares what each producer has published with the consumer's inbox (anti-entropy, after Demers et al., "Epidemic
 * algorithms for replicated database maintenance", 1987) and has sent again what it has missed. It asks the producer by
 * its action `publishedEvents`, and never looks into its tables.
 */
export function searchForMissed(options: {
	service: Service;
	db: Database;
	schema: string;
	transport: EventTransport;
	sources: readonly Source[];
}): Search {
	const { service, transport, sources } = options;
	const queues = [...new Set(sources.map(({ queue }) => queue))];
	const checks = checksOf(options.db, options.schema);
	const overdue = overdueIn({ ...options, log: service.logger, publishAgain });
	const inWork = new Map<string, Promise<void>>();
	let timer: NodeJS.Timeout | undefined;
	let looking: Promise<void> | undefined;
	let stopped = false;

	/** One queue after the other, to spare the database; one that does not answer holds up nobody but itself. */
	async function look(): Promise<void> {
		for (const queue of queues) {
			if (stopped) return;
			if (inWork.has(queue)) continue;
			const work = lookInto(queue).finally(() => inWork.delete(queue));
			inWork.set(queue, work);
			const over = new AbortController();
			await Promise.race([work, pause(PATIENCE_MS, undefined, { ref: false, signal: over.signal })]);
			over.abort();
		}
	}

	async function lookInto(queue: string): Promise<void> {
		const own = sources.filter((source) => source.queue === queue);
		await attempt(`${queue} could not be looked into:`, async () => {
			const due = await checks.claim(queue, turnsOf(own));
			for (const source of own) {
				const failure = `${queue} could not be compared with ${source.producer}:`;
				for (const comparison of comparisonsOf(source)) {
					const after = due.get(comparison.name);
					if (after) await attempt(failure, () => compare(source, comparison, after));
				}
			}
			if (!due.has(EVERY_PRODUCER)) return;
			await attempt(`What is overdue in ${queue} could not be looked for:`, () => overdue.look(queue, own));
		});
	}

	async function attempt(failure: string, work: () => Promise<void>): Promise<void> {
		if (stopped) return;
		try {
			await work();
		} catch (error) {
			const say = isAway(error) || error instanceof LettersBusyError ? "debug" : "warn";
			service.logger[say](failure, (error as Error).message);
		}
	}

	async function compare(source: Source, comparison: Comparison, from: Position): Promise<void> {
		const { queue, producer, keys } = source;
		const { name, afterMs } = comparison;
		const routingKeys = keys.map(({ routingKey }) => routingKey);
		let after: Position | undefined = from;
		while (after && !stopped) {
			const askedAtMs = performance.now();
			const page: PublishedEvent[] = await ask(`${producer}.publishedEvents`, { routingKeys, after, limit: PAGE });
			const published = page.filter(({ ageMs }) => ageMs >= afterMs);
			if (page.length === 0) return passOver(source, comparison, after, askedAtMs);
			if (published.length === 0) return;
			const ids = published.map(({ eventId }) => eventId);
			const known = await checks.known(queue, ids);
			const isQueueEmpty = (await transport.countWaiting(queue)) === 0;
			const { missed, until } = decide(published, { ...known, isQueueEmpty });
			const lost = await overdue.withoutDead(queue, missed);
			if (lost.length > 0) {
				service.logger.warn(`${queue} has missed ${lost.length} events of ${producer}: they are sent again`);
				await publishAgain(
					producer,
					queue,
					lost.map(({ eventId }) => eventId),
				);
				// What was sent again may get lost again, and no comparison comes back to it.
				await overdue.expected.add(queue, lost);
			}
			// Dies it before this, the same are sent once more: the inbox absorbs it.
			if (until) await checks.advance(queue, name, until);
			after = until?.eventId === ids.at(-1) && published.length === PAGE ? until : undefined;
		}
	}

	/** Goes on from a later moment the next time, where there was nothing to compare for long. */
	async function passOver(
		{ queue, producer }: Source,
		{ name, afterMs }: Comparison,
		{ publishedAt }: Position,
		askedAtMs: number,
	): Promise<void> {
		// By whose clock does not matter: too early or too late, it is only another look.
		if (Date.now() - Date.parse(publishedAt) < QUIET_MS + afterMs) return;
		const until = await ask<string>(`${producer}.historyCompleteUntil`, { beforeMs: afterMs });
		if (performance.now() - askedAtMs > FROZEN_MS) return;
		await checks.advance(queue, name, { publishedAt: until, eventId: BEFORE_ALL });
	}

	function publishAgain(producer: string, queue: string, eventIds: readonly string[]): Promise<number> {
		return ask(`${producer}.publishAgain`, { eventIds, queue });
	}

	const ask = <Answer>(action: string, params: object): Promise<Answer> =>
		service.broker.call<Answer, object>(action, params, { timeout: CALL_TIMEOUT_MS });

	function lookOnce(): void {
		// Its turn would be lost for those who can ask.
		if (isCutOff(service.broker)) return;
		looking ??= look().finally(() => (looking = undefined));
	}

	return {
		async start() {
			// From here on nothing is missed, even if it is lost before the first comparison.
			for (const queue of queues) {
				const turns = turnsOf(sources.filter((source) => source.queue === queue));
				await checks.claim(
					queue,
					turns.map((turn) => ({ ...turn, everyMs: 0 })),
				);
			}
			timer = setInterval(lookOnce, EVERY_MS).unref();
		},
		async stop() {
			stopped = true;
			clearInterval(timer);
			await looking;
		},
	};
}
