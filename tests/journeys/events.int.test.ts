import { randomUUID } from "node:crypto";
import { z } from "zod";
import { madeAt } from "../../mixins/inbox/age";
import { addsUpAtTheEnd } from "../support/adds-up";
import type { HeardEvent } from "../support/auditor";
import { transports } from "../support/servers";
import { openShop, type Shop } from "../support/shop";
import type { Cart, PlacedOrder } from "../support/shop-types";

const ORDER = ["orderId", "userId", "cartId", "items"];
const PRODUCT = ["productId", "sku", "name", "price", "currency", "active"];
const PAYMENT = ["paymentId", "orderId", "amount", "currency"];

/** What stands in the public contract: where an event is published, by which name, by whom, and what it carries at least. */
const CONTRACT: [exchange: string, key: string, type: string, producer: string, aggregate: string, data: string[]][] = [
	["users.events", "user.registered", "UserRegistered", "users", "userId", ["userId", "email"]],
	["products.events", "product.created", "ProductCreated", "products", "productId", PRODUCT],
	["products.events", "product.updated", "ProductUpdated", "products", "productId", PRODUCT],
	[
		"products.events",
		"product.stock_reserved",
		"StockReserved",
		"products",
		"orderId",
		[...ORDER.filter((name) => name !== "userId"), "expiresAt"],
	],
	[
		"products.events",
		"product.stock_released",
		"StockReleased",
		"products",
		"orderId",
		[...ORDER.filter((name) => name !== "userId"), "reason"],
	],
	["cart.events", "cart.item_added", "ItemAddedToCart", "cart", "cartId", ["cartId", "productId", "quantity"]],
	[
		"cart.events",
		"cart.checkout_initiated",
		"CartCheckoutInitiated",
		"cart",
		"cartId",
		[...ORDER, "total", "currency"],
	],
	["cart.events", "cart.cleared", "CartCleared", "cart", "cartId", ["cartId", "reason"]],
	["orders.events", "order.placed", "OrderPlaced", "orders", "orderId", [...ORDER, "total", "currency"]],
	["orders.events", "order.confirmed", "OrderConfirmed", "orders", "orderId", [...ORDER, "total", "currency"]],
	["orders.events", "order.failed", "OrderFailed", "orders", "orderId", [...ORDER, "reason"]],
	["orders.events", "order.cancelled", "OrderCancelled", "orders", "orderId", [...ORDER, "reason"]],
	["orders.events", "order.shipped", "OrderShipped", "orders", "orderId", ["orderId", "userId"]],
	["orders.events", "order.delivered", "OrderDelivered", "orders", "orderId", ["orderId", "userId"]],
	["payments.events", "payment.processed", "PaymentProcessed", "payments", "paymentId", PAYMENT],
	["payments.events", "payment.failed", "PaymentFailed", "payments", "paymentId", [...PAYMENT, "reason"]],
];

const ADDRESS = {
	name: "Ada Recipient",
	line1: "7 Secret Lane",
	city: "Hiddenham",
	postalCode: "XX1 2YY",
	country: "GB",
};

