import type { ServiceBroker } from "moleculer";
import { logOf } from "./log";

/** What Moleculer's AMQP transporter keeps; it has no method to ask for it. */
interface AmqpTransporter {
	channel: unknown;
	connection: { close(): Promise<void> } | null;
	send(topic: string, data: Buffer, meta: object): Promise<void>;
}

function transporterOf({ transit }: ServiceBroker): { connected: boolean; amqp: AmqpTransporter } | undefined {
	if (!transit) return undefined;
	return { connected: transit.connected, amqp: transit.tx as unknown as AmqpTransporter };
}

/**
 * On a channel that is being closed, Moleculer's transporter throws where its callers expect a rejection: a heartbeat in
 * that moment ended the process as an error that nobody handles. Call it once, right after the broker was made.
 */
export function rejectWhatCannotBeSent(broker: ServiceBroker): void {
	const amqp = transporterOf(broker)?.amqp;
	if (!amqp) return;
	const send = amqp.send.bind(amqp);
	amqp.send = async (topic, data, meta) => send(topic, data, meta);
}

/** The node can't hear the others: no connection to the broker, or one without a channel. Never without a transporter. */
export function isDeaf(broker: ServiceBroker): boolean {
	const transporter = transporterOf(broker);
	return transporter !== undefined && (!transporter.connected || transporter.amqp.channel === null);
}

/**
 * When RabbitMQ closes only the channel, Moleculer's transporter stays connected and deaf for ever: it repairs
 * connections, not channels. So the connection is closed as well, and that is repaired. Call it now and then.
 */
export function mendDeafness(broker: ServiceBroker): void {
	const transporter = transporterOf(broker);
	if (!transporter?.connected || transporter.amqp.channel !== null) return;
	logOf(broker).warn("The transporter has lost its channel: connecting again");
	transporter.amqp.connection?.close().catch((error: Error) => {
		logOf(broker).debug("The transporter's connection was closed already:", error.message);
	});
}
