import { AmqpError, named, NOT_ALLOWED, notImplemented, preconditionFailed } from "./errors";
import type { Consumer, Held } from "./line";
import { generatedName } from "./names";
import type { Queue } from "./queue";
import type { Entry } from "./store";
import { contentFrames, METHOD, methodFrame, type Fields, type Table } from "./wire";

/** What a channel has consumed, and holds. */
export interface Consuming {
	qos(count: number, isGlobal: boolean): void;
	/** @throws {AmqpError} @returns the consumer's tag, and what begins the deliveries */
	consume(queue: Queue, options: { tag: string; noAck: boolean }): { tag: string; begin(): void };
	/** Undefined where nobody consumes by that tag. */
	queueOf(tag: string): Queue | undefined;
	cancel(tag: string): void;
	get(queue: Queue, noAck: boolean): void;
	/** @throws {AmqpError} for a tag that is unknown */
	acknowledge(deliveryTag: number, multiple: boolean): void;
	/** @throws {AmqpError} the same */
	refuse(deliveryTag: number, options: { multiple: boolean; requeue: boolean }): void;
	/** Everything that is held goes back. */
	recover(): void;
	/** The channel is over. */
	end(): void;
}

interface OnChannel {
	consumer: Consumer;
	queue: Queue;
	/** What it is given its client never hears of. */
	isDeaf: boolean;
	noAck: boolean;
	/** In its hands at most; 0 is no limit. */
	prefetch: number;
	inHand: number;
}

interface HeldHere extends Held {
	queue: Queue;
	of: OnChannel | undefined;
}

