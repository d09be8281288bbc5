import { randomUUID } from "node:crypto";
import type { WithRetention } from "../../mixins/retention/retention.mixin";
import { openShop, type Shop } from "../support/shop";
import { addToCart } from "../support/shop-given";
import type { Account, Cart } from "../support/shop-types";

const OWNERS = ["users", "products", "cart", "orders", "payments"];

describe("what is old", () => {
	let shop: Shop;

	beforeAll(async () => {
		shop = await openShop({
			events: "postgres",
			settings: { GUEST_CART_DAYS: "20", IDEMPOTENCY_KEY_DAYS: "10", DISCARD_HISTORY_DAYS: "30" },
		});
	});
	afterAll(async () => shop[Symbol.asyncDispose]());

	/** What each node does once an hour. */
	const clearOldAway = async (): Promise<void> => {
		for (const name of OWNERS) {
			await (shop.node().broker.getLocalService(name) as unknown as WithRetention).clearOldAway();
		}
	};
	const rows = async <Row extends object>(text: string, ...values: unknown[]): Promise<Row[]> =>
		(await shop.database.query<Row>(text, values)).rows;
	const changedDaysAgo = async (days: number, ...carts: Pick<Cart, "id">[]): Promise<void> => {
		const text = `UPDATE cart.carts SET created_at = now() - interval '400 days', updated_at = now() - $1 * interval '1 day'
			WHERE id = ANY ($2)`;
		await rows(
			text,
			days,
			carts.map(({ id }) => id),
		);
	};
	const notFound = expect.objectContaining({ code: "NOT_FOUND" });

	test("a guest's cart that nobody has changed for so long is gone for whoever has its id, who begins a new one", async () => {
		const lamp = await shop.given.product({ stock: 10 });
		const [left, kept] = [
			await shop.given.cart("guest", { product: lamp, quantity: 1 }),
			await shop.given.cart("guest", { product: lamp, quantity: 2 }),
		];
		await changedDaysAgo(21, left);
		await changedDaysAgo(19, kept);

		await clearOldAway();

		await expect(shop.cartOf(undefined, left.id)).rejects.toEqual(notFound);
		const wish = { productId: lamp.id, quantity: 1 };
		await expect(addToCart(shop.door, { cartId: left.id, ...wish })).rejects.toEqual(notFound);
		expect((await shop.given.cart("guest", { product: lamp, quantity: 1 })).id).not.toBe(left.id);
		const ada = await shop.given.customer();
		expect((await shop.when.signsIn(ada, left)).id).toBe(ada.id);
		expect(await addToCart(shop.door, { cartId: kept.id, ...wish })).toMatchObject({ items: [{ quantity: 3 }] });
	});

	test("with a guest's cart go its lines and its counter of events, and no other's", async () => {
		const lamp = await shop.given.product({ stock: 10 });
		const guests = await shop.given.cart("guest", { product: lamp, quantity: 1 });
		const ada = await shop.given.customer();
		const own = await shop.given.cart(ada, { product: lamp, quantity: 1 });
		const merged = await shop.given.cart("guest", { product: lamp, quantity: 1 });
		await shop.when.signsIn(ada, merged);
		const known = await rows<{ id: string; reference: string }>(
			"SELECT id, reference FROM cart.carts WHERE id = ANY ($1)",
			[guests.id, own.id, merged.id],
		);
		await changedDaysAgo(400, guests, own, merged);

		await clearOldAway();

		const ids = known.flatMap(({ id, reference }) => [id, reference]);
		expect(
			await rows(
				`SELECT 'cart' AS what, id FROM cart.carts WHERE id = ANY ($1) UNION ALL
				SELECT 'line', cart_id FROM cart.items WHERE cart_id = ANY ($1) UNION ALL
				SELECT 'counter', aggregate_id FROM cart.outbox_aggregates WHERE aggregate_id = ANY ($1)`,
				ids,
			),
		).toEqual(["cart", "line", "counter"].map((what) => ({ what, id: own.id })));
	});

	test("who comes back just then has the cart or has not, and its events are in order", async () => {
		const lamp = await shop.given.product({ stock: 100 });
		const wish = { productId: lamp.id, quantity: 1 };
		const carts = await Promise.all(Array.from({ length: 15 }, () => addToCart(shop.door, wish)));
		await changedDaysAgo(400, ...carts);

		const [answers] = await Promise.all([
			Promise.allSettled(carts.map(({ id }) => addToCart(shop.door, { cartId: id, ...wish }))),
			clearOldAway(),
			clearOldAway(),
		]);

		const known = await rows<{ id: string; reference: string }>("SELECT id, reference FROM cart.carts");
		const there = new Map(known.map(({ id, reference }) => [id, reference]));
		for (const [index, answer] of answers.entries()) {
			if (answer.status === "rejected") expect(answer.reason).toEqual(notFound);
			else expect(answer.value).toMatchObject({ id: carts[index]!.id, items: [{ quantity: 2 }] });
			expect(there.has(carts[index]!.id)).toBe(answer.status === "fulfilled");
		}
		const kept = carts.flatMap(({ id }) => there.get(id) ?? []);
		await shop.eventually(
			async () => {
				const heard = (await shop.auditor.heard()).map(({ envelope }) => envelope);
				return kept.map((id) => heard.filter((one) => one.aggregate_id === id).map((one) => one.aggregate_version));
			},
			kept.map(() => [1, 2]),
		);
	});

	test("a cart that is being ordered stays, with what is held for it, and its order is confirmed", async () => {
		const lamp = await shop.given.product({ stock: 1 });
		const ada = await shop.given.customer();
		const guests = await shop.given.cart("guest", { product: lamp, quantity: 1 });

		const approvals = await shop.holdingApprovals();
		const order = await shop.when.checksOutCart(ada, guests);
		await shop.eventually(() => heldFor(order.id), [{ held: true }]);
		await changedDaysAgo(400, guests);
		await notedDaysAgo(400, order.id);
		await clearOldAway();

		const [cart, held] = [await shop.cartOf(ada, guests.id), await heldFor(order.id)];
		await approvals[Symbol.asyncDispose]();

		expect(cart).toMatchObject({ status: "CHECKING_OUT", items: [{ quantity: 1 }] });
		expect(held).toEqual([{ held: true }]);
		await shop.until(order).is("CONFIRMED", { paymentStatus: "CAPTURED" });
	});

	const heldFor = (orderId: string): Promise<{ held: boolean }[]> =>
		rows("SELECT held FROM cart.held_stock WHERE order_id = $1", orderId);
	const notedDaysAgo = (days: number, orderId: string): Promise<object[]> =>
		rows("UPDATE cart.held_stock SET noted_at = now() - $1 * interval '1 day' WHERE order_id = $2", days, orderId);

	test.each([
		["released", "tok_decline", "COMPENSATED", false],
		["sold", "tok_approve", "CONFIRMED", true],
	])("a note of stock that is %s goes when no older event can come any more", async (_what, token, status, held) => {
		const lamp = await shop.given.product({ stock: 1 });
		const ada = await shop.given.customer();
		const order = await shop.when.checksOut(ada, [{ product: lamp, quantity: 1 }], { token });
		await shop.until(order).is(status);
		await shop.eventually(() => heldFor(order.id), [{ held }]);
		await shop.eventually(
			() => rows("SELECT FROM cart.checkouts WHERE order_id = $1 AND settled_at IS NULL", order.id),
			[],
		);

		await notedDaysAgo(14, order.id);
		await clearOldAway();
		expect(await heldFor(order.id)).toEqual([{ held }]);

		await notedDaysAgo(16, order.id);
		await clearOldAway();
		expect(await heldFor(order.id)).toEqual([]);
	});

	test("the key of a checkout is good for ever: the cart that was given back is not ordered a second time by it", async () => {
		const lamp = await shop.given.product({ stock: 5 });
		const ada = await shop.given.customer();
		const cart = await shop.given.cart(ada, { product: lamp, quantity: 1 });
		const checkout = { key: randomUUID(), token: "tok_decline" };
		const order = await shop.when.checksOutCart(ada, cart, checkout);
		await shop.until(order).is("COMPENSATED");
		expect(await shop.cartOf(ada)).toMatchObject({ id: cart.id, status: "ACTIVE" });
		await rows("UPDATE cart.idempotency_keys SET created_at = now() - interval '4000 days'");

		await clearOldAway();

		expect(await shop.when.checksOutCart(ada, cart, checkout)).toMatchObject({ id: order.id, status: "COMPENSATED" });
		expect(await rows("SELECT FROM cart.checkouts WHERE cart_id = $1", cart.id)).toHaveLength(1);
	});

	test("all other keys are forgotten after their time, and not before", async () => {
		const lamp = await shop.given.product({ stock: 5 });
		const ada = await shop.given.customer();
		const key = randomUUID();
		const add = (as: Account): Promise<Cart> => addOnce(as, key, lamp.id);
		await add(ada);

		await rows("UPDATE cart.idempotency_keys SET created_at = now() - interval '9 days' WHERE key = $1", key);
		await clearOldAway();
		expect(await add(ada)).toMatchObject({ items: [{ quantity: 1 }] });

		await rows("UPDATE cart.idempotency_keys SET created_at = now() - interval '11 days' WHERE key = $1", key);
		await clearOldAway();
		expect(await add(ada)).toMatchObject({ items: [{ quantity: 2 }] });
	});

	const addOnce = (as: Account, key: string, productId: string): Promise<Cart> =>
		shop
			.node()
			.broker.call<Cart, object>(
				"cart.addItem",
				{ productId, quantity: 1, idempotencyKey: key },
				{ meta: { caller: { id: as.id, role: "CUSTOMER" } } },
			);

	test("every kind of key that a service keeps has its rule, but for those of checkouts", async () => {
		const kinds = [
			["users", ["register", "saveAddress"]],
			["catalog", ["create"]],
			["cart", ["add", "checkout"]],
			["orders", ["cancel"]],
		] as const;
		for (const [schema, names] of kinds) {
			await rows(
				`INSERT INTO ${schema}.idempotency_keys (scope, key, request_hash, answer, created_at)
				SELECT kind || '/me', 'old', '', '{}', now() - interval '11 days' FROM unnest($1::text[]) AS kind`,
				names,
			);
		}

		await clearOldAway();

		const union = kinds.map(([schema]) => `SELECT scope FROM ${schema}.idempotency_keys WHERE key = 'old'`);
		expect(await rows(union.join(" UNION ALL "))).toEqual([{ scope: "checkout/me" }]);
	});

	test("each service forgets what was discarded after its time", async () => {
		const schemas = ["users", "catalog", "cart", "orders", "payments"];
		for (const schema of schemas) {
			await rows(
				`INSERT INTO ${schema}.dead_letters_discarded (queue, letter_id, exchange, routing_key, body, body_bytes, attempts,
					first_failed_at, died_at, error_code, error_message, node, reason, discarded_by, discarded_at)
				SELECT 'q', days, '', '', '', 0, 1, now(), now(), '', '', '', 'why', 'ada', now() - days * interval '1 day'
				FROM unnest(ARRAY[29, 31]) AS days`,
			);
		}

		await clearOldAway();

		const union = schemas.map((schema) => `SELECT letter_id FROM ${schema}.dead_letters_discarded`);
		expect(await rows(union.join(" UNION ALL "))).toEqual(schemas.map(() => ({ letter_id: "29" })));
	});

	test("windows of rate limits and secrets of mails that are over go, and those that count stay", async () => {
		const ada = await shop.given.customer();
		await rows(
			`INSERT INTO users.attempts SELECT 'login ' || hours, 1, now() - hours * interval '1 hour'
			FROM unnest(ARRAY[-1, 1, 25]) AS hours`,
		);
		await rows(
			`INSERT INTO users.mail_tokens SELECT sha256(hours::text::bytea), 'RESET_PASSWORD', $1, now() - hours * interval '1 hour'
			FROM unnest(ARRAY[-1, 1]) AS hours`,
			ada.id,
		);

		await clearOldAway();

		expect(await rows("SELECT key FROM users.attempts WHERE key LIKE 'login %' ORDER BY key")).toEqual([
			{ key: "login -1" },
			{ key: "login 1" },
		]);
		const kept = "SELECT FROM users.mail_tokens WHERE user_id = $1 AND kind = 'RESET_PASSWORD'";
		expect(await rows(kept, ada.id)).toHaveLength(1);
	});
});
