import type { EventContract } from "./contract";

/** A consumer's queue with what it listens to. Its dead-letter queue is `<name>.dlq`. */
export interface QueueSpec {
	/** `<service>.<purpose>` */
	name: string;
	bindings: readonly Binding[];
	/** One delay for each retry; their number is the number of retries. */
	retryDelaysMs: readonly number[];
	/** How many deliveries one node holds at once. */
	prefetch: number;
	/** With "aggregate" one node at a time gets all that is in the queue, so that it can keep each aggregate's order. */
	order?: "aggregate";
}

export interface Binding {
	exchange: string;
	/** A topic pattern: `*` is one word, `#` any number. */
	pattern: string;
}

/** Every exchange and queue of the system. */
export interface Topology {
	exchanges: readonly string[];
	queues: readonly QueueSpec[];
}

/** Something on the broker that bears a name of the topology and can't be used as it is. A person has to mend it. */
export interface TopologyConflict {
	kind: "queue" | "exchange";
	/** As it is called on the broker: `cart.orders`, `cart.orders.retry.250`, … */
	name: string;
	/** The consumer's queue that it belongs to; undefined for an exchange. */
	of?: string;
	problem: string;
	/** What a person can do. */
	remedy: string;
}

/**
 * 0.25 s to a minute, ten retries over about four minutes: longer than a deployment, shorter than a shopper's patience.
 * Only five different ones: each is a queue of its own for each consumer, and a quorum queue costs RabbitMQ 3.10 three
 * file handles, so that one with the usual limit of 1,024 took no connection any more beside four shops of ten each.
 */
export const DEFAULT_RETRY_DELAYS_MS = [250, 1_000, 1_000, 4_000, 4_000, 16_000, 16_000, 64_000, 64_000, 64_000];

/**
 * Enough that a batch waits in each lane while another is committed (benchmarks/consuming.ts), few enough to leave work
 * for a second node and to bound what is in memory: 200 events of about 1 kB.
 */
export const DEFAULT_PREFETCH = 200;

/** The service that a queue belongs to: the word before the dot. */
export function serviceOf(queue: string): string {
	return queue.split(".")[0]!;
}

/** Binds a queue to exactly the events of these contracts. */
export function queueFor(
	name: string,
	contracts: readonly EventContract[],
	options: Partial<Pick<QueueSpec, "retryDelaysMs" | "prefetch" | "order">> = {},
): QueueSpec {
	return {
		name,
		bindings: contracts.map(({ exchange, routingKey }) => ({ exchange, pattern: routingKey })),
		retryDelaysMs: options.retryDelaysMs ?? DEFAULT_RETRY_DELAYS_MS,
		prefetch: options.prefetch ?? DEFAULT_PREFETCH,
		...(options.order && { order: options.order }),
	};
}

/** Whether some queue of the topology listens to this key, so that a publish must reach one. */
export function hasListener(topology: Topology, exchange: string, routingKey: string): boolean {
	return topology.queues.some((queue) =>
		queue.bindings.some((binding) => binding.exchange === exchange && matches(binding.pattern, routingKey)),
	);
}

/** Whether this queue, as this release declares it, gets what was published there; or was addressed by its own name. */
export function isBoundTo({ bindings }: QueueSpec, published: { exchange: string; routingKey: string }): boolean {
	const { exchange, routingKey } = published;
	return exchange === "" || bindings.some((each) => each.exchange === exchange && matches(each.pattern, routingKey));
}

/** AMQP 0-9-1 topic matching: `*` is exactly one word, `#` is zero or more. */
export function matches(pattern: string, routingKey: string): boolean {
	return topicRegExp(pattern).test(routingKey);
}

/** The pattern as a regular expression that JavaScript and PostgreSQL read alike. */
export function topicPattern(pattern: string): string {
	const words = pattern.split(".").filter((word, index, all) => word !== "#" || all[index - 1] !== "#");
	if (words.length === 1 && words[0] === "#") return "^.*$";
	// A "#" brings the dot beside it along: with no word in its place there is no dot either.
	const parts = words.map((word, index) => {
		if (word === "#") return index === 0 ? String.raw`([^.]+\.)*` : String.raw`(\.[^.]+)*`;
		const dot = index === 0 || (index === 1 && words[0] === "#") ? "" : String.raw`\.`;
		return dot + (word === "*" ? "[^.]+" : word.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`));
	});
	return `^${parts.join("")}$`;
}

function topicRegExp(pattern: string): RegExp {
	return new RegExp(topicPattern(pattern));
}
