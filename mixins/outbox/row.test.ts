import { messageOf, routeOf, type OutboxRow } from "./row";

const row: OutboxRow = {
	seq: 12,
	partition: 3,
	event_id: "0197f3a0-0000-7000-8000-000000000001",
	event_type: "LetterWritten",
	version: 2,
	exchange: "letters",
	routing_key: "letter.written",
	correlation_id: "c",
	causation_id: "d",
	aggregate_id: "a",
	aggregate_version: 5,
	data: '{"to":"ada"}',
	created_at: new Date("2026-01-02T03:04:05.678Z"),
	attempts: 0,
	earlier_seq: null,
};

test("a row becomes a message whose body is the event's envelope around its data", () => {
	const { body, ...message } = messageOf(row, "post", true);

	expect(message).toEqual({
		exchange: "letters",
		routingKey: "letter.written",
		eventId: row.event_id,
		eventType: "LetterWritten",
		correlationId: "c",
		timestamp: row.created_at,
		mandatory: true,
	});
	expect(JSON.parse(body)).toEqual({
		event_id: row.event_id,
		event_type: "LetterWritten",
		version: 2,
		timestamp: "2026-01-02T03:04:05.678Z",
		correlation_id: "c",
		causation_id: "d",
		aggregate_id: "a",
		aggregate_version: 5,
		producer: "post",
		data: { to: "ada" },
	});
});

test("what goes to one exchange with one key goes the same way", () => {
	const withOther: OutboxRow = { ...row, aggregate_id: "b" };

	expect(routeOf(row)).toBe(routeOf(withOther));
	expect(routeOf(row)).not.toBe(routeOf({ ...row, routing_key: "letter.read" }));
	expect(routeOf(row)).not.toBe(routeOf({ ...row, exchange: "parcels" }));
});