describe.each(transports)("the events of a shop, over %s", (events) => {
	let shop: Shop;
	let guestCart: Cart;
	let confirmed: PlacedOrder;
	let declined: PlacedOrder;
	let heard: HeardEvent[];

	/** One of everything that can happen. */
	beforeAll(async () => {
		shop = await openShop({ events });
		const lamp = await shop.given.product();
		await shop.when.updatesProduct(lamp, { price: 2_100 });
		guestCart = await shop.given.cart("guest", { product: lamp, quantity: 1 });
		const ada = await shop.given.customer({ guestCart });
		confirmed = await shop.when.checksOutCart(ada, guestCart, { address: ADDRESS });
		await shop.until(confirmed).is("CONFIRMED");
		declined = await shop.when.checksOut(ada, [{ product: lamp, quantity: 1 }], {
			token: "tok_decline",
			address: ADDRESS,
		});
		await shop.until(declined).is("COMPENSATED");
		await shop.when.cancels(confirmed, "changed my mind");
		const sent = await shop.when.checksOutCart(ada, (await shop.cartOf(ada))!);
		await shop.until(sent).is("CONFIRMED");
		await shop.when.ships(sent);
		await shop.when.delivers(sent);
		await shop.untilSound();
		heard = await shop.auditor.heard();
	});
	afterAll(async () => shop[Symbol.asyncDispose]());

	test("are exactly those of the contract, each from its producer on its exchange", () => {
		const seen = heard.map(({ exchange, routingKey, envelope: { event_type, producer } }) =>
			[exchange, routingKey, event_type, producer].join(" "),
		);

		expect([...new Set(seen)].toSorted()).toEqual(CONTRACT.map((row) => row.slice(0, 4).join(" ")).toSorted());
	});

	test.each(CONTRACT)(
		"%s %s: %s has a whole envelope and at least the promised data",
		(_exchange, key, type, producer, aggregate, fields) => {
			const found = heard.filter(({ routingKey }) => routingKey === key);

			expect(found.length).toBeGreaterThan(0);
			for (const { envelope, properties } of found) {
				expect(Object.keys(envelope.data)).toEqual(expect.arrayContaining(fields));
				expect(envelope).toEqual({
					event_id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
					event_type: type,
					version: 1,
					timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
					correlation_id: expect.stringMatching(/./),
					causation_id: expect.stringMatching(/./),
					aggregate_id: envelope.data[aggregate],
					aggregate_version: expect.any(Number),
					producer,
					data: expect.any(Object),
				});
				expect(Math.abs(madeAt(envelope.event_id)!.getTime() - Date.parse(envelope.timestamp))).toBeLessThan(5_000);
				if (events === "rabbitmq") {
					expect(properties).toMatchObject({
						messageId: envelope.event_id,
						type,
						correlationId: envelope.correlation_id,
						timestamp: Math.floor(Date.parse(envelope.timestamp) / 1_000),
						contentType: "application/json",
						deliveryMode: 2,
					});
				}
			}
		},
	);

	test("are each valid by the AsyncAPI document that the gateway serves", async () => {
		const { status, body: served } = await shop.door.rest("GET", "/asyncapi.json");
		type Schema = Parameters<typeof z.fromJSONSchema>[0];
		const { schemas } = served["components"] as { schemas: Record<string, Schema> };
		const problemIn = (schema: string, value: unknown) =>
			z.fromJSONSchema(schemas[schema]!, { defaultTarget: "draft-7" }).safeParse(value).error;

		const problems = heard.flatMap(({ envelope }) =>
			[problemIn("envelope", envelope), problemIn(`${envelope.event_type}.v${envelope.version}`, envelope.data)].filter(
				Boolean,
			),
		);

		expect(status).toBe(200);
		expect(served["asyncapi"]).toBe("3.0.0");
		expect(problems).toEqual([]);
		expect((await shop.door.rest("DELETE", "/asyncapi.json")).status).toBe(405);
	});

	test("carry one correlation id for each checkout, and nothing else carries it", () => {
		const typesOf = (order: PlacedOrder) => {
			const own = heard.filter(({ envelope: { data } }) => data["orderId"] === order.id);
			const correlations = new Set(own.map(({ envelope }) => envelope.correlation_id));
			expect(correlations.size).toBe(1);
			const correlated = heard.filter(({ envelope }) => correlations.has(envelope.correlation_id));
			return correlated.map(({ envelope }) => envelope.event_type);
		};

		expect(typesOf(confirmed).toSorted()).toEqual([
			"CartCheckoutInitiated",
			"CartCleared",
			"OrderCancelled",
			"OrderConfirmed",
			"OrderPlaced",
			"PaymentProcessed",
			"StockReleased",
			"StockReserved",
		]);
		expect(typesOf(declined).toSorted()).toEqual([
			"CartCheckoutInitiated",
			"OrderFailed",
			"OrderPlaced",
			"PaymentFailed",
			"StockReleased",
			"StockReserved",
		]);
	});

	test("never carry a payment token, an address, a password or the key of a guest's cart", () => {
		const bodies = heard.map(({ body }) => body).join("\n");

		for (const secret of [...Object.values(ADDRESS).filter((text) => text.length > 2), guestCart.id]) {
			expect(bodies).not.toContain(secret);
		}
		expect(bodies).not.toMatch(/tok_|password|correct horse|\$2[aby]\$/i);
	});

	addsUpAtTheEnd(() => shop);
});

