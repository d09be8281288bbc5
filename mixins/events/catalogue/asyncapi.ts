import type { EventContract } from "../contract";
import { envelope } from "../envelope";
import { deadLetterQueue } from "../rabbitmq/queues";
import type { QueueSpec } from "../topology";
import { nameOf, type Catalogue, type Listener } from "./catalogue";
import { jsonSchemaOf, publishedOf } from "./published";

/** Of AMQP 0-9-1 (https://github.com/asyncapi/bindings/tree/master/amqp). */
const BINDING = "0.3.0";

const VHOST = "/";

/**
 * The catalogue as an AsyncAPI 3.0 document. It describes the whole system as one application: what it sends to its
 * exchanges, and what it receives from its queues. A listener elsewhere binds a queue of its own.
 */
export function asyncApiOf(catalogue: Catalogue): Record<string, unknown> {
	const { title, version, description, events, listeners } = catalogue;
	return {
		asyncapi: "3.0.0",
		info: { title, version, description },
		defaultContentType: "application/json",
		servers: {
			rabbitmq: {
				host: "localhost:5672",
				protocol: "amqp",
				protocolVersion: "0-9-1",
				description: "RabbitMQ 3.10 or later. AMQP_URL names it; one virtual host is one system.",
			},
		},
		channels: {
			...keyed(events, keyOf, exchangeChannel),
			...keyed(listeners, ({ queue }) => queue.name, queueChannel),
		},
		operations: {
			...keyed(events, (contract) => `publish.${keyOf(contract)}`, sending),
			...keyed(listeners, ({ queue }) => `hear.${queue.name}`, receiving),
		},
		components: {
			messages: keyed(events, keyOf, message),
			schemas: { envelope: jsonSchemaOf(envelope), ...keyed(events, keyOf, (each) => publishedOf(each).data) },
		},
	};
}

/** Without blanks, as references are made of it. */
function keyOf({ type, version }: EventContract): string {
	return `${type}.v${version}`;
}

function exchangeChannel(contract: EventContract): object {
	const { exchange, routingKey, meaning } = contract;
	return {
		address: routingKey,
		title: nameOf(contract),
		description: meaning,
		messages: { [keyOf(contract)]: { $ref: `#/components/messages/${keyOf(contract)}` } },
		bindings: {
			amqp: {
				is: "routingKey",
				exchange: { name: exchange, type: "topic", durable: true, autoDelete: false, vhost: VHOST },
				bindingVersion: BINDING,
			},
		},
	};
}

function queueChannel({ queue, subscriptions }: Listener): object {
	return {
		address: queue.name,
		title: `Queue ${queue.name}`,
		description: `A quorum queue. ${retries(queue)} Then, or when it can't be understood, it goes to ${deadLetterQueue(queue.name)}.`,
		messages: keyed(contractsOf(subscriptions), keyOf, (each) => ({ $ref: `#/components/messages/${keyOf(each)}` })),
		bindings: {
			amqp: {
				is: "queue",
				queue: { name: queue.name, durable: true, exclusive: false, autoDelete: false, vhost: VHOST },
				bindingVersion: BINDING,
			},
		},
	};
}

function retries({ retryDelaysMs }: QueueSpec): string {
	const seconds = retryDelaysMs.map((delayMs) => delayMs / 1_000);
	return seconds.length === 0
		? "What fails is not tried again."
		: `What fails is tried again ${seconds.length} times, after ${seconds.join(", ")} s.`;
}

function sending(contract: EventContract): object {
	return {
		action: "send",
		channel: { $ref: `#/channels/${keyOf(contract)}` },
		title: `${contract.producer} publishes ${nameOf(contract)}`,
		messages: [{ $ref: `#/channels/${keyOf(contract)}/messages/${keyOf(contract)}` }],
		bindings: { amqp: { deliveryMode: 2, timestamp: true, bindingVersion: BINDING } },
		"x-service": contract.producer,
	};
}

function receiving({ queue, subscriptions }: Listener): object {
	const [service] = queue.name.split(".");
	return {
		action: "receive",
		channel: { $ref: `#/channels/${queue.name}` },
		title: `${service} hears ${contractsOf(subscriptions).map(nameOf).join(", ")}`,
		messages: contractsOf(subscriptions).map((each) => ({
			$ref: `#/channels/${queue.name}/messages/${keyOf(each)}`,
		})),
		bindings: { amqp: { ack: true, bindingVersion: BINDING } },
		"x-service": service,
	};
}

function message(contract: EventContract): object {
	const { type, version, producer, meaning } = contract;
	return {
		name: type,
		title: nameOf(contract),
		summary: meaning,
		contentType: "application/json",
		correlationId: { location: "$message.payload#/correlation_id" },
		payload: {
			allOf: [
				{ $ref: "#/components/schemas/envelope" },
				{
					type: "object",
					properties: {
						event_type: { const: type },
						version: { const: version },
						producer: { const: producer },
						data: { $ref: `#/components/schemas/${keyOf(contract)}` },
					},
				},
			],
		},
		bindings: { amqp: { messageType: type, bindingVersion: BINDING } },
	};
}

function contractsOf(subscriptions: Listener["subscriptions"]): EventContract[] {
	return subscriptions.map(({ contract }) => contract);
}

function keyed<Item>(items: readonly Item[], key: (item: Item) => string, value: (item: Item) => object) {
	return Object.fromEntries(items.map((item) => [key(item), value(item)]));
}
