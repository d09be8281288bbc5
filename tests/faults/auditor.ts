import { randomUUID } from "node:crypto";
import { connect, type ConfirmChannel, type ConsumeMessage } from "amqplib";
import { until } from "../support/until";

/** Durable, and only read when all is calm: so no fault of the broker's can take anything away from it. */
const QUEUE = "auditor.all";
const READING_MS_MAX = 60_000;
/** Less than the 2,000 that a quorum queue lets somebody hold. */
const ACKNOWLEDGED_AT_ONCE = 500;

/** One message as it was published, in the order of arrival. */
export interface Heard {
	messageId: string | undefined;
	body: string;
}

/** Somebody outside who hears every letter, and may do to the broker what an operator may. */
export interface Auditor {
	/** What has arrived since the last time, every repetition included. */
	hear(): Promise<Heard[]>;
	/** How many messages wait in these queues, those that are being handled not included. */
	waitingIn(queues: readonly string[]): Promise<number>;
	/** How many dead letters these queues have. */
	deadIn(queues: readonly string[]): Promise<number>;
	/** Works on a connection of its own, past the product. */
	asOperator<Result>(work: (channel: ConfirmChannel) => Promise<Result>): Promise<Result>;
}

/** Plain amqplib: what it says does not depend on the mixins' own way of talking to RabbitMQ. */
export async function openAuditor(url: string, exchange: string): Promise<Auditor> {
	async function asOperator<Result>(work: (channel: ConfirmChannel) => Promise<Result>): Promise<Result> {
		const connection = await connect(url, { timeout: 10_000 });
		// Told by the work as well.
		connection.on("error", () => undefined);
		try {
			const channel = await connection.createConfirmChannel();
			channel.on("error", () => undefined);
			const result = await work(channel);
			await channel.waitForConfirms();
			return result;
		} finally {
			// What took the connection away was told by the work.
			await connection.close().catch(() => undefined);
		}
	}

	await asOperator(async (channel) => {
		await channel.assertExchange(exchange, "topic", { durable: true });
		await channel.assertQueue(QUEUE, { durable: true, arguments: { "x-queue-type": "quorum" } });
		await channel.bindQueue(QUEUE, exchange, "#");
	});

	return {
		asOperator,

		hear: () =>
			asOperator(async (channel) => {
				const heard: Heard[] = [];
				// The queue is first in, first out: behind this one is nothing that was there before.
				const last = randomUUID();
				channel.sendToQueue(QUEUE, Buffer.alloc(0), { messageId: last, persistent: true });
				await new Promise<void>((resolve, reject) => {
					const late = setTimeout(() => reject(new Error("The auditor did not get to its end")), READING_MS_MAX);
					const listen = (message: ConsumeMessage | null): void => {
						if (!message) return reject(new Error("The auditor's queue was taken away"));
						const messageId = message.properties.messageId as string | undefined;
						if (messageId !== last) {
							// RabbitMQ forgets some acknowledgements with their channel: it was heard the last time.
							if (!message.fields.redelivered) heard.push({ messageId, body: message.content.toString() });
							if (message.fields.deliveryTag % ACKNOWLEDGED_AT_ONCE === 0) channel.ackAll();
							return;
						}
						channel.ackAll();
						clearTimeout(late);
						resolve();
					};
					channel.consume(QUEUE, listen).catch(reject);
				});
				return heard;
			}),

		waitingIn: (queues) =>
			asOperator(async (channel) => {
				let found = 0;
				for (const queue of queues) found += (await channel.checkQueue(queue)).messageCount;
				return found;
			}),

		deadIn: (queues) =>
			asOperator(async (channel) => {
				let total = 0;
				for (const queue of queues.map((name) => `${name}.dlq`)) {
					let found = 0;
					while (await channel.get(queue)) found++;
					channel.nackAll(true);
					// Whoever looks next must find them back.
					await until(async () => (await channel.checkQueue(queue)).messageCount >= found, {
						what: `what was counted to be in ${queue} again`,
					});
					total += found;
				}
				return total;
			}),
	};
}
