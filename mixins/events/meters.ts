import { METRIC, type ServiceBroker } from "moleculer";

/** In milliseconds; from a commit beside to a broker that was away. */
const BUCKETS = [1, 2, 5, 10, 25, 50, 100, 250, 1_000, 5_000, 60_000];

type Texts = Readonly<Record<string, string>>;

const OUTBOX = {
	counters: {
		"outbox.published": "Events that the broker has confirmed",
		"outbox.refused": "Publications that the broker has refused or returned for the event's own sake",
		"outbox.failed": "Publications that were not confirmed because the broker was in trouble",
	},
	times: { "outbox.confirm.time": "From handing a batch to the transport until all of it was answered" },
} as const;

const QUEUE = {
	counters: {
		"events.delivered": "Deliveries that were understood",
		"events.retried": "Deliveries that failed and come again later",
		"events.buried": "Deliveries that became dead letters",
		"events.duplicates": "Deliveries of what was handled before",
		"events.ignored": "Events of a type that the consumer of the queue does not know",
	},
	times: {
		"events.latency.time": "From the writing of an event to the start of its handler",
		"events.handling.time": "Of a transaction that handles events",
	},
} as const;

/** Counts and times. */
export interface Meter<Counter extends string, Time extends string> {
	count(name: Counter, by?: number): void;
	time(name: Time, ms: number): void;
}

export type OutboxMeter = Meter<keyof typeof OUTBOX.counters, keyof typeof OUTBOX.times>;
export type QueueMeter = Meter<keyof typeof QUEUE.counters, keyof typeof QUEUE.times>;

/** Of what a service publishes. On a broker without metrics nothing is measured. */
export function outboxMeter(broker: ServiceBroker, service: string): OutboxMeter {
	return meterOf(broker, OUTBOX, { service });
}

/** Of what a queue's consumer on this node does. */
export function queueMeter(broker: ServiceBroker, queue: string): QueueMeter {
	return meterOf(broker, QUEUE, { queue });
}

function meterOf(
	{ metrics }: ServiceBroker,
	{ counters, times }: { counters: Texts; times: Texts },
	labels: Record<string, string>,
): Meter<string, string> {
	if (!metrics.isEnabled()) return { count: () => undefined, time: () => undefined };
	const labelNames = Object.keys(labels);
	// Services of one node share the registry.
	const missing = (texts: Texts) => Object.entries(texts).filter(([name]) => !metrics.getMetric(name));
	for (const [name, description] of missing(counters)) {
		metrics.register({ type: METRIC.TYPE_COUNTER, name, description, labelNames });
	}
	for (const [name, description] of missing(times)) {
		const unit = METRIC.UNIT_MILLISECONDS;
		metrics.register({ type: METRIC.TYPE_HISTOGRAM, name, description, labelNames, unit, buckets: BUCKETS });
	}
	return {
		count(name, by = 1) {
			if (by > 0) metrics.increment(name, labels, by);
		},
		time: (name, ms) => metrics.observe(name, ms, labels),
	};
}
