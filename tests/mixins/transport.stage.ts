import { randomUUID } from "node:crypto";
import { v7 as uuidv7 } from "uuid";
import type { QueueSpec } from "../../mixins/events/topology";
import type { Delivery, EventTransport, Failure, OutgoingMessage, Verdict } from "../../mixins/events/transport";

/** A transport under test. */
export interface OpenTransport {
	transport: EventTransport;
	/** Ends its connections as a kill -9 would; nothing that it does afterwards reaches the broker. */
	crash(): Promise<void>;
}

/** The broker of a suite, with transports on it. */
export interface Broker extends AsyncDisposable {
	open(): Promise<OpenTransport>;
}

/** One exchange and one queue that no other test uses, on a transport that is closed after the test. */
export interface Stage {
	transport: EventTransport;
	exchange: string;
	queue: QueueSpec;
}

export const QUIET = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** Few and short: each is a queue of its own on RabbitMQ. */
export const RETRY_DELAYS_MS = [40, 80];

export function queueNamed(
	name: string,
	exchange: string,
	options: Partial<QueueSpec> & { patterns?: string[] } = {},
): QueueSpec {
	const { patterns = ["#"], ...rest } = options;
	const bindings = patterns.map((pattern) => ({ exchange, pattern }));
	return { name, bindings, retryDelaysMs: RETRY_DELAYS_MS, prefetch: 10, ...rest };
}

export function messageTo(exchange: string, overrides: Partial<OutgoingMessage> = {}): OutgoingMessage {
	const eventId = overrides.eventId ?? uuidv7();
	return {
		exchange,
		routingKey: "thing.happened",
		eventId,
		eventType: "ThingHappened",
		correlationId: randomUUID(),
		timestamp: new Date(),
		body: JSON.stringify({ event_id: eventId, event_type: "ThingHappened", text: "größer ≠ 小さい 🛒" }),
		mandatory: true,
		...overrides,
	};
}

/** Messages whose body is their number, 0 … count - 1. */
export function numbered(exchange: string, count: number): OutgoingMessage[] {
	return Array.from({ length: count }, (_, number) => messageTo(exchange, { body: String(number) }));
}

export const DONE: Verdict = { kind: "done" };

export function failed(kind: "retry" | "dead", failure: Partial<Failure> = {}): Verdict {
	return {
		kind,
		failure: { code: "OUT_OF_PAPER", message: "The printer is out of paper", stack: "Error: at a place", ...failure },
	};
}

/** A handler that remembers. `judge` says what becomes of each delivery; nothing said is done. */
export function recorder(judge: (delivery: Delivery) => Verdict | Promise<Verdict | void> | void = () => DONE) {
	const deliveries: Delivery[] = [];
	return {
		deliveries,
		bodies: () => deliveries.map(({ body }) => body.toString()),
		async handle(delivery: Delivery): Promise<Verdict> {
			deliveries.push(delivery);
			return (await judge(delivery)) ?? DONE;
		},
	};
}

/** A promise that a test opens when it wants to. */
export function gate(): { opened: Promise<void>; open: () => void } {
	const hinge = new AbortController();
	const opened = new Promise<void>((resolve) => hinge.signal.addEventListener("abort", () => resolve()));
	return { opened, open: () => hinge.abort() };
}
