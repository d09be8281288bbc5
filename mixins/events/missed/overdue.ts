import type { Logger } from "moleculer";
import type { Database } from "../../database/database";
import type { EventContract } from "../contract";
import type { EventTransport } from "../transport";
import { expectedBy, type Expected, type OverdueEvent } from "./expected";
import { lettersIn } from "./letters";

/** A queue, and the events of one producer that it is bound to. */
export interface Source {
	queue: string;
	/** A service that has an outbox. */
	producer: string;
	keys: readonly Pick<EventContract, "exchange" | "routingKey">[];
}

export interface OverdueOptions {
	db: Database;
	schema: string;
	transport: EventTransport;
	log: Logger;
	/** Has a producer put events into a queue once more. @returns how many it still had */
	publishAgain(producer: string, queue: string, eventIds: readonly string[]): Promise<number>;
}

/** Looks after what the comparisons have passed, until it is handled or dead. */
export interface Overdue {
	expected: Expected;
	/** Leaves out those that are dead letters: RabbitMQ may have given them up itself, and nobody could note it. */
	withoutDead<Event extends { eventId: string }>(queue: string, events: readonly Event[]): Promise<Event[]>;
	/**
	 * Has sent again what is overdue in one queue, of what is published on the keys of these sources. A node asks only
	 * for what it listens to itself: what it does not know would go round between it and its queue for ever.
	 */
	look(queue: string, sources: readonly Source[]): Promise<void>;
}

export function overdueIn({ db, schema, transport, log, publishAgain }: OverdueOptions): Overdue {
	const expected = expectedBy(db, schema);
	const letters = lettersIn(db, transport);

	/** A dead-letter queue that was deleted has taken events along as well: they are to die, or to be handled, once more. */
	async function findLostLetters(queue: string): Promise<void> {
		const dead = await expected.dead(queue);
		if (dead.length === 0 || (await letters.count(queue)) >= dead.length) return;
		const { ids, areAll } = await letters.there(queue);
		const lost = areAll ? dead.filter((id) => !ids.has(id)) : [];
		// One that is only on its way there is found among them before it would be sent again.
		if (lost.length > 0) await expected.unbury(queue, lost);
	}

	async function withoutDead<Event extends { eventId: string }>(
		queue: string,
		events: readonly Event[],
	): Promise<Event[]> {
		if (events.length === 0) return [];
		const { ids } = await letters.there(queue);
		await expected.bury(
			queue,
			events.map(({ eventId }) => eventId).filter((eventId) => ids.has(eventId)),
		);
		return events.filter(({ eventId }) => !ids.has(eventId));
	}

	async function find(queue: string, sources: readonly Source[]): Promise<OverdueEvent[]> {
		const keys = sources.flatMap((source) => source.keys);
		const candidates = await expected.overdue(queue, keys, true);
		if (candidates.length === 0 || (await transport.countWaiting(queue)) === 0) return candidates;
		// Behind a long queue it waits, however long that takes.
		return expected.overdue(queue, keys, false);
	}

	return {
		expected,
		withoutDead,
		async look(queue, sources) {
			await expected.forget(queue);
			await findLostLetters(queue);
			const overdue = await withoutDead(queue, await find(queue, sources));
			const unsent = new Set<string>();
			for (const { producer, keys } of sources) {
				const events = overdue.filter((event) => isOn(keys, event));
				const ids = events.map(({ eventId }) => eventId);
				if (ids.length === 0) continue;
				log.warn(`${ids.length} events of ${producer} have not come back to ${queue}: they are sent again`);
				try {
					const sent = await publishAgain(producer, queue, ids);
					// Those of which nobody has noted the key may be another one's.
					const lost = events.filter(({ routingKey }) => routingKey !== null).length - sent;
					if (lost > 0) log.warn(`${lost} of them are lost: ${producer} does not keep them any more`);
				} catch (error) {
					log.debug(`They could not be sent again, and will be:`, (error as Error).message);
					for (const id of ids) unsent.add(id);
				}
			}
			// Dies it before this, the same are sent once more: the inbox absorbs it.
			const after = overdue.map((event) => ({ ...event, isSent: !unsent.has(event.eventId) }));
			if (after.length > 0) await expected.postpone(queue, after);
		},
	};
}

function isOn(keys: Source["keys"], { exchange, routingKey }: OverdueEvent): boolean {
	return routingKey === null || keys.some((key) => key.exchange === exchange && key.routingKey === routingKey);
}
