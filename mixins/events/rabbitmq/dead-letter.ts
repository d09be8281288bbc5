import type { Message, XDeath } from "amqplib";
import { eventTypeIn, letterId } from "../dead-letters/letter-id";
import { serviceOf } from "../topology";
import { BODY_BYTES_MAX, type DeadLetter, type Failure } from "../transport";
import { DIED_AT, ERROR_CODE, ERROR_MESSAGE, ERROR_STACK, NODE, RELEASE, dateIn, historyOf, textIn } from "./history";

/** Reads a message of a dead-letter queue, whoever has put it there. */
export function deadLetterOf(queue: string, message: Message): DeadLetter {
	const headers = (message.properties.headers ?? {}) as Record<string, unknown>;
	const { exchange, routingKey } = originOf(queue, message);
	const { attempts, firstFailedAt } = historyOf(message);
	const byBroker = deathIn(message, queue);
	const eventId = message.properties.messageId as string | undefined;
	const body = message.content.toString("utf8", 0, BODY_BYTES_MAX);
	const diedAt = dateIn(headers, DIED_AT) ?? (byBroker ? new Date(byBroker.time.value * 1_000) : new Date(0));
	return {
		queue,
		id: letterId(eventId, message.content),
		eventId,
		eventType: eventTypeIn(body),
		exchange,
		routingKey,
		body,
		bytes: message.content.length,
		attempts: Math.max(attempts, 1),
		firstFailedAt: firstFailedAt ?? diedAt,
		diedAt,
		failure: failureOf(headers, byBroker),
		service: serviceOf(queue),
		node: textIn(headers, NODE) ?? "rabbitmq",
		release: textIn(headers, RELEASE),
	};
}

/** Where it was first published, also if RabbitMQ itself gave up at its first delivery. */
export function originOf(queue: string, message: Message): { exchange: string; routingKey: string } {
	const { exchange, routingKey } = historyOf(message);
	if (exchange !== "") return { exchange, routingKey };
	const death = deathIn(message, queue);
	return death
		? { exchange: death.exchange, routingKey: death["routing-keys"][0] ?? routingKey }
		: { exchange, routingKey };
}

function failureOf(headers: Record<string, unknown>, byBroker: XDeath | undefined): Failure {
	if (DIED_AT in headers) {
		return {
			code: textIn(headers, ERROR_CODE) ?? "UNKNOWN",
			message: textIn(headers, ERROR_MESSAGE) ?? "",
			stack: textIn(headers, ERROR_STACK),
		};
	}
	if ((byBroker?.reason as string | undefined) === "delivery_limit") {
		return {
			code: "DELIVERY_LIMIT",
			message:
				"It was delivered again and again and never answered: the process died, or lost its connection, each time",
			stack: undefined,
		};
	}
	const reason = byBroker ? `RabbitMQ gave the reason "${byBroker.reason}"` : "it was put here by something else";
	return { code: "UNKNOWN", message: `Not given up by a consumer: ${reason}`, stack: undefined };
}

/** RabbitMQ's own record of the death in this queue; passing through a delay queue is recorded as well. */
function deathIn({ properties }: Message, queue: string): XDeath | undefined {
	const deaths = properties.headers?.["x-death"];
	return Array.isArray(deaths) ? deaths.find((death) => death.queue === queue) : undefined;
}
