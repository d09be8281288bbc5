import type { Service, ServiceSchema } from "moleculer";
import type { WithDatabase } from "../database/database.mixin";
import type { Transaction } from "../database/database";
import { defineMixin } from "../define";
import { ageInDays } from "../inbox/age";
import { INBOX_MEMORY_DAYS, inboxOf, type Inbox } from "../inbox/inbox";
import type { z } from "zod";
import type { EventContract, EventData } from "./contract";
import { readData, readEnvelope, UnreadableEventError, type Envelope } from "./envelope";
import { verdictOn } from "./verdict";
import { queueFor, type QueueSpec } from "./topology";
import type { Consumer, Delivery, EventTransport, Verdict } from "./transport";

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
}

/** A queue named `<service>.<purpose>`, bound to exactly the events that are handled. */
export function consumer<This>(name: string, ...subscriptions: Subscription<This>[]): QueueConsumer<This> {
	return {
		queue: queueFor(
			name,
			subscriptions.map(({ contract }) => contract),
		),
		subscriptions,
	};
}

export interface EventsOptions<This> {
	schema: string;
	transport: EventTransport;
	consumers: readonly QueueConsumer<This>[];
}

/**
 * Consumes events, each in one transaction with its row in the inbox, acknowledged after the commit.
 * Needs the Database mixin, and comes after Outbox where handlers publish.
 */
export function Events<This>({ schema, transport, consumers }: EventsOptions<This>): Partial<ServiceSchema> {
	const inbox = inboxOf(schema);
	let running: Consumer[] = [];

	return defineMixin<WithDatabase>({
		async started() {
			for (const each of consumers) {
				const handle = receiver(this as unknown as Service & WithDatabase & This, inbox, each);
				running.push(await transport.consume(each.queue, handle));
			}
		},
		async stopped() {
			await Promise.all(running.map((each) => each.stop()));
			running = [];
		},
	});
}

function receiver<This>(
	service: Service & WithDatabase & This,
	inbox: Inbox,
	{ queue, subscriptions }: QueueConsumer<This>,
) {
	const byType = new Map(subscriptions.map((each) => [each.contract.type, each]));
	return async (delivery: Delivery): Promise<Verdict> => {
		try {
			// Every event has one, and operators find it by that: whatever came without was not sent by an outbox.
			if (delivery.messageId === undefined) throw new UnreadableEventError("it has no message_id");
			const received = readEnvelope(delivery.body);
			const subscription = byType.get(received.event_type);
			if (!subscription) return ignoreUnknown(service, delivery, received);
			refuseForgotten(received.event_id);
			const event = readData(subscription.contract, received) as Envelope<never>;
			await service.db.transaction(async (tx) => {
				const isNew = await inbox.accept(tx, queue.name, event.event_id);
				if (isNew) await subscription.handle.call(service, tx, event);
			});
			return { kind: "done" };
		} catch (error) {
			const verdict = verdictOn(error);
			service.logger.warn(`An event on ${queue.name} was not handled (attempt ${delivery.attempt}, ${verdict.kind}):`, {
				messageId: delivery.messageId,
				error: (error as Error).message,
			});
			return verdict;
		}
	};
}

/** A newer producer may publish on a key that an older consumer is bound to by pattern: not ours, and no fault. */
function ignoreUnknown(service: Service, delivery: Delivery, received: Envelope): Verdict {
	service.logger.debug(`${delivery.queue} ignores the unknown event ${received.event_type}`);
	return { kind: "done" };
}

function refuseForgotten(eventId: string): void {
	if (ageInDays(eventId) > INBOX_MEMORY_DAYS) {
		throw new UnreadableEventError(`it is older than the ${INBOX_MEMORY_DAYS} days that the inbox remembers`);
	}
}
