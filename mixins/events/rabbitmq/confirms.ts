import { IllegalOperationError, type Message, type Options } from "amqplib";
import type { BrokerConnection } from "./connection";

/** A message with its AMQP properties. An empty exchange is the default one: the routing key names the queue. */
export interface Publication {
	exchange: string;
	routingKey: string;
	body: Buffer;
	mandatory: boolean;
	properties: Options.Publish;
}

/** How RabbitMQ has answered: no queue was bound, or a queue refused it. */
export type Answer = "taken" | "returned" | "refused";

export interface ConfirmsListener<Sent> {
	answered(sent: Sent, answer: Answer): void;
	/** The channel is over, and nothing is answered any more. Called once. */
	ended(unanswered: readonly Sent[], reason: string): void;
	/** An exchange, or a queue's binding, that should be there is not. */
	missing(): void;
}

/** A channel on which RabbitMQ confirms what it has taken, in batches by itself. */
export interface Confirms<Sent> {
	/** In the order in which they were sent. */
	unanswered(): Iterable<Sent>;
	/** @throws when the channel is over */
	send(publication: Publication, sent: Sent): void;
	/** Waits for all answers. */
	answeredAll(): Promise<void>;
	/** Gives up what is not answered. */
	close(): void;
}

type Marker = string | number;

interface Entry<Sent> {
	sent: Sent;
	returned: boolean;
}

export async function openConfirms<Sent>(
	connection: BrokerConnection,
	listener: ConfirmsListener<Sent>,
): Promise<Confirms<Sent>> {
	const entries = new Map<Marker, Entry<Sent>>();
	let serial = 0;
	let isOver = false;

	const channel = await connection.confirmChannel((reason) => {
		if (reason?.code === 404) listener.missing();
		end(reason?.message ?? "the connection was lost before the confirm");
	});
	channel.on("return", returned);

	function end(reason: string): void {
		if (isOver) return;
		isOver = true;
		const unanswered = [...entries.values()].map(({ sent }) => sent);
		entries.clear();
		listener.ended(unanswered, reason);
	}

	/** Arrives before the confirm of the same message. */
	function returned({ properties }: Message): void {
		const entry = entries.get((properties.headers?.["x-publication"] as number | undefined) ?? properties.messageId);
		if (entry) entry.returned = true;
		listener.missing();
	}

	/** A returned message is known by its id; a second copy, or one without an id, needs a number. */
	function marked({ messageId, headers }: Options.Publish): { marker: Marker; headers: object | undefined } {
		if (messageId !== undefined && !entries.has(messageId)) return { marker: messageId, headers: headers as object };
		return { marker: ++serial, headers: { ...(headers as object), "x-publication": serial } };
	}

	return {
		*unanswered() {
			for (const { sent } of entries.values()) yield sent;
		},
		send({ exchange, routingKey, body, mandatory, properties }, sent) {
			const { marker, headers } = marked(properties);
			const entry: Entry<Sent> = { sent, returned: false };
			const answered = (error: Error | null): void => {
				// At a lost channel amqplib calls back for each message; why it was lost, only its own events tell.
				if (error && error.message !== "message nacked") return;
				entries.delete(marker);
				listener.answered(sent, error ? "refused" : entry.returned ? "returned" : "taken");
			};
			try {
				channel.publish(exchange, routingKey, body, { ...properties, headers, mandatory, persistent: true }, answered);
			} catch (error) {
				// Its end was not told, or not yet: a channel that takes nothing any more is over.
				if (error instanceof IllegalOperationError) end(error.message);
				throw error;
			}
			entries.set(marker, entry);
		},
		answeredAll: () => channel.waitForConfirms(),
		close() {
			end("nobody waits for it any more");
			// Where it is over already, that is as good.
			channel.close().catch(() => undefined);
		},
	};
}
