import { setTimeout as pause } from "node:timers/promises";
import { BODY_BYTES_MAX, type EventTransport, type Log, type OutgoingMessage } from "../transport";
import { brokerConnection } from "./connection";
import { startConsumer, type RabbitmqConsumer } from "./consumer";
import { deadLetters } from "./dead-letters";
import { declarations } from "./declarations";
import { publisher, type Publication } from "./publisher";

/** For handlers that still run; a message that is not acknowledged by then is delivered again. */
const CLOSE_TIMEOUT_MS = 10_000;

export interface RabbitmqOptions {
	/** amqp://user:password@host:5672/virtual-host */
	url: string;
	/** Stands beside what this node gave up, and in RabbitMQ's list of connections. */
	node: string;
	log: Log;
	/** At start; a lost connection is then repaired for ever. Default 10, about 15 s. */
	connectAttempts?: number;
}

/**
 * Events over RabbitMQ, 3.10 or later: quorum queues, confirmed publishing, acknowledgement after the verdict was
 * carried out. Publishing and consuming have a connection each, as an alarm silences a connection that publishes.
 */
export function rabbitmqTransport({ url, node, log, connectAttempts = 10 }: RabbitmqOptions): EventTransport {
	const publishing = brokerConnection({ url, name: `${node} publishing`, connectAttempts, log });
	const consuming = brokerConnection({ url, name: `${node} consuming`, connectAttempts, log });
	const declared = declarations(consuming, log);
	const repair = (): Promise<void> => declared.repair();
	const publish = publisher(publishing, { log, onMissing: () => void repair() });
	const dead = deadLetters(consuming, publish);
	const consumers = new Set<RabbitmqConsumer>();

	return {
		kind: "rabbitmq",

		async connect() {
			await publishing.open();
			await consuming.open();
			await publish.ready();
			// RabbitMQ may come back without what was declared before.
			consuming.onUp(() => void repair());
		},

		declare: (topology) => declared.declare(topology),

		publish: (messages) =>
			Promise.all(
				messages.map(async (message) => {
					const publication = publicationOf(message);
					const { length } = publication.body;
					if (length <= BODY_BYTES_MAX) return publish.publish(publication);
					return {
						confirmed: false,
						reason: `its body of ${length} bytes is over the limit of ${BODY_BYTES_MAX}`,
						fault: "message",
					};
				}),
			),

		async consume(queue, handle) {
			const consumer = await startConsumer(queue, handle, {
				connection: consuming,
				publisher: publish,
				repair,
				node,
				log,
			});
			consumers.add(consumer);
			return {
				async stop() {
					await consumer.stop();
					consumers.delete(consumer);
				},
			};
		},

		deadLetters: (queue, limit) => dead.list(queue, limit),
		replay: (queue, eventIds) => dead.replay(queue, eventIds),

		missing() {
			if (!publish.isUp() || !consuming.isUp()) return ["rabbitmq"];
			return [...consumers].filter((consumer) => !consumer.isUp()).map(({ queue }) => `rabbitmq queue ${queue}`);
		},

		async close() {
			declared.close();
			const stopped = Promise.all([...consumers].map((consumer) => consumer.stop()));
			await Promise.race([stopped, pause(CLOSE_TIMEOUT_MS, undefined, { ref: false })]);
			await publish.close();
			await Promise.all([publishing.close(), consuming.close()]);
		},
	};
}

function publicationOf(message: OutgoingMessage): Publication {
	return {
		exchange: message.exchange,
		routingKey: message.routingKey,
		body: Buffer.from(message.body),
		mandatory: message.mandatory,
		properties: {
			messageId: message.eventId,
			type: message.eventType,
			correlationId: message.correlationId,
			timestamp: Math.floor(message.timestamp.getTime() / 1_000),
			contentType: "application/json",
		},
	};
}
