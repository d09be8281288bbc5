import type { Envelope } from "../../mixins/events/envelope";
import { topology } from "../../services/topology";

/** One event as it was on its way. */
export interface HeardEvent {
	exchange: string;
	routingKey: string;
	/** As sent, byte for byte. */
	body: string;
	envelope: Envelope<Record<string, unknown>>;
	/** AMQP's, where there is AMQP. */
	properties?: {
		messageId: string;
		type: string;
		correlationId: string;
		timestamp: number;
		contentType: string;
		deliveryMode: number;
	};
}

export interface FoundDeadLetter {
	queue: string;
	eventId: string | undefined;
	body: string;
	code: string;
	message: string;
	attempts: number;
}

/** Somebody outside of the shop who listens to all that it publishes, and looks into its queues. */
export interface Auditor extends AsyncDisposable {
	/** In the order of arrival, a repetition included. */
	heard(): Promise<HeardEvent[]>;
	/** Puts a message on a queue by hand, as it is. */
	put(queue: string, body: string, messageId?: string): Promise<void>;
	/** Of every queue, without removing them. */
	deadLetters(): Promise<FoundDeadLetter[]>;
}

/** The queue that the auditor's events wait in. Bound with `#` to each exchange. */
export const AUDITOR_QUEUE = "auditor.all";

export const EXCHANGES = topology.exchanges;
export const QUEUES = topology.queues.map(({ name }) => name);

/** Each event once, where it first arrived: a relay that died between confirm and removal sends it again. */
export function distinct(heard: readonly HeardEvent[]): HeardEvent[] {
	const seen = new Set<string>();
	return heard.filter(({ envelope: { event_id } }) => !seen.has(event_id) && seen.add(event_id));
}
