import { matches } from "../../mixins/events/topology";
import { EXCHANGES, QUEUES } from "../../tests/support/auditor";
import { topology } from "../../services/topology";
import type { World } from "../world/world";

/** An event on its way through RabbitMQ, each time that it was taken. */
export interface Taking {
	readonly atMs: number;
	readonly eventId: string;
	readonly type: string;
	/** Empty where it was sent into one queue. */
	readonly exchange: string;
	readonly routingKey: string;
	/** Those that it was routed to. */
	readonly queues: readonly string[];
	/** Whose connection it came by. */
	readonly from: string;
}

/** Listens from now on. @returns a list that grows */
export function listenToTraffic({ rabbitmq, clock }: World): readonly Taking[] {
	const traffic: Taking[] = [];
	rabbitmq.onTaken(({ exchange, routingKey, body, queues, connection }) => {
		const isEvent = EXCHANGES.includes(exchange) || (exchange === "" && QUEUES.includes(routingKey));
		if (!isEvent) return;
		const { event_id: eventId, event_type: type } = JSON.parse(body.toString()) as Record<string, string>;
		// What a stranger has put into a queue is none.
		if (eventId === undefined) return;
		const taking = { atMs: clock.nowMs(), exchange, routingKey, queues, from: connection };
		traffic.push({ ...taking, eventId, type: type! });
	});
	return traffic;
}

/** What was published for somebody, and confirmed, while no queue of those who listen was bound for it. */
export function unrouted(traffic: readonly Taking[]): Taking[] {
	const published = traffic.filter(({ exchange }) => exchange !== "");
	const routed = new Set(published.filter(({ queues }) => queues.length > 0).map(({ eventId }) => eventId));
	return firstOf(published.filter((taking) => !routed.has(taking.eventId) && isListenedTo(taking)));
}

/**
 * What was published more than once, as long as nobody had a reason to, by more than one node.
 * @param handedOver which events stood in an outbox when their partition went to another node
 */
export function publishedTwice(traffic: readonly Taking[], untilMs: number, handedOver: ReadonlySet<string>): Taking[] {
	const from = new Map<string, Set<string>>();
	const twice: Taking[] = [];
	for (const taking of traffic.filter(({ exchange, atMs }) => exchange !== "" && atMs < untilMs)) {
		const publishers = from.get(taking.eventId) ?? new Set();
		if (publishers.size > 0 && !publishers.has(taking.from)) twice.push(taking);
		from.set(taking.eventId, publishers.add(taking.from));
	}
	return firstOf(twice).filter(({ eventId }) => !handedOver.has(eventId));
}

/** What was sent into a queue once more, because its consumer had not handled it: whoever searched took it for lost. */
export function sentAgain(traffic: readonly Taking[]): Taking[] {
	return firstOf(traffic.filter(({ exchange }) => exchange === ""));
}

function isListenedTo({ exchange, routingKey }: Taking): boolean {
	return topology.queues.some(({ bindings }) =>
		bindings.some((binding) => binding.exchange === exchange && matches(binding.pattern, routingKey)),
	);
}

function firstOf(takings: readonly Taking[]): Taking[] {
	const seen = new Set<string>();
	return takings.filter(({ eventId }) => !seen.has(eventId) && seen.add(eventId));
}
