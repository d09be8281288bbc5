import type { Channel, ConsumeMessage } from "amqplib";
import { setTimeout as pause } from "node:timers/promises";

/** What is held at once, in memory: messages, and bytes of their bodies. What is beyond waits for another look. */
export const LOOK_MAX = 10_000;
const LOOK_BYTES_MAX = 128 * 1024 * 1024;

/**
 * With the next message, or with the return of all: a busy broker was seen to take seconds. What has not come by then is
 * in somebody else's hands; `total` tells that it is missing.
 */
const PATIENCE_MS = 10_000;
const POLL_MS = { first: 1, max: 50 };

/** What a queue held when it was looked into. */
export interface Look {
	/** From the queue's head on. */
	messages: readonly ConsumeMessage[];
	/** How many there were; more than `messages` when a limit was reached. */
	total: number;
	/** Removes a message. */
	remove(message: ConsumeMessage): void;
	/** Puts the others back and waits until the next look sees them. */
	end(): Promise<void>;
}

/**
 * Takes everything (up to a limit), as RabbitMQ's quorum queues put what is returned in front of the rest, behind what was
 * returned before, and shuffle more than 32 that come back together (seen with 10,000 on 3.10): only who has them all can
 * tell their order.
 * @param channel is used for nothing else at the same time
 */
export async function lookInto(channel: Channel, queue: string): Promise<Look> {
	const count = async (): Promise<number> => (await channel.checkQueue(queue)).messageCount;
	const total = await count();
	const messages = total === 0 ? [] : await take(channel, queue, Math.min(total, LOOK_MAX));
	const held = new Set(messages);
	return {
		messages,
		total: Math.max(total, messages.length),
		remove(message) {
			channel.ack(message);
			held.delete(message);
		},
		async end() {
			if (held.size === 0) return;
			const whole = (await count()) + held.size;
			channel.nackAll(true);
			await patiently(async () => (await count()) >= whole);
		},
	};
}

async function take(channel: Channel, queue: string, expected: number): Promise<ConsumeMessage[]> {
	const messages: ConsumeMessage[] = [];
	let bytes = 0;
	const isFull = (): boolean => messages.length >= expected || bytes > LOOK_BYTES_MAX;
	await channel.prefetch(expected, false);
	const { consumerTag } = await channel.consume(queue, (message) => {
		if (!message) return;
		messages.push(message);
		const wasFull = isFull();
		bytes += message.content.length;
		// At once: RabbitMQ would go on sending, as far as the prefetch allows.
		if (!wasFull && isFull()) void channel.cancel(message.fields.consumerTag).catch(() => undefined);
	});
	let arrived = -1;
	// As long as some more arrive, patience begins anew.
	while (!isFull() && messages.length > arrived) {
		arrived = messages.length;
		await patiently(async () => isFull());
	}
	// Once more does no harm, and its answer comes behind the last message.
	await channel.cancel(consumerTag);
	return messages;
}

async function patiently(condition: () => Promise<boolean>): Promise<void> {
	const deadline = performance.now() + PATIENCE_MS;
	for (let pauseMs = POLL_MS.first; !(await condition()) && performance.now() < deadline;) {
		await pause(pauseMs);
		pauseMs = Math.min(pauseMs * 2, POLL_MS.max);
	}
}
