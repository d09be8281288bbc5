import { z } from "zod";
import { event } from "../mixins/events/contract";
import { queueFor, type Topology } from "../mixins/events/topology";
import { ask } from "./schemas";

/** What the mixins are measured with: an event that no shop knows, about as large as one of the shop's. */
export const LetterWritten = event({
	type: "LetterWritten",
	exchange: "letters.events",
	routingKey: "letter.written",
	version: 1,
	aggregate: "letterId",
	data: z.object({ letterId: z.uuid(), text: z.string() }),
});

export const TEXT = "a letter of about four hundred bytes, as most events are ".repeat(7);

export const desk = queueFor("readers.desk", [LetterWritten]);
export const letterTopology: Topology = { exchanges: ["letters.events"], queues: [desk] };

/** `count` committed events of a tenth as many aggregates, mixed as they would come. */
export async function fillOutbox(url: string, count: number): Promise<void> {
	await ask(
		url,
		`WITH aggregates AS MATERIALIZED (
			SELECT n, id, ('x' || right(id::text, 4))::bit(16)::int % 16 AS partition
			FROM (SELECT n, gen_random_uuid() AS id FROM generate_series(1, ${Math.ceil(count / 10)}) AS n) AS new
		)
		INSERT INTO letters.outbox (event_id, aggregate_id, aggregate_version, partition, event_type, version, exchange,
			routing_key, correlation_id, causation_id, data)
		SELECT gen_random_uuid(), id, round, partition, 'LetterWritten', 1, 'letters.events', 'letter.written',
			gen_random_uuid()::text, gen_random_uuid()::text, json_build_object('letterId', id, 'text', '${TEXT}')
		FROM generate_series(1, 10) AS round, aggregates ORDER BY round, n`,
	);
	await ask(url, "VACUUM ANALYZE letters.outbox");
}
