import { randomUUID } from "node:crypto";
import { v7 as uuidv7 } from "uuid";
import { openShop, type Shop } from "../support/shop";

const order = { userId: randomUUID(), cartId: randomUUID() };
const item = { productId: randomUUID(), sku: "LAMP", name: "Lamp", quantity: 1, unitPrice: 1_999 };
const bought = { ...order, items: [item], total: 1_999, currency: "USD" };
const given = { ...order, items: [item], reason: "CUSTOMER" };
const payment = { paymentId: randomUUID(), amount: 1_999, currency: "USD" };

const reservation =
	"INSERT INTO catalog.reservations (order_id, cart_id, state) VALUES ($1, gen_random_uuid(), 'RELEASED')";
const placed = `INSERT INTO orders.orders (id, number, user_id, cart_id, status, items, total, currency)
	VALUES ($1::uuid, 'M-' || left($1::uuid::text, 8), gen_random_uuid(), gen_random_uuid(), 'COMPENSATED', '[]', 1999, 'USD')`;
const accepted = `WITH cart AS (INSERT INTO cart.carts (id, reference) VALUES (gen_random_uuid(), gen_random_uuid()) RETURNING id)
	INSERT INTO cart.checkouts (order_id, cart_id, user_id, items, total, currency)
	SELECT $1, id, gen_random_uuid(), '[]', 0, 'USD' FROM cart`;

/** Who hears of it, in which queue, and what it would know of the order. */
const NEWS: [type: string, queue: string, schema: string, data: object, known: string][] = [
	["OrderConfirmed", "products.orders", "catalog", bought, reservation],
	["OrderCancelled", "products.orders", "catalog", given, reservation],
	["OrderConfirmed", "cart.orders", "cart", bought, accepted],
	["OrderFailed", "cart.orders", "cart", given, accepted],
	["PaymentProcessed", "orders.payments", "orders", payment, placed],
	["PaymentFailed", "orders.payments", "orders", payment, placed],
];

describe("news of an order of which nothing is known", () => {
	let shop: Shop;

	beforeAll(async () => {
		shop = await openShop({ events: "postgres" });
	});
	afterAll(async () => shop[Symbol.asyncDispose]());

	test.each(NEWS)("%s is not passed over by %s: it is tried again, until the order is there", async (...row) => {
		const [type, queue, schema, data, known] = row;
		const orderId = randomUUID();
		const eventId = uuidv7();
		const envelope = {
			event_id: eventId,
			event_type: type,
			version: 1,
			timestamp: new Date().toISOString(),
			correlation_id: orderId,
			causation_id: orderId,
			aggregate_id: orderId,
			aggregate_version: 1,
			producer: "a test",
			data: { orderId, ...data },
		};
		const rows = async (text: string): Promise<number> =>
			(await shop.database.query(text, [queue, eventId])).rows.length;
		const failing = () => rows("SELECT FROM events.messages WHERE queue = $1 AND event_id = $2 AND attempts > 0");
		const handled = () => rows(`SELECT FROM ${schema}.inbox WHERE consumer = $1 AND event_id = $2`);

		await shop.auditor.put(queue, JSON.stringify(envelope), eventId);
		await shop.eventually(failing, 1);
		const handledBefore = await handled();
		await shop.database.query(known, [orderId]);

		await shop.eventually(handled, 1);
		expect(handledBefore).toBe(0);
		expect(await shop.deadLetters()).toEqual([]);
	});
});