export function consuming(
	channel: number,
	world: { send(frame: Buffer): void; random(): number; hearsCancel: boolean },
): Consuming {
	const { send } = world;
	const consumers = new Map<string, OnChannel>();
	const held = new Map<number, HeldHere>();
	let lastTag = 0;
	let unheard = 0;
	let isOver = false;
	/** For the consumers that come. */
	let prefetch = 0;
	/** For all consumers of the channel together. */
	let sharedPrefetch = 0;

	function inHandOfAll(): number {
		let count = 0;
		for (const { inHand } of consumers.values()) count += inHand;
		return count;
	}

	function deliver(of: OnChannel, entry: Entry): void {
		const { consumer, queue, noAck } = of;
		// By a tag that nobody can answer.
		if (of.isDeaf) return hold(-++unheard, { entry, consumer, by: consumer, queue, of });
		const { exchange, routingKey, body } = entry.message;
		const deliveryTag = ++lastTag;
		if (!noAck) hold(deliveryTag, { entry, consumer, by: consumer, queue, of });
		const fields = { consumerTag: consumer.tag, deliveryTag, redelivered: entry.returns > 0, exchange, routingKey };
		// A consumer is told so only where it ever was; who asks for a message always.
		const properties = entry.returns > 0 ? propertiesOf(queue, entry) : entry.message.properties;
		send(contentFrames(METHOD.BasicDeliver, channel, fields, properties, body));
	}

	function hold(deliveryTag: number, one: HeldHere): void {
		held.set(deliveryTag, one);
		one.queue.hold(one);
		if (one.of) one.of.inHand++;
	}

	/** Takes what is answered out of the channel's hands, by queue. */
	function answered(deliveryTag: number, multiple: boolean): Map<Queue, HeldHere[]> {
		const isAll = multiple && deliveryTag === 0;
		if (!isAll && !held.has(deliveryTag)) throw preconditionFailed(`unknown delivery tag ${deliveryTag}`);
		if (!multiple) return release([deliveryTag]);
		return release([...held.keys()].filter((tag) => tag > 0 && (isAll || tag <= deliveryTag)));
	}

	function release(tags: readonly number[]): Map<Queue, HeldHere[]> {
		const byQueue = new Map<Queue, HeldHere[]>();
		for (const tag of tags) {
			const one = held.get(tag)!;
			held.delete(tag);
			if (one.of) one.of.inHand--;
			const others = byQueue.get(one.queue);
			if (others) others.push(one);
			else byQueue.set(one.queue, [one]);
		}
		return byQueue;
	}

	/** Room that one queue has left is room for all. */
	function serveAll(): void {
		if (sharedPrefetch > 0) for (const { queue } of consumers.values()) queue.serve();
	}

	function consumerOf(queue: Queue, tag: string, noAck: boolean): OnChannel {
		const of: OnChannel = {
			queue,
			isDeaf: false,
			noAck,
			prefetch,
			inHand: 0,
			consumer: {
				tag,
				hasCredit() {
					if (isOver || noAck) return !isOver;
					const hasOwn = of.prefetch === 0 || of.inHand < of.prefetch;
					return hasOwn && (sharedPrefetch === 0 || inHandOfAll() < sharedPrefetch);
				},
				deliver: (entry) => deliver(of, entry),
				adopted(by) {
					if (consumers.get(tag) !== of) return;
					of.isDeaf = true;
					of.inHand = 0;
					of.queue = by;
					by.add(of.consumer);
					by.serve();
				},
				cancelled() {
					if (consumers.get(tag) !== of) return;
					consumers.delete(tag);
					if (world.hearsCancel && !of.isDeaf)
						send(methodFrame(METHOD.BasicCancel, channel, { consumerTag: tag, nowait: true }));
				},
			},
		};
		return of;
	}

	return {
		qos(count, isGlobal) {
			if (!isGlobal) prefetch = count;
			else {
				sharedPrefetch = count;
				for (const { queue } of consumers.values()) queue.serve();
			}
		},
		consume(queue, options) {
			if (consumers.has(options.tag)) {
				throw new AmqpError(NOT_ALLOWED, `attempt to reuse consumer tag '${options.tag}'`, "connection");
			}
			if (queue.isQuorum && sharedPrefetch > 0) {
				throw notImplemented(`${named("queue", queue.name)} does not support global qos`);
			}
			const tag = options.tag || generatedName("amq.ctag-", world);
			const of = consumerOf(queue, tag, options.noAck);
			consumers.set(tag, of);
			return {
				tag,
				begin() {
					queue.add(of.consumer);
					queue.serve();
				},
			};
		},
		queueOf: (tag) => consumers.get(tag)?.queue,
		cancel(tag) {
			const of = consumers.get(tag);
			consumers.delete(tag);
			of?.queue.remove(of.consumer);
		},
		get(queue, noAck) {
			const entry = queue.get();
			if (!entry) return send(methodFrame(METHOD.BasicGetEmpty, channel, {}));
			const { exchange, routingKey, body } = entry.message;
			const deliveryTag = ++lastTag;
			if (!noAck) hold(deliveryTag, { entry, consumer: undefined, by: {}, queue, of: undefined });
			const messageCount = queue.counts().ready;
			const fields = { deliveryTag, redelivered: entry.returns > 0, exchange, routingKey, messageCount };
			send(contentFrames(METHOD.BasicGetOk, channel, fields, propertiesOf(queue, entry), body));
		},
		acknowledge(deliveryTag, multiple) {
			for (const [queue, some] of answered(deliveryTag, multiple)) queue.acknowledge(some);
			serveAll();
		},
		refuse(deliveryTag, { multiple, requeue }) {
			for (const [queue, some] of answered(deliveryTag, multiple)) {
				if (requeue) queue.giveBack(some, false);
				else queue.reject(some);
			}
			serveAll();
		},
		recover() {
			for (const [queue, some] of release([...held.keys()])) queue.giveBack(some, false);
			serveAll();
		},
		end() {
			isOver = true;
			// What an ordered queue's consumer holds is back before the next one has its turn.
			for (const [queue, some] of release([...held.keys()])) queue.giveBack(some, true);
			for (const { queue, consumer } of consumers.values()) queue.remove(consumer);
			consumers.clear();
		},
	};
}

/** A quorum queue tells how often a message was returned. */
function propertiesOf({ isQuorum }: Queue, { message: { properties }, returns }: Entry): Fields {
	if (!isQuorum) return properties;
	return { ...properties, headers: { ...(properties["headers"] as Table | undefined), "x-delivery-count": returns } };
}
