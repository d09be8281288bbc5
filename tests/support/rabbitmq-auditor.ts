import { connect } from "amqplib";
import { AUDITOR_QUEUE, EXCHANGES, QUEUES, type Auditor, type FoundDeadLetter, type HeardEvent } from "./auditor";

/** Plain amqplib: what it says does not depend on the shop's own way of talking to RabbitMQ. */
export async function rabbitmqAuditor(url: string): Promise<Auditor> {
	const connection = await connect(url);
	connection.on("error", () => undefined);
	const channel = await connection.createConfirmChannel();
	const heard: HeardEvent[] = [];

	for (const exchange of EXCHANGES) await channel.assertExchange(exchange, "topic", { durable: true });
	await channel.assertQueue(AUDITOR_QUEUE, { durable: true, arguments: { "x-queue-type": "quorum" } });
	for (const exchange of EXCHANGES) await channel.bindQueue(AUDITOR_QUEUE, exchange, "#");
	await channel.consume(AUDITOR_QUEUE, (message) => {
		if (!message) return;
		const { fields, content } = message;
		const properties = message.properties as NonNullable<HeardEvent["properties"]>;
		const body = content.toString();
		heard.push({
			exchange: fields.exchange,
			routingKey: fields.routingKey,
			body,
			envelope: JSON.parse(body),
			properties,
		});
		channel.ack(message);
	});

	return {
		heard: async () => [...heard],
		async put(queue, body, messageId) {
			channel.sendToQueue(queue, Buffer.from(body), { messageId, persistent: true, contentType: "application/json" });
			await channel.waitForConfirms();
		},
		async deadLetters() {
			// Closing the channel puts back what was taken.
			const looking = await connection.createChannel();
			const letters: FoundDeadLetter[] = [];
			for (const queue of QUEUES) {
				for (;;) {
					const letter = await looking.get(`${queue}.dlq`);
					if (!letter) break;
					const { headers = {}, messageId } = letter.properties;
					letters.push({
						queue,
						eventId: messageId as string | undefined,
						body: letter.content.toString(),
						code: String(headers["x-error-code"]),
						message: String(headers["x-error-message"]),
						attempts: Number(headers["x-attempts"]),
					});
				}
			}
			await looking.close();
			return letters;
		},
		async [Symbol.asyncDispose]() {
			await connection.close();
		},
	};
}
