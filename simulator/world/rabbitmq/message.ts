import type { Fields, Table } from "./wire";

export interface Message {
	readonly exchange: string;
	readonly routingKey: string;
	/** With the headers among them. */
	readonly properties: Fields;
	readonly body: Buffer;
}

/** Why a queue has given a message up, as RabbitMQ calls it. */
export type DeathReason = "expired" | "rejected" | "delivery_limit";

export interface DeadLettering {
	queue: string;
	reason: DeathReason;
	exchange: string;
	/** The message's own where there is none. */
	routingKey: string | undefined;
	nowMs: number;
}

/** What is published in the place of a message that died, with RabbitMQ's record of it in its headers. */
export function deadLetter(message: Message, { queue, reason, exchange, routingKey, nowMs }: DeadLettering): Message {
	const { expiration, ...properties } = message.properties;
	const headers = (properties["headers"] ?? {}) as Table;
	const deaths = Array.isArray(headers["x-death"]) ? (headers["x-death"] as Table[]) : [];
	const before = deaths.find((death) => death["queue"] === queue && death["reason"] === reason);
	const death: Table = before
		? { ...before, count: Number(before["count"]) + 1 }
		: {
				count: 1,
				reason,
				queue,
				time: { "!": "timestamp", value: Math.floor(nowMs / 1_000) },
				exchange: message.exchange,
				"routing-keys": [message.routingKey],
				...(expiration !== undefined && { "original-expiration": expiration }),
			};
	return {
		exchange,
		routingKey: routingKey ?? message.routingKey,
		body: message.body,
		properties: {
			...properties,
			headers: {
				...headers,
				"x-death": [death, ...deaths.filter((other) => other !== before)],
				"x-first-death-reason": headers["x-first-death-reason"] ?? reason,
				"x-first-death-queue": headers["x-first-death-queue"] ?? queue,
				"x-first-death-exchange": headers["x-first-death-exchange"] ?? message.exchange,
			},
		},
	};
}
