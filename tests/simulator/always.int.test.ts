import { Client } from "pg";
import { watch } from "../../simulator/shop/always";
import type { HeardEvent } from "../support/auditor";
import { testDatabase, type TestDatabase } from "../support/servers";

let database: TestDatabase;
let client: Client;

const LAMP = "00000000-0000-4000-8000-00000000000a";
const ORDER = "00000000-0000-4000-8000-00000000000b";
const OTHER = "00000000-0000-4000-8000-00000000000c";
const EVENT = "00000000-0000-4000-8000-00000000000d";

/** A lamp of five was bought, and paid for. */
const BOUGHT = `
	INSERT INTO catalog.products (id, sku, slug, name, price) VALUES ('${LAMP}', 'lamp', 'lamp', 'Lamp', 500);
	INSERT INTO catalog.stock (product_id, on_hand, reserved, sold) VALUES ('${LAMP}', 4, 0, 1);
	INSERT INTO catalog.stock_movements (product_id, kind, on_hand_change, reserved_change)
		VALUES ('${LAMP}', 'OPENED', 5, 0), ('${LAMP}', 'RESERVED', 0, 1), ('${LAMP}', 'SOLD', -1, -1);
	INSERT INTO catalog.reservations (order_id, cart_id, state) VALUES ('${ORDER}', '${OTHER}', 'SOLD');
	INSERT INTO catalog.reservation_lines (order_id, product_id, quantity) VALUES ('${ORDER}', '${LAMP}', 1);
	INSERT INTO orders.orders (id, number, user_id, cart_id, status, items, total, currency)
		VALUES ('${ORDER}', 'M-1', '${OTHER}', '${OTHER}', 'CONFIRMED', '[]', 500, 'USD');
	INSERT INTO orders.order_history (order_id, version, status) VALUES ('${ORDER}', 1, 'PENDING'),
		('${ORDER}', 2, 'CART_VALIDATED'), ('${ORDER}', 3, 'PAYMENT_PROCESSED'), ('${ORDER}', 4, 'CONFIRMED');
	INSERT INTO sandbox_provider.ledger (operation_id, order_id, kind, amount, currency)
		VALUES (gen_random_uuid(), '${ORDER}', 'authorize', 500, 'USD'), (gen_random_uuid(), '${ORDER}', 'capture', 500, 'USD');
	INSERT INTO orders.outbox_aggregates (aggregate_id, version) VALUES ('${ORDER}', 1);
	INSERT INTO orders.outbox (event_id, partition, aggregate_id, aggregate_version, event_type, version, exchange,
		routing_key, correlation_id, causation_id, data)
		VALUES ('${EVENT}', 0, '${ORDER}', 1, 'OrderPlaced', 1, 'orders.events', 'order.placed', '', '', '{}')`;

beforeAll(async () => {
	database = await testDatabase();
	client = new Client(database.url);
	await client.connect();
	await client.query(BOUGHT);
});
afterAll(async () => {
	await client.end();
	await database[Symbol.asyncDispose]();
});
beforeEach(() => client.query("BEGIN"));
afterEach(() => client.query("ROLLBACK"));

const control = {
	query: async (text: string, values: unknown[] = []) => (await client.query(text, values)).rows,
} as never;

/** What is said after a change. */
async function faultsAfter(change: string): Promise<string[] | undefined> {
	const watching = watch(control, []);
	await client.query(change);
	watching.committed(["orders.advance"]);
	return watching.look();
}

const entry = (kind: string, amount = 500): string =>
	`INSERT INTO sandbox_provider.ledger (operation_id, order_id, kind, amount, currency)
	VALUES (gen_random_uuid(), '${ORDER}', '${kind}', ${amount}, 'USD')`;

test("an order that was bought and paid for is as it should be", async () => {
	expect(await faultsAfter("SELECT 1")).toEqual([]);
});

test("nothing is looked at again where only a lease was renewed", () => {
	const watching = watch(control, []);
	watching.committed(["orders.outbox.share", "orders.saga.renew"]);

	expect(watching.look()).toBeUndefined();
});

test.each([
	["stock that nobody put in", "UPDATE catalog.stock SET on_hand = 5", /^I1: product/],
	["stock that was sold twice", "UPDATE catalog.stock SET sold = 2, on_hand = 3", /^I1: product/],
	["stock reserved for nobody", "UPDATE catalog.stock SET reserved = 1", /^I1: product/],
	["a bought order's stock given back", "UPDATE catalog.reservations SET state = 'RELEASED'", /^I1: /],
	["an order that goes back", "UPDATE orders.order_history SET status = 'PENDING' WHERE version = 3", /to PENDING/],
	["a status without its history", "UPDATE orders.orders SET status = 'SHIPPED'", /its history ends CONFIRMED/],
	["two captures", entry("capture"), /^I3: .* 2 capture/],
	["a capture that is voided as well", entry("void"), /^I3: .* 1 void/],
	["a refund of what is not cancelled", entry("refund"), /^I3: .* 1 refund/],
	["another sum", "UPDATE sandbox_provider.ledger SET amount = 499 WHERE kind = 'capture'", /of 499 to 500$/],
	["money of no order", `UPDATE sandbox_provider.ledger SET order_id = '${OTHER}'`, /is unknown/],
])("%s is seen at once", async (_, change, fault) => {
	expect(await faultsAfter(change)).toEqual(expect.arrayContaining([expect.stringMatching(fault)]));
});

describe("an event that RabbitMQ takes", () => {
	const heard = (version: number, id = EVENT): HeardEvent =>
		({
			envelope: {
				event_id: id,
				event_type: "OrderPlaced",
				producer: "orders",
				aggregate_id: ORDER,
				aggregate_version: version,
			},
		}) as never;

	test("is one that was committed", async () => {
		expect(await watch(control, [heard(1), heard(1)]).look()).toEqual([]);
		expect(await watch(control, [heard(1, OTHER)]).look()).toEqual([
			`I4: event ${OTHER} of orders was published, and is not committed`,
		]);
	});

	test("leaves out none before it, in the outbox or on the way", async () => {
		expect(await watch(control, [heard(2)]).look()).toEqual([
			`I7: OrderPlaced of orders ${ORDER} has version 2, after 0`,
		]);
		await client.query("UPDATE orders.outbox_aggregates SET version = 2");
		expect(await watch(control, [heard(1)]).look()).toEqual([`I7: of 2 events of orders ${ORDER} there are 1`]);
	});
});
