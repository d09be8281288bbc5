import type { Message } from "amqplib";
import { afterDeath, afterFailure, afterReplay, deliveryOf, historyOf } from "./history";

const failure = { code: "OUT_OF_PAPER", message: "The printer is out of paper", stack: "Error: at a place" };
const by = { service: "cart", node: "node-1", release: "1.2.3" };
const now = new Date("2026-05-01T12:00:00.000Z");
const later = new Date("2026-05-01T12:00:01.000Z");

function message(headers: object | undefined, properties: object = {}): Message {
	return {
		content: Buffer.from("{}"),
		fields: { exchange: "orders.events", routingKey: "order.placed", deliveryTag: 1, redelivered: false },
		properties: { messageId: "an-id", type: "OrderPlaced", ...properties, headers } as Message["properties"],
	};
}

/** The message as it comes back from a queue that it was sent to by the default exchange. */
function sentOn({ headers, ...properties }: ReturnType<typeof afterFailure>): Message {
	const back = message(headers as object, properties);
	return { ...back, fields: { ...back.fields, exchange: "", routingKey: "cart.settle" } };
}

test("a message without headers is at its first attempt, from where it was published", () => {
	expect(deliveryOf("cart.settle", message(undefined))).toMatchObject({
		exchange: "orders.events",
		routingKey: "order.placed",
		messageId: "an-id",
		attempt: 1,
	});
});

test.each([
	[0, {}],
	[4, { "x-delivery-count": 4 }],
	[5, { "x-delivery-count": 2, "x-acquired-count": 5 }],
	[0, { "x-delivery-count": "many" }],
])("it has come back %i times by the headers %j", (returned, headers) => {
	expect(deliveryOf("cart.settle", message(headers))).toMatchObject({ returned, attempt: 1 });
});

test("each failure counts an attempt and keeps the first time and the origin", () => {
	const once = sentOn(afterFailure(message({}), failure, now));
	const twice = sentOn(afterFailure(once, failure, later));

	expect(historyOf(twice)).toEqual({
		attempts: 2,
		firstFailedAt: now,
		exchange: "orders.events",
		routingKey: "order.placed",
	});
});

test("a dead letter carries all that an operator needs", () => {
	const { headers } = afterDeath(message({}), { failure }, by, now);

	expect(headers).toEqual({
		"x-attempts": 1,
		"x-first-failed-at": now.toISOString(),
		"x-died-at": now.toISOString(),
		"x-original-exchange": "orders.events",
		"x-original-routing-key": "order.placed",
		"x-error-code": "OUT_OF_PAPER",
		"x-error-message": "The printer is out of paper",
		"x-error-stack": "Error: at a place",
		"x-service": "cart",
		"x-node": "node-1",
		"x-release": "1.2.3",
	});
});

test("a replayed message starts over and keeps its origin", () => {
	const dead = sentOn(afterDeath(message({}), { failure }, by, now));

	const { headers, messageId } = afterReplay(dead, historyOf(dead));

	expect(headers).toEqual({ "x-original-exchange": "orders.events", "x-original-routing-key": "order.placed" });
	expect(messageId).toBe("an-id");
});

test("short and plain headers of a stranger are carried on, others are not", () => {
	const strange = {
		traceparent: "00-abc",
		sampled: true,
		weight: 1.5,
		nested: { a: 1 },
		list: [1],
		long: "x".repeat(1_001),
		CC: ["q"],
		"x-death": [],
	};

	const { headers } = afterReplay(message(strange), { exchange: "e", routingKey: "k" });

	expect(headers).toEqual({
		traceparent: "00-abc",
		sampled: true,
		weight: 1.5,
		"x-original-exchange": "e",
		"x-original-routing-key": "k",
	});
});

test("a stranger's user id and expiration are left behind", () => {
	const properties = afterFailure(message({}, { userId: "guest", expiration: "100", appId: "app" }), failure, now);

	expect(properties).not.toHaveProperty("userId");
	expect(properties).not.toHaveProperty("expiration");
	expect(properties).toMatchObject({ appId: "app" });
});

test.each([["many"], [-1], [1.5], [null], [{}]])("an attempt count of %j counts as none", (attempts) => {
	expect(historyOf(message({ "x-attempts": attempts, "x-first-failed-at": "yesterday" }))).toMatchObject({
		attempts: 0,
		firstFailedAt: undefined,
	});
});
