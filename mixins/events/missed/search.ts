import type { Service } from "moleculer";
import { isAway } from "../../access/away";
import type { Database } from "../../database/database";
import { LettersBusyError } from "../dead-letters/lock";
import type { EventTransport } from "../transport";
import { checksOf } from "./checks";
import { decide, type PublishedEvent } from "./decide";
import { overdueIn, type Source } from "./overdue";

/** What is lost is found within half a minute; a comparison of a quiet queue is two small statements. */
const EVERY_MS = 5_000;
/** Of one answer, and so of what is sent again at once. */
const PAGE = 1_000;
const CALL_TIMEOUT_MS = 10_000;

/** Stands where a producer stands: what is overdue is looked for in the events of all at once. */
const EVERY_PRODUCER = "*";

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
	let timer: NodeJS.Timeout | undefined;
	let looking: Promise<void> | undefined;
	let stopped = false;

	async function look(): Promise<void> {
		for (const source of sources) {
			await attempt(`${source.queue} could not be compared with ${source.producer}:`, () => compare(source));
		}
		for (const queue of queues) {
			await attempt(`What is overdue in ${queue} could not be looked for:`, () => lookForOverdue(queue));
		}
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

	async function lookForOverdue(queue: string): Promise<void> {
		const turn = await checks.claim(queue, EVERY_PRODUCER, EVERY_MS);
		const own = sources.filter((source) => source.queue === queue);
		if (turn) await overdue.look(queue, own);
	}

	async function compare({ queue, producer, keys }: Source): Promise<void> {
		const routingKeys = keys.map(({ routingKey }) => routingKey);
		let after = await checks.claim(queue, producer, EVERY_MS);
		while (after && !stopped) {
			const published = await ask<PublishedEvent[]>(`${producer}.publishedEvents`, { routingKeys, after, limit: PAGE });
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
			if (until) await checks.advance(queue, producer, until);
			after = until?.eventId === ids.at(-1) && published.length === PAGE ? until : undefined;
		}
	}

	async function publishAgain(producer: string, queue: string, eventIds: readonly string[]): Promise<void> {
		await ask(`${producer}.publishAgain`, { eventIds, queue });
	}

	const ask = <Answer>(action: string, params: object): Promise<Answer> =>
		service.broker.call<Answer, object>(action, params, { timeout: CALL_TIMEOUT_MS });

	function lookOnce(): void {
		looking ??= look().finally(() => (looking = undefined));
	}

	return {
		async start() {
			// From here on nothing is missed, even if it is lost before the first comparison.
			for (const { queue, producer } of sources) await checks.claim(queue, producer, 0);
			timer = setInterval(lookOnce, EVERY_MS).unref();
		},
		async stop() {
			stopped = true;
			clearInterval(timer);
			await looking;
		},
	};
}
