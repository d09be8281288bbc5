import type { Service } from "moleculer";
import { isAway } from "../../access/away";
import type { Database } from "../../database/database";
import type { EventTransport } from "../transport";
import { checksOf } from "./checks";
import { decide, type PublishedEvent } from "./decide";

/** What is lost is found within half a minute; a comparison of a quiet queue is two small statements. */
const EVERY_MS = 5_000;
/** Of one answer, and so of what is sent again at once. */
const PAGE = 1_000;
const CALL_TIMEOUT_MS = 10_000;

/** A queue, and the events of one producer that it is bound to. */
export interface Source {
	queue: string;
	/** A service that has an outbox. */
	producer: string;
	routingKeys: readonly string[];
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
	const checks = checksOf(options.db, options.schema);
	let timer: NodeJS.Timeout | undefined;
	let looking: Promise<void> | undefined;
	let stopped = false;

	async function look(): Promise<void> {
		for (const source of sources) {
			if (stopped) return;
			try {
				await compare(source);
			} catch (error) {
				const say = isAway(error) ? "debug" : "warn";
				service.logger[say](`${source.queue} could not be compared with ${source.producer}:`, (error as Error).message);
			}
		}
	}

	async function compare({ queue, producer, routingKeys }: Source): Promise<void> {
		let after = await checks.claim(queue, producer, EVERY_MS);
		while (after && !stopped) {
			const published = await ask<PublishedEvent[]>(`${producer}.publishedEvents`, { routingKeys, after, limit: PAGE });
			if (published.length === 0) return;
			const ids = published.map(({ eventId }) => eventId);
			const known = await checks.known(queue, ids);
			const isQueueEmpty = (await transport.countWaiting(queue)) === 0;
			const { missed, until } = decide(published, { ...known, isQueueEmpty });
			if (missed.length > 0) {
				service.logger.warn(`${queue} has missed ${missed.length} events of ${producer}: they are sent again`);
				await ask(`${producer}.publishAgain`, { eventIds: missed, queue });
			}
			// Dies it before this, the same are sent once more: the inbox absorbs it.
			if (until) await checks.advance(queue, producer, until);
			after = until?.eventId === ids.at(-1) && published.length === PAGE ? until : undefined;
		}
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
