import type { Message, Options } from "amqplib";
import { limited } from "../failure";
import type { AttemptsInPlace, Delivery, Failure, Worker } from "../transport";

/** What a message has been through; it travels in its headers. */
export interface History {
	/** Failed attempts so far. */
	attempts: number;
	firstFailedAt: Date | undefined;
	/** Where it was first published; retries and replays pass through the default exchange. */
	exchange: string;
	routingKey: string;
}

type Headers = Record<string, unknown>;

const ATTEMPTS = "x-attempts";
const FIRST_FAILED_AT = "x-first-failed-at";
const EXCHANGE = "x-original-exchange";
const ROUTING_KEY = "x-original-routing-key";
export const ERROR_CODE = "x-error-code";
export const ERROR_MESSAGE = "x-error-message";
export const ERROR_STACK = "x-error-stack";
export const DIED_AT = "x-died-at";
export const NODE = "x-node";
const SERVICE = "x-service";
export const RELEASE = "x-release";

/** Who gives a message up. */
export interface GivenUpBy extends Worker {
	service: string;
}

/** Written by us or by RabbitMQ: each stage writes its own. CC and BCC would send a retry to other queues again. */
const NOT_CARRIED_ON =
	/^(x-(attempts|(first-)?failed-at|original-|error-|died-at|node|service|release|publication|death|delivery-count|acquired-count|first-death-|last-death-).*|CC|BCC)$/;

/** Foreign headers are carried on as far as they are short and plain; a frame that grew too long ends the connection. */
const FOREIGN_HEADERS_MAX = 30;
const FOREIGN_HEADER_LENGTH_MAX = 1_000;

/** Reads what the headers tell; those that make no sense count as absent. */
export function historyOf({ fields, properties }: Pick<Message, "fields" | "properties">): History {
	const headers: Headers = properties.headers ?? {};
	const attempts = headers[ATTEMPTS];
	return {
		attempts: typeof attempts === "number" && Number.isSafeInteger(attempts) && attempts > 0 ? attempts : 0,
		firstFailedAt: dateIn(headers, FIRST_FAILED_AT),
		exchange: textIn(headers, EXCHANGE) ?? fields.exchange,
		routingKey: textIn(headers, ROUTING_KEY) ?? fields.routingKey,
	};
}

export function deliveryOf(queue: string, message: Message): Delivery {
	const { attempts, exchange, routingKey } = historyOf(message);
	return {
		queue,
		exchange,
		routingKey,
		messageId: message.properties.messageId as string | undefined,
		body: message.content,
		attempt: attempts + 1,
		returned: returnsOf(message),
	};
}

/** As the quorum queue counts them; RabbitMQ 4 counts under a name of its own those that were nobody's fault. */
function returnsOf({ properties }: Message): number {
	const headers: Headers = properties.headers ?? {};
	const counts = [headers["x-delivery-count"], headers["x-acquired-count"]];
	return Math.max(0, ...counts.map((count) => (typeof count === "number" && Number.isSafeInteger(count) ? count : 0)));
}

/** The properties of a message that failed once more, or more often in one delivery. */
export function afterFailure(
	message: Message,
	failure: Failure,
	now: Date,
	{ attempts, firstFailedAt }: AttemptsInPlace = { attempts: 1, firstFailedAt: now },
): Options.Publish {
	const history = historyOf(message);
	const { code, message: text } = limited(failure);
	return carriedOn(message, {
		...originOf(history),
		[ATTEMPTS]: history.attempts + attempts,
		[FIRST_FAILED_AT]: (history.firstFailedAt ?? firstFailedAt).toISOString(),
		[ERROR_CODE]: code,
		[ERROR_MESSAGE]: text,
	});
}

/** The properties of a message that nobody will try again by itself. */
export function afterDeath(
	message: Message,
	{ failure, inPlace }: { failure: Failure; inPlace?: AttemptsInPlace },
	by: GivenUpBy,
	now: Date,
): Options.Publish {
	const properties = afterFailure(message, failure, now, inPlace);
	const { stack } = limited(failure);
	return {
		...properties,
		headers: {
			...(properties.headers as Headers),
			...(stack !== undefined && { [ERROR_STACK]: stack }),
			[DIED_AT]: now.toISOString(),
			[SERVICE]: by.service,
			[NODE]: by.node,
			...(by.release !== undefined && { [RELEASE]: by.release }),
		},
	};
}

/** The properties of a message that starts over: only where it comes from is kept. */
export function afterReplay(message: Message, history: Pick<History, "exchange" | "routingKey">): Options.Publish {
	return carriedOn(message, originOf(history));
}

/** Where a message was first published, for one that passes by its exchange. */
export function originOf({ exchange, routingKey }: Pick<History, "exchange" | "routingKey">): Headers {
	return { [EXCHANGE]: exchange, [ROUTING_KEY]: routingKey };
}

/** No user id: RabbitMQ closes the channel of somebody who sends another's. No expiration: it would count again. */
function carriedOn({ properties }: Message, headers: Headers): Options.Publish {
	const { contentType, contentEncoding, correlationId, messageId, timestamp, type, appId } = properties;
	const present = Object.entries({ contentType, contentEncoding, correlationId, messageId, timestamp, type, appId });
	return {
		...(Object.fromEntries(present.filter(([, value]) => value !== undefined)) as Options.Publish),
		headers: { ...foreign(properties.headers ?? {}), ...headers },
	};
}

function foreign(headers: Headers): Headers {
	const kept = Object.entries(headers).filter(([name, value]) => !NOT_CARRIED_ON.test(name) && isShortAndPlain(value));
	return Object.fromEntries(kept.slice(0, FOREIGN_HEADERS_MAX));
}

function isShortAndPlain(value: unknown): boolean {
	if (typeof value === "string") return value.length <= FOREIGN_HEADER_LENGTH_MAX;
	return typeof value === "boolean" || Number.isFinite(value);
}

export function textIn(headers: Headers, name: string): string | undefined {
	const value = headers[name];
	return typeof value === "string" ? value : undefined;
}

export function dateIn(headers: Headers, name: string): Date | undefined {
	const date = new Date(textIn(headers, name) ?? Number.NaN);
	return Number.isNaN(date.getTime()) ? undefined : date;
}
