import { connect } from "amqplib";
import { until } from "../support/until";

/** Puts two more copies of each message of an exchange into some queues, as soon as it is there. */
export interface Copier extends AsyncDisposable {
	copies(): number;
	/** Waits until the copies of everything that was published are in their queues. */
	caughtUp(): Promise<void>;
}

export async function tripled(url: string, exchange: string, queues: readonly string[]): Promise<Copier> {
	const connection = await connect(url);
	connection.on("error", () => undefined);
	const channel = await connection.createConfirmChannel();
	const { queue } = await channel.assertQueue("", { exclusive: true });
	let copies = 0;
	await channel.bindQueue(queue, exchange, "#");
	await channel.consume(
		queue,
		(message) => {
			if (!message) return;
			// Consecutive messages go to different consumers of a queue: so both copies are handled at once.
			for (const target of queues) {
				for (let n = 0; n < 2; n++) {
					copies++;
					channel.sendToQueue(target, message.content, { ...message.properties, persistent: true });
				}
			}
		},
		{ noAck: true },
	);
	return {
		copies: () => copies,
		async caughtUp() {
			await until(async () => (await channel.checkQueue(queue)).messageCount === 0, { what: "the copier" });
			await channel.waitForConfirms();
		},
		[Symbol.asyncDispose]: () => connection.close(),
	};
}
