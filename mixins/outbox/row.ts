import type { OutgoingMessage } from "../events/transport";

/** One event as it waits in the outbox. */
export interface OutboxRow {
	seq: number;
	partition: number;
	event_id: string;
	event_type: string;
	version: number;
	exchange: string;
	routing_key: string;
	correlation_id: string;
	causation_id: string;
	aggregate_id: string;
	aggregate_version: number;
	/** JSON text. */
	data: string;
	created_at: Date;
	attempts: number;
	/** An event of the same aggregate that goes first, waits behind the reader's mark, and so was not read. */
	earlier_seq: number | null;
}

/** What is published with one exchange and routing key waits for the same queues. */
export function routeOf({ exchange, routing_key }: Pick<OutboxRow, "exchange" | "routing_key">): string {
	return `${exchange} ${routing_key}`;
}

/** The message that a row becomes. */
export function messageOf(
	row: Omit<OutboxRow, "seq" | "partition" | "attempts" | "earlier_seq">,
	producer: string,
	mandatory: boolean,
): OutgoingMessage {
	const envelope = {
		event_id: row.event_id,
		event_type: row.event_type,
		version: row.version,
		timestamp: row.created_at.toISOString(),
		correlation_id: row.correlation_id,
		causation_id: row.causation_id,
		aggregate_id: row.aggregate_id,
		aggregate_version: row.aggregate_version,
		producer,
	};
	return {
		exchange: row.exchange,
		routingKey: row.routing_key,
		eventId: row.event_id,
		eventType: row.event_type,
		correlationId: row.correlation_id,
		timestamp: row.created_at,
		// The data is already JSON text: it is put in as it is, not parsed and written again.
		body: `${JSON.stringify(envelope).slice(0, -1)},"data":${row.data}}`,
		mandatory,
	};
}