describe.each(transports)("what comes wrong or twice, over %s", (events) => {
	let shop: Shop;

	beforeAll(async () => {
		shop = await openShop({ events });
	});
	afterAll(async () => shop[Symbol.asyncDispose]());

	test("poison is dead at once and once, with what was wrong, and the next good message is handled", async () => {
		const lamp = await shop.given.product();
		const good = await shop.when.checksOut(await shop.given.customer(), [{ product: lamp, quantity: 1 }]);
		await shop.until(good).is("CONFIRMED");
		const sample = (await shop.auditor.heard()).find(({ routingKey }) => routingKey === "cart.checkout_initiated")!;
		const changed = (change: (envelope: Record<string, unknown> & { data: Record<string, unknown> }) => void) => {
			const envelope = { ...JSON.parse(sample.body), event_id: freshId() };
			change(envelope);
			return JSON.stringify(envelope);
		};
		const poison: [body: string, messageId: string | undefined, reason: RegExp][] = [
			["{ not json", randomUUID(), /not JSON/],
			[changed(({ data }) => (data["total"] = "19.99")), freshId(), /total/],
			[changed(() => undefined), undefined, /message_id/],
			[changed((envelope) => (envelope["version"] = 2)), freshId(), /version 2/],
			[changed((envelope) => delete envelope["event_id"]), freshId(), /event_id/],
		];

		for (const [body, messageId] of poison) await shop.auditor.put("orders.checkout", body, messageId);
		const next = await shop.when.checksOut(await shop.given.customer(), [{ product: lamp, quantity: 1 }]);
		await shop.until(next).is("CONFIRMED");

		const expected = poison.map(([body, eventId, reason]) => ({
			queue: "orders.checkout",
			body,
			eventId,
			code: "UNREADABLE_EVENT",
			message: expect.stringMatching(reason),
			attempts: 1,
		}));
		await shop.eventually(async () => (await shop.deadLetters()).toSorted(byBody), expected.toSorted(byBody));
		await shop.eventually(() => shop.stockOf(lamp), { onHand: 8, reserved: 0, available: 8 });
	});

	test("an unknown type of event is passed over", async () => {
		const dead = (await shop.deadLetters()).length;
		const envelope = {
			event_id: freshId(),
			event_type: "CartAbandoned",
			version: 1,
			timestamp: new Date().toISOString(),
			correlation_id: "c",
			causation_id: "c",
			aggregate_id: randomUUID(),
			aggregate_version: 1,
			producer: "cart",
			data: {},
		};

		await shop.auditor.put("orders.checkout", JSON.stringify(envelope), envelope.event_id);
		const lamp = await shop.given.product();
		const next = await shop.when.checksOut(await shop.given.customer(), [{ product: lamp, quantity: 1 }]);
		await shop.until(next).is("CONFIRMED");

		expect(await shop.deadLetters()).toHaveLength(dead);
	});

	test("every event of a checkout that comes three times more has had its one effect", async () => {
		const lamp = await shop.given.product({ stock: 5 });
		const ada = await shop.given.customer();
		const cancelled = await shop.when.checksOut(ada, [{ product: lamp, quantity: 1 }]);
		await shop.until(cancelled).is("CONFIRMED", { paymentStatus: "CAPTURED" });
		const kept = await shop.when.checksOut(ada, [{ product: lamp, quantity: 1 }]);
		await shop.until(kept).is("CONFIRMED", { paymentStatus: "CAPTURED" });
		await shop.when.cancels(cancelled);
		await shop.eventually(() => shop.stockOf(lamp), { onHand: 4, reserved: 0, available: 4 });
		const orders = await Promise.all([cancelled, kept].map((order) => shop.look(order)));

		const queues: Record<string, string> = {
			"cart.checkout_initiated": "orders.checkout",
			"payment.processed": "orders.payments",
			"product.stock_reserved": "cart.stock",
			"product.stock_released": "cart.stock",
			"order.confirmed": "products.orders",
			"order.cancelled": "products.orders",
		};
		const own = (await shop.auditor.heard()).filter(({ envelope: { data } }) =>
			[cancelled.id, kept.id].includes(String(data["orderId"])),
		);
		for (const { routingKey, body, envelope } of own) {
			const queue = queues[routingKey];
			if (queue) for (let copy = 0; copy < 3; copy++) await shop.auditor.put(queue, body, envelope.event_id);
		}
		const later = await shop.when.checksOut(ada, [{ product: lamp, quantity: 1 }]);
		await shop.until(later).is("CONFIRMED");

		await shop.eventually(() => shop.stockOf(lamp), { onHand: 3, reserved: 0, available: 3 });
		expect(await Promise.all([cancelled, kept].map((order) => shop.look(order)))).toMatchObject(
			orders.map(({ status, history }) => ({ status, history })),
		);
		expect((await shop.ledgerOf(kept)).map(({ kind }) => kind)).toEqual(["authorize", "capture"]);
	});

	addsUpAtTheEnd(
		() => shop,
		Array.from({ length: 5 }, () => ({ queue: "orders.checkout", code: "UNREADABLE_EVENT" })),
	);
});

/** A UUIDv7 of now. */
function freshId(): string {
	const time = Date.now().toString(16).padStart(12, "0");
	return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
}

function byBody(a: { body: string }, b: { body: string }): number {
	return a.body < b.body ? -1 : 1;
}
