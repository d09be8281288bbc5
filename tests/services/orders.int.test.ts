import { randomUUID } from "node:crypto";
import { ADMIN, openDesk, somebody, type Desk } from "./orders.stage";

let desk: Desk;

beforeAll(async () => {
	desk = await openDesk();
});
afterAll(() => desk[Symbol.asyncDispose]());

const id = randomUUID();

test.each<[string, string, object]>([
	["list", "an unknown status", { status: "LOST" }],
	["list", "an empty status", { status: "" }],
	["list", "half a wish", { mine: "perhaps" }],
	["list", "fewer than none", { skip: -1 }],
	["list", "more than 10,000 left out", { skip: 10_001 }],
	["list", "an empty page", { take: 0 }],
	["list", "a part of an order", { take: 1.5 }],
	["list", "another customer", { userId: id }],
	["get", "nothing", {}],
	["get", "another kind of id", { id: "4711" }],
	["get", "more than it asks for", { id, version: 1 }],
	["cancel", "no id", { reason: "It is too big." }],
	["cancel", "another kind of id", { id: "4711" }],
	["cancel", "a reason of 501 characters", { id, reason: "x".repeat(501) }],
	["cancel", "a number for a reason", { id, reason: 7 }],
	["cancel", "an empty key", { id, idempotencyKey: "" }],
	["cancel", "a key of 201 characters", { id, idempotencyKey: "k".repeat(201) }],
	["cancel", "more than it asks for", { id, status: "CANCELLED" }],
	["ship", "nothing", {}],
	["ship", "another kind of id", { id: "4711" }],
	["ship", "more than it asks for", { id, note: "by train" }],
	["deliver", "nothing", {}],
	["deliver", "another kind of id", { id: "4711" }],
	["deliver", "more than it asks for", { id, note: "to a neighbour" }],
	["resolve", "nothing", {}],
	["resolve", "an id alone", { ids: id }],
	["resolve", "another kind of id", { ids: [id, "4711"] }],
	["resolve", "1,001 ids", { ids: Array.from({ length: 1_001 }, () => id) }],
])("%s does not take %s", async (action, _what, params) => {
	await expect(desk.call(action, params)).rejects.toMatchObject({ code: 422, type: "VALIDATION_ERROR" });
});

test("as much is taken as the limits say", async () => {
	const order = await desk.given("CONFIRMED");
	const params = { id: order.id, reason: "x".repeat(500), idempotencyKey: "k".repeat(200) };

	await expect(desk.call("cancel", params)).resolves.toMatchObject({ status: "CANCELLED" });
	await expect(desk.call("list", { skip: 10_000 })).resolves.toMatchObject({ items: [] });
	await expect(desk.call("resolve", { ids: Array.from({ length: 1_000 }, () => id) })).resolves.toHaveLength(1_000);
});

test.each(["ship", "deliver", "resolve"])("%s is for administrators", async (action) => {
	const params = action === "resolve" ? { ids: [id] } : { id };

	await expect(desk.call(action, params, somebody())).rejects.toMatchObject({ code: 403, type: "FORBIDDEN" });
});

test.each(["list", "get", "cancel", "ship", "deliver", "resolve"])(
	"%s is for nobody who has not signed in",
	async (action) => {
		const params = { list: {}, resolve: { ids: [id] } }[action] ?? { id };

		await expect(desk.service.broker.call(`orders.${action}`, params)).rejects.toMatchObject({
			code: 401,
			type: "UNAUTHENTICATED",
		});
	},
);

test("a person waits for a question no longer than two seconds, and for a change as long as it takes", () => {
	const { actions } = desk.service.schema as { actions: Record<string, { timeout?: number }> };

	const patience = ["list", "get", "resolve", "cancel", "ship", "deliver"].map((name) => actions[name]!.timeout);

	expect(patience).toEqual([2_000, 2_000, 2_000, undefined, undefined, undefined]);
});

test("the gateway is told what GraphQL shows of orders", () => {
	const { graphql } = desk.service.settings as { graphql: { type: string; subscription: string[] } };

	expect(graphql.type).toContain("type Order {");
	expect(graphql.subscription.join("\n")).toMatch(/orderStatus\([^]*orderUpdated\(/);
});

test.each([
	["list", "query", "orders"],
	["get", "query", "order"],
	["cancel", "mutation", "cancelOrder"],
	["ship", "mutation", "shipOrder"],
	["deliver", "mutation", "deliverOrder"],
])("the gateway is told that %s is the %s %s", (action, kind, field) => {
	const { actions } = desk.service.schema as { actions: Record<string, { graphql: object }> };

	expect(new Map(Object.entries(actions[action]!.graphql)).get(kind)).toMatch(new RegExp(String.raw`\s${field}\(`));
});

test("keys of cancellations are forgotten after thirty days", async () => {
	const days = [31, 29];
	for (const age of days) {
		await desk.look(
			`INSERT INTO orders.idempotency_keys (scope, key, request_hash, answer, created_at)
			VALUES ($1, $2, '', 'null', now() - $3 * interval '1 day')`,
			[`cancel/${ADMIN.id}`, `of ${age} days ago`, age],
		);
	}

	await desk.service.clearOldAway();

	const left = await desk.look("SELECT key FROM orders.idempotency_keys WHERE request_hash = ''");
	expect(left).toEqual([{ key: "of 29 days ago" }]);
});

test("what operators have discarded is forgotten after a year", async () => {
	for (const age of [366, 364]) {
		await desk.look(
			`INSERT INTO orders.outbox_discarded VALUES (gen_random_uuid(), gen_random_uuid(), 1, 'OrderPlaced', 1,
				'orders.events', 'order.placed', '', '', '{}', now(), 1, NULL, now(), $1, 'grace@console',
				now() - $2 * interval '1 day')`,
			[`${age} days ago`, age],
		);
	}

	await desk.service.clearOldAway();

	expect(await desk.look("SELECT reason FROM orders.outbox_discarded")).toEqual([{ reason: "364 days ago" }]);
});
