import { z } from "zod";
import { event } from "./contract";
import { readData, readEnvelope, UnreadableEventError, versionOf, type Envelope } from "./envelope";

const placed = {
	type: "OrderPlaced",
	exchange: "orders.events",
	routingKey: "order.placed",
	version: 1,
	aggregate: "orderId",
	data: z.object({ orderId: z.uuid(), total: z.int().nonnegative() }),
} as const;
const OrderPlaced = event(placed);

const envelope: Envelope = {
	event_id: "0198a8f0-3c3e-7a4b-9c1d-0123456789ab",
	event_type: "OrderPlaced",
	version: 1,
	timestamp: "2026-05-01T12:00:00.000Z",
	correlation_id: "checkout-1",
	causation_id: "request-1",
	aggregate_id: "0198a8f0-3c3e-7a4b-9c1d-0123456789cd",
	aggregate_version: 3,
	producer: "orders",
	data: { orderId: "0198a8f0-3c3e-7a4b-9c1d-0123456789cd", total: 1_999 },
};

function body(overrides: object = {}): Buffer {
	return Buffer.from(JSON.stringify({ ...envelope, ...overrides }));
}

test("a message is read as it was written", () => {
	expect(readData(OrderPlaced, readEnvelope(body()))).toEqual(envelope);
});

test("unknown fields are ignored, in the envelope and in the data", () => {
	const received = readEnvelope(body({ shard: 7, data: { ...(envelope.data as object), gift: true } }));

	expect(readData(OrderPlaced, received)).toEqual(envelope);
});

test("ids that a stranger has written in capitals are read as PostgreSQL writes them", () => {
	const { event_id, aggregate_id } = envelope;
	const received = readEnvelope(
		body({ event_id: event_id.toUpperCase(), aggregate_id: aggregate_id.toUpperCase(), correlation_id: "Checkout-1" }),
	);

	expect(received).toMatchObject({ event_id, aggregate_id, correlation_id: "Checkout-1" });
	expect(readEnvelope(body({ aggregate_id: "Box 7" }))).toMatchObject({ aggregate_id: "Box 7" });
});

test.each([
	["nothing", ""],
	["no JSON", "{ no json"],
	["a number", "42"],
	["null", "null"],
	["a list", "[]"],
])("%s can't be understood", (_, text) => {
	expect(() => readEnvelope(Buffer.from(text))).toThrow(UnreadableEventError);
});

test("what is no JSON is said to be none, with the reason", () => {
	expect(() => readEnvelope(Buffer.from("{ no json"))).toThrow(/^not JSON \(.*position 2/);
});

test.each([
	["no event id", { event_id: undefined }, "event_id"],
	["an event id that is no UUID", { event_id: "7" }, "event_id"],
	["a version as text", { version: "1" }, "version"],
	["a time that is none", { timestamp: "yesterday" }, "timestamp"],
	["an aggregate version of 0", { aggregate_version: 0 }, "aggregate_version"],
])("%s can't be understood, and the error names the field", (_, overrides, field) => {
	expect(() => readEnvelope(body(overrides))).toThrow(new RegExp(`^${field}: `));
});

test("a future version of an event is refused, naming both versions", () => {
	expect(() => readData(OrderPlaced, readEnvelope(body({ version: 2 })))).toThrow(
		"OrderPlaced has version 2, known here is 1",
	);
});

test("where several versions are known they are named in their order", () => {
	const listed = [3, 1, 2].map((version) => ({ contract: event({ ...placed, version }) }));

	expect(() => versionOf(listed, { ...envelope, version: 4 })).toThrow(
		"OrderPlaced has version 4, known here are 1 and 2 and 3",
	);
});

test("an amount as text is refused, naming the field", () => {
	const data = { ...(envelope.data as object), total: "1999" };

	expect(() => readData(OrderPlaced, readEnvelope(body({ data })))).toThrow(/OrderPlaced: .*total/);
});
