/** What amqplib closes by a handshake: a channel, or a connection. */
interface Closable {
	once(event: "close", listener: () => void): unknown;
	close(): Promise<void>;
}

/**
 * Closes it, and resolves when it is over, however it has ended. amqplib's own promise is settled by RabbitMQ's answer
 * alone: where the connection is lost between the two, it never is.
 */
export async function sayFarewell(to: Closable): Promise<void> {
	const over = new Promise<void>((resolve) => to.once("close", () => resolve()));
	// amqplib refuses to close what is over, or about to be.
	await Promise.race([over, to.close().catch(() => undefined)]);
}
