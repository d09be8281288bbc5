import type { Message } from "amqplib";
import { deadLetterOf, originOf } from "./dead-letter";
import { afterDeath } from "./history";

const QUEUE = "cart.settle";
const diedAt = new Date("2026-05-01T12:00:00.000Z");
const failure = { code: "OUT_OF_PAPER", message: "The printer is out of paper", stack: "Error: at a place" };

function message(headers?: object, fields: object = {}): Message {
	return {
		content: Buffer.from(`{"event_type":"OrderPlaced"}`),
		fields: { exchange: "", routingKey: "cart.settle.dlq", deliveryTag: 1, redelivered: false, ...fields },
		properties: { messageId: "an-id", headers },
	} as unknown as Message;
}

/** RabbitMQ's record of a death. */
const death = (queue: string, its: object = {}): object => ({
	queue,
	reason: "rejected",
	exchange: "orders.events",
	"routing-keys": ["order.placed"],
	count: 1,
	time: { "!": "timestamp", value: diedAt.getTime() / 1_000 },
	...its,
});

test("what a consumer has given up tells all that it has said", () => {
	const placed = message({}, { exchange: "orders.events", routingKey: "order.placed" });
	const by = { service: "cart", node: "node-1", release: "1.2.3" };
	const { headers } = afterDeath(placed, { failure }, by, diedAt);

	expect(deadLetterOf(QUEUE, message(headers as object))).toEqual({
		queue: QUEUE,
		id: "an-id",
		eventId: "an-id",
		eventType: "OrderPlaced",
		exchange: "orders.events",
		routingKey: "order.placed",
		body: `{"event_type":"OrderPlaced"}`,
		bytes: 28,
		attempts: 1,
		firstFailedAt: diedAt,
		diedAt,
		failure,
		service: "cart",
		node: "node-1",
		release: "1.2.3",
	});
});

test("headers that a stranger has cut short leave a failure that says nothing", () => {
	const letter = deadLetterOf(QUEUE, message({ "x-died-at": diedAt.toISOString() }));

	expect(letter).toMatchObject({ diedAt, failure: { code: "UNKNOWN", message: "", stack: undefined } });
});

test("what RabbitMQ has given up at the limit of its deliveries is said to be so, with when and from where", () => {
	const deaths = [death("cart.settle.retry.250", { time: { value: 0 } }), death(QUEUE, { reason: "delivery_limit" })];

	expect(deadLetterOf(QUEUE, message({ "x-death": deaths }))).toMatchObject({
		exchange: "orders.events",
		routingKey: "order.placed",
		attempts: 1,
		firstFailedAt: diedAt,
		diedAt,
		failure: { code: "DELIVERY_LIMIT", stack: undefined },
		node: "rabbitmq",
		release: undefined,
	});
});

test("any other reason of RabbitMQ is told as it says it", () => {
	const { failure: told } = deadLetterOf(QUEUE, message({ "x-death": [death(QUEUE)] }));

	expect(told).toEqual({
		code: "UNKNOWN",
		message: 'Not given up by a consumer: RabbitMQ gave the reason "rejected"',
		stack: undefined,
	});
});

test.each([
	["without headers", undefined],
	["without a record", {}],
	["with records of other queues", { "x-death": [death("cart.settle.retry.250")] }],
	["with a record that is none", { "x-death": "yesterday" }],
])("what is there %s was put there by something else, nobody knows when", (_which, headers) => {
	expect(deadLetterOf(QUEUE, message(headers))).toMatchObject({
		exchange: "",
		routingKey: "cart.settle.dlq",
		diedAt: new Date(0),
		failure: { code: "UNKNOWN", message: "Not given up by a consumer: it was put here by something else" },
	});
});

describe("where it comes from", () => {
	test("its own headers say first, and where it was published next", () => {
		const deaths = { "x-death": [death(QUEUE)] };
		const headers = { "x-original-exchange": "letters", "x-original-routing-key": "letter.written" };

		expect(originOf(QUEUE, message({ ...headers, ...deaths }))).toEqual({
			exchange: "letters",
			routingKey: "letter.written",
		});
		expect(originOf(QUEUE, message(deaths, { exchange: "parcels", routingKey: "parcel.sent" }))).toEqual({
			exchange: "parcels",
			routingKey: "parcel.sent",
		});
	});

	test("RabbitMQ's record says it else, as far as it does", () => {
		const keyless = { "x-death": [death(QUEUE, { "routing-keys": [] })] };

		expect(originOf(QUEUE, message({ "x-death": [death(QUEUE)] }))).toEqual({
			exchange: "orders.events",
			routingKey: "order.placed",
		});
		expect(originOf(QUEUE, message(keyless))).toEqual({ exchange: "orders.events", routingKey: "cart.settle.dlq" });
	});
});
