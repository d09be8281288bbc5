import { randomUUID } from "node:crypto";
import { addsUpAtTheEnd } from "../support/adds-up";
import { transports } from "../support/servers";
import { openShop, type Shop } from "../support/shop";
import type { Order, PlacedOrder } from "../support/shop-types";
import { until } from "../support/until";

describe.each(transports)("what happens to orders afterwards, with events over %s", (events) => {
	let shop: Shop;

	beforeAll(async () => {
		shop = await openShop({ events });
	});
	afterAll(async () => shop[Symbol.asyncDispose]());

	async function anOrder(): Promise<PlacedOrder> {
		const product = await shop.given.product({ price: 1_999, stock: 10 });
		const order = await shop.when.checksOut(await shop.given.customer(), [{ product, quantity: 2 }]);
		await shop.until(order).is("CONFIRMED");
		return order;
	}

	const stockOf = ({ items }: Order) => shop.stockOf({ id: items[0]!.productId });

	test("a cancelled order is refunded and restocked, once", async () => {
		const order = await anOrder();

		const cancelled = await shop.when.cancels(order, "It is too green");

		expect(cancelled).toMatchObject({ id: order.id, status: "CANCELLED" });
		expect(cancelled.history.at(-1)).toMatchObject({ status: "CANCELLED", note: "It is too green" });
		await shop.until(order).is("CANCELLED", { paymentStatus: "REFUNDED" });
		await shop.eventually(() => stockOf(order), { onHand: 10, reserved: 0, available: 10 });
		await expect(shop.when.cancels(order)).rejects.toMatchObject({ code: "ORDER_NOT_CANCELLABLE" });
		expect(await shop.ledgerOf(order)).toEqual(
			["authorize", "capture", "refund"].map((kind) => ({ kind, amount: 3_998 })),
		);
	});

	test("who cancels the moment that the order is confirmed gets the money back all the same", async () => {
		const product = await shop.given.product({ stock: 10 });
		const orders = [];
		for (let n = 0; n < 5; n++) {
			orders.push(await shop.when.checksOut(await shop.given.customer(), [{ product, quantity: 1 }]));
		}

		await Promise.all(
			orders.map((order) => until(() => shop.when.cancels(order), { what: "the order to become cancellable" })),
		);

		for (const order of orders) {
			await shop.until(order).is("CANCELLED", { paymentStatus: "REFUNDED" });
			expect((await shop.ledgerOf(order)).map(({ kind }) => kind)).toEqual(["authorize", "capture", "refund"]);
		}
		await shop.eventually(() => shop.stockOf(product), { onHand: 10, reserved: 0, available: 10 });
	});

	test("a capture that is written down after its refund does not make the order paid again", async () => {
		const order = await anOrder();
		await shop.until(order).is("CONFIRMED", { paymentStatus: "CAPTURED" });
		await shop.when.cancels(order);
		await shop.until(order).is("CANCELLED", { paymentStatus: "REFUNDED" });

		// As a node leaves it that dies between the provider's answer and its own transaction.
		await shop.database.query("UPDATE orders.saga_state SET status = 'RUNNING', wake_at = now() WHERE saga_id = $1", [
			order.id,
		]);

		await shop.eventually(async () => {
			const saga = "SELECT status FROM orders.saga_state WHERE saga_id = $1";
			return (await shop.database.query(saga, [order.id])).rows;
		}, [{ status: "COMPLETED" }]);
		expect(await shop.look(order)).toMatchObject({ status: "CANCELLED", paymentStatus: "REFUNDED" });
	});

	test("an order that orders has not heard of is there, and can't be cancelled yet", async () => {
		const product = await shop.given.product();
		const ada = await shop.given.customer();
		const cart = await shop.given.cart(ada, { product, quantity: 1 });
		let order;
		{
			await using _busy = await shop.holding("LOCK TABLE orders.saga_state IN SHARE MODE");
			order = await shop.when.checksOutCart(ada, cart);

			expect(await shop.look(order)).toMatchObject({ id: order.id, number: order.number, status: "PENDING" });
			await expect(shop.when.cancels(order)).rejects.toMatchObject({ code: "ORDER_NOT_CANCELLABLE" });
		}

		await shop.until(order).is("CONFIRMED");
	});

	test("an order is shipped and delivered, and can't be cancelled on the way", async () => {
		const order = await anOrder();
		const following = shop.door.follow("orderUpdated", order.id, order.by);
		await until(() => following.states.length > 0, { what: "the current state" });

		await shop.when.ships(order);
		await expect(shop.when.cancels(order)).rejects.toMatchObject({
			code: "ORDER_NOT_CANCELLABLE",
			details: { orderId: order.id, status: "SHIPPED" },
		});
		await expect(shop.when.ships(order)).rejects.toMatchObject({ code: "CONFLICT" });
		await shop.when.delivers(order);

		await until(() => following.ended, { what: "the subscription to complete" });
		const statuses = following.states.map(({ status }) => status);
		expect([...new Set(statuses)]).toEqual(["CONFIRMED", "SHIPPED", "DELIVERED"]);
		await shop.until(order).is("DELIVERED", { paymentStatus: "CAPTURED" });
	});

	test("of a cancellation and a shipment at the same time one succeeds, and the other is told why not", async () => {
		const orders = [];
		for (let n = 0; n < 5; n++) orders.push(await anOrder());

		const races = await Promise.all(
			orders.map((order) => Promise.allSettled([shop.when.cancels(order), shop.when.ships(order)])),
		);

		for (const [index, [cancelling, shipping]] of races.entries()) {
			expect([cancelling.status, shipping.status].toSorted()).toEqual(["fulfilled", "rejected"]);
			const won = cancelling.status === "fulfilled";
			await shop.until(orders[index]!).is(won ? "CANCELLED" : "SHIPPED", {
				paymentStatus: won ? "REFUNDED" : "CAPTURED",
			});
		}
	});

	test.each(["cancels", "ships"] as const)(
		"who %s an order just as it is confirmed is not told that it can't be",
		async (does) => {
			const order = await anOrder();
			await shop.until(order).is("CONFIRMED", { paymentStatus: "CAPTURED" });
			const becomes = "UPDATE orders.orders SET status = $2 WHERE id = $1";
			await shop.database.query(becomes, [order.id, "PAYMENT_PROCESSED"]);
			const confirming = await shop.database.connect();
			try {
				await confirming.query("BEGIN");
				await confirming.query(becomes, [order.id, "CONFIRMED"]);
				const moving = does === "cancels" ? shop.when.cancels(order) : shop.when.ships(order);
				const waiting = "SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))";
				await until(async () => (await confirming.query(waiting)).rowCount! > 0, { what: "the other to wait" });
				await confirming.query("COMMIT");

				expect((await moving).status).toBe(does === "cancels" ? "CANCELLED" : "SHIPPED");
			} finally {
				confirming.release();
			}
		},
	);

	test("an order whose payment was declined can be neither cancelled nor shipped", async () => {
		const product = await shop.given.product();
		const ada = await shop.given.customer();
		const order = await shop.when.checksOut(ada, [{ product, quantity: 1 }], { token: "tok_decline" });
		await shop.until(order).is("COMPENSATED");

		await expect(shop.when.cancels(order)).rejects.toMatchObject({ code: "ORDER_NOT_CANCELLABLE" });
		await expect(shop.when.ships(order)).rejects.toMatchObject({ code: "CONFLICT" });
	});

	test("an administrator keeps the catalogue: categories, products, prices and stock", async () => {
		const admin = await shop.given.admin();
		const slug = `light-${randomUUID()}`;
		const category = (input: object): Promise<{ id: string }> =>
			shop.door.graphql(
				"mutation ($input: CreateCategoryInput!) { createCategory(input: $input) { id } }",
				{ input },
				admin,
			);

		const light = await category({ name: "Light", slug });
		const desk = await category({ name: "On the desk", slug: `${slug}-desk`, parentId: light.id });
		await expect(category({ name: "Again", slug })).rejects.toMatchObject({ code: "CONFLICT" });
		const lamp = await shop.given.product({ name: "Halden lamp", categoryId: desk.id });
		const updated = await shop.when.updatesProduct(lamp, { name: "Halden desk lamp", price: 8_900 });
		const inLight = await shop.door.graphql(
			`query ($id: ID!) { products(filter: { categoryId: $id }) {
				totalItems items { name category { slug parent { slug children { slug } } } }
			} }`,
			{ id: light.id },
		);

		expect(updated).toMatchObject({ id: lamp.id, name: "Halden desk lamp", price: { amount: 8_900 } });
		const parent = { slug, children: [{ slug: `${slug}-desk` }] };
		expect(inLight).toEqual({
			totalItems: 1,
			items: [{ name: "Halden desk lamp", category: { slug: `${slug}-desk`, parent } }],
		});
	});

	test("stock is adjusted, but never below what is reserved", async () => {
		const product = await shop.given.product({ stock: 5 });
		const approvals = await shop.holdingApprovals();
		const order = await shop.when.checksOut(await shop.given.customer(), [{ product, quantity: 2 }]);
		await shop.eventually(() => shop.stockOf(product), { onHand: 5, reserved: 2, available: 3 });

		await expect(shop.when.adjustsStock(product, -4)).rejects.toMatchObject({
			code: "INSUFFICIENT_STOCK",
			details: { available: 3 },
		});
		expect(await shop.when.adjustsStock(product, -3)).toEqual({ onHand: 2, reserved: 2, available: 0 });
		expect(await shop.when.adjustsStock(product, 7)).toEqual({ onHand: 9, reserved: 2, available: 7 });

		expect(await holdersOf(product)).toMatchObject([
			{ orderId: order.id, order: { number: order.number }, quantity: 2 },
		]);
		await approvals[Symbol.asyncDispose]();
		await shop.until(order).is("CONFIRMED");
		await shop.eventually(() => shop.stockOf(product), { onHand: 7, reserved: 0, available: 7 });
	});

	const asAdmin = async <Item>(list: string, fields: string, id: string): Promise<Item[]> =>
		(
			await shop.door.graphql<{ items: Item[] }>(
				`query ($id: ID!) { ${list}(productId: $id, take: 100) { totalItems items { ${fields} } } }`,
				{ id },
				await shop.given.admin(),
			)
		).items;
	const holdersOf = ({ id }: { id: string }) =>
		asAdmin<{ orderId: string }>("stockReservations", "orderId order { number } quantity since expiresAt", id);
	const movementsOf = ({ id }: { id: string }) =>
		asAdmin<object>(
			"stockMovements",
			"kind onHandChange reservedChange orderId order { number } userId user { email } reason",
			id,
		);

	test("operators see who changed a product's stock, when, why and for which order", async () => {
		const product = await shop.given.product({ stock: 5 });
		const admin = await shop.given.admin();
		const nobody = { orderId: null, order: null, userId: null, user: null, reason: null };
		const byAdmin = { ...nobody, userId: admin.id, user: { email: admin.email } };

		await shop.when.adjustsStock(product, 3, "counted anew");
		const order = await shop.when.checksOut(await shop.given.customer(), [{ product, quantity: 2 }]);
		await shop.until(order).is("CONFIRMED");
		await shop.eventually(() => shop.stockOf(product), { onHand: 6, reserved: 0, available: 6 });
		await shop.when.cancels(order, "too green");
		await shop.eventually(() => shop.stockOf(product), { onHand: 8, reserved: 0, available: 8 });
		// What the customer has said is nobody's business but who reads the order or the product's movements.
		const reasons = async (type: string) =>
			(await shop.auditor.heard())
				.filter(({ envelope }) => envelope.event_type === type && envelope.aggregate_id === order.id)
				.map(({ envelope }) => envelope.data["reason"]);
		await shop.eventually(() => reasons("StockReleased"), ["ORDER_CANCELLED"]);
		expect(await reasons("OrderCancelled")).toEqual(["too green"]);

		const forIt = { ...nobody, orderId: order.id, order: { number: order.number } };
		expect(await movementsOf(product)).toEqual([
			{ ...forIt, kind: "RESTOCKED", onHandChange: 2, reservedChange: 0, reason: "too green" },
			{ ...forIt, kind: "SOLD", onHandChange: -2, reservedChange: -2 },
			{ ...forIt, kind: "RESERVED", onHandChange: 0, reservedChange: 2 },
			{ ...byAdmin, kind: "ADJUSTED", onHandChange: 3, reservedChange: 0, reason: "counted anew" },
			{ ...byAdmin, kind: "OPENED", onHandChange: 5, reservedChange: 0 },
		]);
		expect(await holdersOf(product)).toEqual([]);
	});

	const idsOf = async (as: PlacedOrder["by"], argument = "") => {
		const query = `{ orders(status: CONFIRMED, take: 100${argument}) { totalItems items { id } } }`;
		const { items } = await shop.door.graphql<{ items: { id: string }[] }>(query, {}, as);
		return items.map(({ id }) => id);
	};

	test("an administrator sees everyone's orders, a customer only their own", async () => {
		const [first, second] = [await anOrder(), await anOrder()];

		expect(await idsOf(first.by)).toEqual([first.id]);
		expect((await idsOf(await shop.given.admin())).slice(0, 2)).toEqual([second.id, first.id]);
	});

	test("an administrator who buys something finds it among their own orders, over GraphQL and REST", async () => {
		const [product, admin] = [await shop.given.product(), await shop.given.admin()];
		const own = await shop.when.checksOut(admin, [{ product, quantity: 1 }]);
		await shop.until(own).is("CONFIRMED");
		const others = await anOrder();

		expect(await idsOf(admin, ", mine: true")).toEqual([own.id]);
		expect(await idsOf(others.by, ", mine: true")).toEqual([others.id]);
		expect(await idsOf(others.by, ", mine: false")).toEqual([others.id]);
		expect((await idsOf(admin, ", mine: false")).slice(0, 2)).toEqual([others.id, own.id]);
		const answer = await shop.door.rest("GET", "/orders?mine=true", { as: admin });
		expect(answer).toMatchObject({ status: 200, body: { items: [{ id: own.id }], totalItems: 1 } });
	});

	addsUpAtTheEnd(() => shop);
});
