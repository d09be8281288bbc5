import type { Channel, ConsumeMessage } from "amqplib";
import { setTimeout as pause } from "node:timers/promises";

/** Their bodies are in memory together. */
const LOOK_MAX = 10_000;

/** Another node holds what doesn't come, and what we put back is not there again. */
const PATIENCE_MS = 1_000;
const POLL_MS = 2;

/** What a queue held when it was looked into. */
export interface Look {
	/** From the queue's head on. */
	messages: readonly ConsumeMessage[];
	/** Removes a message. */
	remove(message: ConsumeMessage): void;
	/** Puts the others back and waits until the next look sees them. */
	end(): Promise<void>;
}

/**
 * Takes everything (up to a limit), as RabbitMQ's quorum queues put what is returned behind what was returned before:
 * after a look at a part of the queue its order would be another one.
 * @param channel is used for nothing else at the same time
 */
export async function lookInto(channel: Channel, queue: string): Promise<Look> {
	const count = async (): Promise<number> => (await channel.checkQueue(queue)).messageCount;
	const expected = Math.min(await count(), LOOK_MAX);
	const messages = expected === 0 ? [] : await take(channel, queue, expected);
	const held = new Set(messages);
	return {
		messages,
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
	await channel.prefetch(expected, false);
	const { consumerTag } = await channel.consume(queue, (message) => void (message && messages.push(message)));
	let arrived = -1;
	// As long as some more arrive, patience begins anew.
	while (messages.length < expected && messages.length > arrived) {
		arrived = messages.length;
		await patiently(async () => messages.length === expected);
	}
	await channel.cancel(consumerTag);
	return messages;
}

async function patiently(condition: () => Promise<boolean>): Promise<void> {
	const deadline = performance.now() + PATIENCE_MS;
	while (!(await condition()) && performance.now() < deadline) await pause(POLL_MS);
}
