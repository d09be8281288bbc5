import { z } from "zod";
import { event } from "./contract";
import {
	DEFAULT_PREFETCH,
	DEFAULT_RETRY_DELAYS_MS,
	hasListener,
	isBoundTo,
	matches,
	queueFor,
	serviceOf,
	topicPattern,
} from "./topology";

const onOrders = {
	exchange: "orders.events",
	version: 1,
	aggregate: "orderId",
	data: z.object({ orderId: z.string() }),
} as const;
const OrderPlaced = event({ ...onOrders, type: "OrderPlaced", routingKey: "order.placed" });
const OrderSent = event({ ...onOrders, type: "OrderSent", routingKey: "order.sent" });

test.each([
	["order.placed", "order.placed", true],
	["order.placed", "order.placed.twice", false],
	["order.placed", "orderXplaced", false],
	["*", "order", true],
	["*", "order.placed", false],
	["order.*", "order.placed", true],
	["order.*", "order", false],
	["#", "", true],
	["#", "order", true],
	["#", "order.placed.twice", true],
	["order.#", "order", true],
	["order.#", "order.placed.twice", true],
	["order.#", "orders", false],
	["#.placed", "placed", true],
	["#.placed", "a.order.placed", true],
	["#.placed", "displaced", false],
	["a.#.z", "a.z", true],
	["a.#.z", "a.b.c.z", true],
	["a.#.z", "az", false],
	["#.b.#", "b", true],
	["#.b.#", "a.b.c", true],
	["#.b.#", "abc", false],
	["a.#.#", "a", true],
	["a.#.#", "a.b.c", true],
	["#.#", "a.b", true],
	["*.#", "a", true],
	["*.#", "", false],
	["#.*", "a.b", true],
	["a.*.#.z", "a.z", false],
	["a.*.#.z", "a.b.z", true],
	["#.a.b", "x.a.b", true],
	["#.a.b", "x.ab", false],
	["a#.b", "a#.b", true],
	["a#.b", "a.b", false],
	["a+(b)", "a+(b)", true],
	["a+(b)", "aab", false],
])("the pattern %j and the key %j: %s", (pattern, routingKey, expected) => {
	expect(matches(pattern, routingKey)).toBe(expected);
});

test("a pattern as a regular expression is anchored at both ends", () => {
	expect(topicPattern("order.#")).toBe(String.raw`^order(\.[^.]+)*$`);
});

test("a consumer's queue is bound to the keys of its contracts and to nothing else", () => {
	expect(queueFor("cart.settle", [OrderPlaced])).toStrictEqual({
		name: "cart.settle",
		bindings: [{ exchange: "orders.events", pattern: "order.placed" }],
		retryDelaysMs: DEFAULT_RETRY_DELAYS_MS,
		prefetch: DEFAULT_PREFETCH,
	});
});

test("a queue is in order where its consumer wants it so", () => {
	expect(queueFor("cart.settle", [], { order: "aggregate", prefetch: 7, retryDelaysMs: [1] })).toStrictEqual({
		name: "cart.settle",
		bindings: [],
		retryDelaysMs: [1],
		prefetch: 7,
		order: "aggregate",
	});
});

test("what fails is tried ten times more within four minutes, with five different pauses", () => {
	expect(DEFAULT_RETRY_DELAYS_MS).toHaveLength(10);
	expect(new Set(DEFAULT_RETRY_DELAYS_MS).size).toBe(5);
	expect(DEFAULT_RETRY_DELAYS_MS.reduce((sum, ms) => sum + ms)).toBe(234_250);
});

test("a key has a listener when a queue is bound for it on that exchange", () => {
	const topology = {
		exchanges: ["orders.events"],
		queues: [queueFor("cart.settle", [OrderSent, OrderPlaced]), queueFor("mail.send", [OrderSent])],
	};

	expect(hasListener(topology, "orders.events", "order.placed")).toBe(true);
	expect(hasListener(topology, "orders.events", "order.failed")).toBe(false);
	expect(hasListener(topology, "other.events", "order.placed")).toBe(false);
});

test.each([
	["orders.events", "order.placed", true],
	["orders.events", "order.sent", true],
	["orders.events", "order.failed", false],
	["other.events", "order.placed", false],
	// By the queue's own name, as what is tried again or replayed comes.
	["", "cart.settle", true],
])("a queue gets what was published to %j with %j: %s", (exchange, routingKey, expected) => {
	expect(isBoundTo(queueFor("cart.settle", [OrderSent, OrderPlaced]), { exchange, routingKey })).toBe(expected);
});

test("a queue is its service's, by the word before the dot", () => {
	expect(serviceOf("cart.settle")).toBe("cart");
});
