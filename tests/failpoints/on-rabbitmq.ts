import path from "node:path";
import { isArmed, pass } from "./points";

interface Message {
	fields: { routingKey: string; exchange: string; consumerTag?: string };
}

interface AnyChannel {
	publish(exchange: string, key: string, content: Buffer, options: object, done?: (error: unknown) => void): boolean;
	ack(message: Message, allUpTo?: boolean): void;
	consume(queue: string, heard: (message: Message | null) => void, options?: object): Promise<unknown>;
}

/** Not among the package's exports, so it is found by its place beside the main file. */
const CHANNELS = path.join(path.dirname(require.resolve("amqplib")), "lib/channel_model.js");

/** Bytes that were handed to a socket have left this process by then. */
const FLUSHED_MS = 20;

/** Points at each event that is published, confirmed, delivered and acknowledged; Moleculer's own traffic is not one. */
export function watchRabbitMQ(): void {
	const { Channel, ConfirmChannel } = require(CHANNELS) as Record<
		"Channel" | "ConfirmChannel",
		{ prototype: AnyChannel }
	>;
	const queueOf = new WeakMap<Message, string>();

	const { publish } = ConfirmChannel.prototype;
	ConfirmChannel.prototype.publish = function (exchange, key, content, options, done) {
		if (!isEvents(exchange)) return publish.call(this, exchange, key, content, options, done);
		pass(`publish ${key}: before`);
		return publish.call(this, exchange, key, content, options, (error) => {
			if (!error) pass(`publish ${key}: confirmed`);
			done?.(error);
		});
	};

	const { consume, ack } = Channel.prototype;
	Channel.prototype.consume = function (queue, heard, options) {
		return consume.call(
			this,
			queue,
			(message) => {
				if (message && isEvents(message.fields.exchange)) {
					queueOf.set(message, queue);
					pass(`event ${message.fields.routingKey} in ${queue}: delivered`);
				}
				heard(message);
			},
			options,
		);
	};
	Channel.prototype.ack = function (message, allUpTo) {
		const queue = queueOf.get(message);
		if (queue === undefined) return ack.call(this, message, allUpTo);
		const point = `ack ${message.fields.routingKey} in ${queue}`;
		pass(`${point}: before`);
		ack.call(this, message, allUpTo);
		if (isArmed(`${point}: sent`)) setTimeout(() => pass(`${point}: sent`), FLUSHED_MS);
		else pass(`${point}: sent`);
	};
}

function isEvents(exchange: string): boolean {
	return exchange.endsWith(".events");
}
