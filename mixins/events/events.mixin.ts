import type { Service, ServiceSchema } from "moleculer";
import type { z } from "zod";
import type { WithDatabase } from "../database/database.mixin";
import type { Transaction } from "../database/database";
import { defineMixin } from "../define";
import { inboxFailuresOf, type FailedEvent } from "../inbox/failures";
import { inboxOf } from "../inbox/inbox";
import { inboxMemory } from "../inbox/memory";
import type { EventContract, EventData } from "./contract";
import { watchDatabase } from "./database-watch";
import { DeadLetters } from "./dead-letters/dead-letters.mixin";
import type { Envelope } from "./envelope";
import type { Source } from "./missed/overdue";
import { searchForMissed } from "./missed/search";
import { receiverOf, type Receiver } from "./receiver";
import { suspectsOf } from "./suspects";
import { queueFor, type QueueSpec } from "./topology";
import type { Consumer, EventTransport } from "./transport";

/** Applies one event. Runs in the transaction that remembers it: both happen, or neither. */
export type EventHandler<This, Data> = (this: Service & This, tx: Transaction, event: Envelope<Data>) => Promise<void>;

/** An event and what a service does about it. */
export interface Subscription<This> {
	contract: EventContract;
	handle: EventHandler<This, never>;
}

/** Pairs an event with its handler; the contract types the handler's event. */
export function on<This, Schema extends EventData>(
	contract: EventContract<Schema>,
	handle: EventHandler<This, z.output<Schema>>,
): Subscription<This> {
	return { contract: contract, handle: handle };
}

/** A queue and what is done about the events in it. */
export interface QueueConsumer<This> {
	queue: QueueSpec;
	subscriptions: readonly Subscription<This>[];
	/** The most events that share a transaction, default 50. */
	batchMax?: number;
	/** See {@link ConsumerOptions.independent}. */
	independent?: boolean;
}

/** What can be said of a consumer beside its name. */
export interface ConsumerOptions extends Partial<Pick<QueueSpec, "retryDelaysMs" | "prefetch" | "order">> {
	/** `<service>.<purpose>`, the queue's name. */
	name: string;
	/**
	 * 1 where a handler locks rows that events of other aggregates lock as well: several in one transaction would lock
	 * them in any order, and wait for each other.
	 */
	batchMax?: number;
	/**
	 * True where handlers touch no rows but those of their own event's aggregate, or each by one statement. Then those of
	 * a transaction don't wait for each other, and their statements travel together: half as much work again in the same
	 * time. A lock that one of them takes does not keep the others out, as it is the transaction's.
	 */
	independent?: boolean;
}

/**
 * A queue named `<service>.<purpose>`, bound to exactly the events that are handled. Of one event it may list several
 * versions, each with a handler; any other version is a dead letter. On each node the events of an
 * aggregate are handled in the order of their delivery, but one that is tried again comes later, and another node may
 * be faster: a handler that carries state over compares `aggregate_version`. With `order: "aggregate"` one node at a
 * time handles them all, and an event that fails is tried again where it stands, with its aggregate waiting behind it.
 */
export function consumer<This>(
	named: string | ConsumerOptions,
	...subscriptions: Subscription<This>[]
): QueueConsumer<This> {
	const { name, batchMax, independent, ...queue } = typeof named === "string" ? { name: named } : named;
	const contracts = subscriptions.map(({ contract }) => contract);
	return {
		queue: queueFor(name, contracts, queue),
		subscriptions,
		...(batchMax !== undefined && { batchMax }),
		...(independent !== undefined && { independent }),
	};
}

export interface EventsOptions<This> {
	schema: string;
	transport: EventTransport;
	consumers: readonly QueueConsumer<This>[];
}

/**
 * Consumes events, each in one transaction with its row in the inbox, acknowledged after the commit. Events that wait
 * share a transaction. Needs the Database mixin, and stands before Outbox where handlers publish. What was given up is
 * looked after by the actions of {@link DeadLetters}.
 */
export function Events<This>({ schema, transport, consumers }: EventsOptions<This>): Partial<ServiceSchema> {
	const inbox = inboxOf(schema);
	const running: Pick<Consumer, "stop">[] = [];

	return defineMixin<WithDatabase>({
		mixins: [DeadLetters({ schema, transport, consumers })],
		async started() {
			const service = this as unknown as Service & WithDatabase & This;
			const failures = inboxFailuresOf(transport, service.db, schema);
			const failed = async (consumer: string, events: readonly FailedEvent[]): Promise<void> => {
				try {
					await failures.note(consumer, events);
				} catch (error) {
					// Then it may be taken for missed or overdue, and come twice.
					service.logger.debug(`${consumer} could not note that it has failed:`, (error as Error).message);
				}
			};
			const memory = inboxMemory(service.db, schema, service.logger);
			running.push(memory);
			await memory.start();
			const suspects = suspectsOf(service, schema);
			const receivers: (Receiver & { consumer: Consumer })[] = [];
			const watch = watchDatabase({
				db: service.db,
				isBusy: () => receivers.some((each) => each.isBusy()),
				// Each in one turn: nothing is delivered between the two.
				away() {
					for (const { consumer, letGo } of receivers) {
						consumer.pause(`database of ${service.name}`);
						letGo();
					}
				},
				back() {
					for (const { consumer } of receivers) consumer.resume();
				},
				log: service.logger,
			});
			running.push(watch, { stop: async () => suspects.stop() });
			for (const each of consumers) {
				const receiver = receiverOf(service, each, {
					inbox,
					suspects: suspects.of(each.queue.name),
					heard: watch.heard,
					failed: (events) => failed(each.queue.name, events),
				});
				const consumer = await transport.consume(each.queue, receiver.handle);
				receivers.push({ ...receiver, consumer });
				running.push({
					async stop() {
						receiver.stop();
						await consumer.stop();
					},
				});
			}
			// The other transport keeps bindings and messages in the same database: nothing of them gets lost alone.
			if (transport.kind === "rabbitmq") {
				const search = searchForMissed({ service, db: service.db, schema, transport, sources: sourcesOf(consumers) });
				await search.start();
				running.push(search);
			}
		},
		async stopped() {
			await Promise.all(running.splice(0).map((each) => each.stop()));
		},
	});
}

/** What each queue is bound to, producer by producer. */
function sourcesOf(consumers: readonly QueueConsumer<never>[]): Source[] {
	return consumers.flatMap(({ queue, subscriptions }) => {
		const contracts = subscriptions.map(({ contract }) => contract);
		return [...new Set(contracts.map(({ producer }) => producer))].map((producer) => ({
			queue: queue.name,
			producer,
			keys: contracts.filter((each) => each.producer === producer),
		}));
	});
}
