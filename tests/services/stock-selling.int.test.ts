import { randomUUID } from "node:crypto";
import { fakeIntervals } from "./intervals";
import { openStoreroom, type Order, type Storeroom, type Told } from "./stock.stage";

const ON_HAND_MAX = 2_147_483_647;
const TTL_MS = 900_000;
const STOCK_LOCK = "SELECT FROM catalog.stock WHERE product_id = $1 FOR UPDATE";

let room: Storeroom;

beforeAll(async () => {
	fakeIntervals();
	room = await openStoreroom();
});
afterEach(async () => expect(await room.faults()).toEqual([]));
afterAll(async () => {
	await room[Symbol.asyncDispose]();
	jest.useRealTimers();
});

const DONE = { verdict: { kind: "done" } };

describe("securing", () => {
	test("takes the end from a reservation, and tells nothing", async () => {
		const [lamp] = await room.products(5);
		const order = await room.given("RESERVED", [lamp, 2]);

		await room.secure(order);
		await room.secure(order);

		expect(await room.state(order)).toBe("SECURED");
		expect(await room.stock(lamp)).toEqual({ onHand: 5, reserved: 2, sold: 0 });
		expect(await room.movements(lamp)).toEqual([["RESERVED", 0, 2]]);
		expect(await room.types(order)).toEqual(["StockReserved"]);
	});

	test("is in time as long as no sweep has come by, whatever the product costs now", async () => {
		const [lamp] = await room.products(5);
		const order = await room.given("RESERVED", [lamp, 2]);
		await room.overdue(order);
		await room.change(lamp, { price: 1, active: false });

		await room.secure(order);

		expect(await room.sweep()).toBe(0);
		expect(await room.state(order)).toBe("SECURED");
	});

	test("takes again what has expired, without an end, and tells of it", async () => {
		const [lamp, desk] = await room.products(2, 5);
		const order = await room.given("EXPIRED", [desk, 1], [lamp, 2]);

		await room.secure(order);

		expect(await room.state(order)).toBe("SECURED");
		expect(await room.stock(lamp)).toEqual({ onHand: 2, reserved: 2, sold: 0 });
		expect(await room.movements(desk)).toEqual([
			["RESERVED", 0, 1],
			["EXPIRED", 0, -1],
			["RESERVED_AGAIN", 0, 1],
		]);
		const items = [
			{ productId: lamp.id, quantity: 2 },
			{ productId: desk.id, quantity: 1 },
		];
		const [, , again] = await room.facts(order);
		expect(again).toEqual({
			type: "StockReserved",
			correlationId: order.id,
			causationId: order.id,
			data: { orderId: order.id, cartId: order.cartId, items, expiresAt: expect.any(String) },
		});
		const { expiresAt } = again!.data as { expiresAt: string };
		expect(Math.abs(Date.parse(expiresAt) - Date.now() - TTL_MS)).toBeLessThan(60_000);
	});

	test("takes it again once, however many ask at once", async () => {
		const [lamp] = await room.products(5);
		const order = await room.given("EXPIRED", [lamp, 2]);
		await using stranger = await room.holding(STOCK_LOCK, [lamp.id]);

		const attempts = [room.secure(order), room.secure(order)];
		await room.untilWaiting(2);
		await stranger.letGo();
		await Promise.all(attempts);

		expect(await room.state(order)).toBe("SECURED");
		expect(await room.stock(lamp)).toMatchObject({ reserved: 2 });
		expect(await room.types(order)).toEqual(["StockReserved", "StockReleased", "StockReserved"]);
	});

	test("takes the end from what another attempt has reserved again meanwhile", async () => {
		const [lamp] = await room.products(5);
		const order = await room.given("RESERVED", [lamp, 2]);
		const become = (state: string) =>
			room.look("UPDATE catalog.reservations SET state = $2 WHERE order_id = $1", [order.id, state]);
		await become("EXPIRED");
		// It has seen that nothing is reserved, and looks for the products.
		await using stranger = await room.holding("LOCK TABLE catalog.reservation_lines", []);
		const securing = room.secure(order);
		await room.untilWaiting();

		await become("RESERVED");
		await stranger.letGo();
		await securing;

		expect(await room.state(order)).toBe("SECURED");
		expect(await room.types(order)).toEqual(["StockReserved"]);
	});

	test("takes again what was reserved before prices were written down, whatever it costs now", async () => {
		const [lamp] = await room.products(5);
		const order = await room.given("EXPIRED", [lamp, 2]);
		await room.look("UPDATE catalog.reservation_lines SET unit_price = NULL WHERE order_id = $1", [order.id]);
		await room.change(lamp, { price: 1 });

		await room.secure(order);

		expect(await room.state(order)).toBe("SECURED");
	});

	// Lines are judged in the order of their products: the one that is refused comes first or last.
	test.each([
		["the first product was bought by others", 0, "OUT_OF_STOCK", {}, -4],
		["the last product was bought by others", 1, "OUT_OF_STOCK", {}, -4],
		["a product costs less now", 0, "PRICE_CHANGED", { price: 1_998 }, 0],
		["a product costs more now", 1, "PRICE_CHANGED", { price: 2_000 }, 0],
		["a product was withdrawn", 0, "PRODUCT_UNAVAILABLE", { active: false }, 0],
		[
			"one was withdrawn that also costs less and was bought",
			1,
			"PRODUCT_UNAVAILABLE",
			{ active: false, price: 1 },
			-4,
		],
		["one costs less that also was bought", 0, "PRICE_CHANGED", { price: 1 }, -4],
	])(
		"takes nothing of what has expired when %s, and all when it is as it was",
		async (_what, nth, reason, change, delta) => {
			const products = await room.products(5, 5);
			const order = await room.given("EXPIRED", [products[0], 2], [products[1], 2]);
			const refused = products[nth]!;
			await room.change(refused, change);
			await room.adjust(refused, delta);

			await expect(room.secure(order)).rejects.toMatchObject({
				code: 409,
				type: reason,
				message: `Nothing was reserved because of product ${refused.id}: ${reason}`,
				data: { productId: refused.id },
			});

			expect(await room.state(order)).toBe("EXPIRED");
			for (const product of products) expect(await room.stock(product)).toMatchObject({ reserved: 0 });
			expect(await room.types(order)).toEqual(["StockReserved", "StockReleased"]);

			await room.change(refused, { active: true, price: refused.price });
			await room.adjust(refused, -delta);
			await room.secure(order);

			for (const product of products) expect(await room.stock(product)).toMatchObject({ reserved: 2 });
		},
	);

	test("is done where it is sold already", async () => {
		const [lamp] = await room.products(5);
		const order = await room.given("SOLD", [lamp, 2]);

		await room.secure(order);

		expect(await room.state(order)).toBe("SOLD");
		expect(await room.stock(lamp)).toEqual({ onHand: 3, reserved: 0, sold: 2 });
		expect(await room.types(order)).toEqual(["StockReserved"]);
	});

	test.each(["RELEASED", "RESTOCKED"] as const)("is refused for good where it is %s", async (state) => {
		const [lamp] = await room.products(5);
		const order = await room.given(state, [lamp, 2]);

		await expect(room.secure(order)).rejects.toMatchObject({
			code: 409,
			type: "OUT_OF_STOCK",
			data: { orderId: order.id },
		});

		expect(await room.state(order)).toBe(state);
		expect(await room.stock(lamp)).toEqual({ onHand: 5, reserved: 0, sold: 0 });
	});

	test("is refused where nothing was ever reserved", async () => {
		await expect(room.secure(room.order())).rejects.toMatchObject({ code: 409, type: "OUT_OF_STOCK" });
	});
});

describe("a confirmed order", () => {
	test("takes what was reserved from the shelf, once", async () => {
		const [lamp, desk] = await room.products(5, 1);
		const order = await room.given("SECURED", [lamp, 2], [desk, 1]);

		expect(await room.confirmed(order)).toMatchObject(DONE);
		expect(await room.confirmed(order)).toMatchObject(DONE);

		expect(await room.state(order)).toBe("SOLD");
		expect(await room.stock(lamp)).toEqual({ onHand: 3, reserved: 0, sold: 2 });
		expect(await room.stock(desk)).toEqual({ onHand: 0, reserved: 0, sold: 1 });
		expect(await room.movements(lamp)).toEqual([
			["RESERVED", 0, 2],
			["SOLD", -2, -2],
		]);
		expect(await room.types(order)).toEqual(["StockReserved"]);
	});

	test.each(["RELEASED", "RESTOCKED"] as const)("has nothing to take where it is %s", async (state) => {
		const [lamp] = await room.products(5);
		const order = await room.given(state, [lamp, 2]);

		expect(await room.confirmed(order)).toMatchObject(DONE);

		expect(await room.state(order)).toBe(state);
		expect(await room.stock(lamp)).toEqual({ onHand: 5, reserved: 0, sold: 0 });
	});

	test("is told again later where nothing was ever reserved for it", async () => {
		const order = room.order([{ id: randomUUID(), price: 1 }, 1]);

		expect(await room.confirmed(order)).toMatchObject({
			verdict: {
				kind: "retry",
				failure: {
					code: "UNKNOWN_AGGREGATE",
					message: `OrderConfirmed tells of the order ${order.id}, of which nothing is known here`,
				},
			},
		});
	});
});

describe("a cancelled order", () => {
	const releasedOf = (order: Order, { eventId }: Told): object => ({
		type: "StockReleased",
		correlationId: order.id,
		causationId: eventId,
		data: {
			orderId: order.id,
			cartId: order.cartId,
			items: order.lines.map(([{ id: productId }, quantity]) => ({ productId, quantity })),
			reason: "ORDER_CANCELLED",
		},
	});

	test("puts back on the shelf what was sold, and tells of it; what the customer said is written down", async () => {
		const [lamp, desk] = await room.products(5, 1);
		const order = await room.given("SOLD", [lamp, 2], [desk, 1]);

		const told = await room.cancelled(order, "too bright");

		expect(told).toMatchObject(DONE);
		expect(await room.state(order)).toBe("RESTOCKED");
		expect(await room.stock(lamp)).toEqual({ onHand: 5, reserved: 0, sold: 0 });
		expect(await room.stock(desk)).toEqual({ onHand: 1, reserved: 0, sold: 0 });
		expect((await room.movements(lamp)).at(-1)).toEqual(["RESTOCKED", 2, 0]);
		expect(await room.lastReason(lamp)).toBe("too bright");
		expect((await room.facts(order))[1]).toEqual(releasedOf(order, told));
	});

	test("gives back what is reserved where the confirmation has not come yet, which then sells nothing", async () => {
		const [lamp] = await room.products(5);
		const order = await room.given("SECURED", [lamp, 2]);

		const told = await room.cancelled(order);
		await room.confirmed(order);

		expect(await room.state(order)).toBe("RELEASED");
		expect(await room.stock(lamp)).toEqual({ onHand: 5, reserved: 0, sold: 0 });
		expect((await room.movements(lamp)).at(-1)).toEqual(["RELEASED", 0, -2]);
		expect(await room.lastReason(lamp)).toBe("CUSTOMER");
		expect((await room.facts(order)).slice(1)).toEqual([releasedOf(order, told)]);
	});

	test.each(["EXPIRED", "RELEASED", "RESTOCKED"] as const)("gives back nothing where it is %s", async (state) => {
		const [lamp] = await room.products(5);
		const order = await room.given(state, [lamp, 2]);
		const before = await room.facts(order);

		expect(await room.cancelled(order)).toMatchObject(DONE);

		expect(await room.state(order)).toBe(state === "RESTOCKED" ? "RESTOCKED" : "RELEASED");
		expect(await room.stock(lamp)).toEqual({ onHand: 5, reserved: 0, sold: 0 });
		expect(await room.facts(order)).toEqual(before);
	});

	test.each([
		[1, 1],
		[0, 0],
		[2, 2],
		[3, 2],
	])("puts back no more than a shelf can count: with room for %i more, %i of 2", async (space, fitting) => {
		const [lamp] = await room.products(5);
		const order = await room.given("SOLD", [lamp, 2]);
		await room.adjust(lamp, ON_HAND_MAX - space - 3);

		const told = await room.cancelled(order);

		expect(told).toMatchObject(DONE);
		expect(await room.state(order)).toBe("RESTOCKED");
		expect(await room.stock(lamp)).toEqual({ onHand: ON_HAND_MAX - space + fitting, reserved: 0, sold: 0 });
		expect((await room.movements(lamp)).at(-1)).toEqual(["RESTOCKED", fitting, 0]);
		expect((await room.facts(order))[1]).toEqual(releasedOf(order, told));
	});

	test("is told again later where nothing was ever reserved for it", async () => {
		const order = room.order([{ id: randomUUID(), price: 1 }, 1]);

		expect(await room.cancelled(order)).toMatchObject({
			verdict: {
				kind: "retry",
				failure: {
					code: "UNKNOWN_AGGREGATE",
					message: `OrderCancelled tells of the order ${order.id}, of which nothing is known here`,
				},
			},
		});
	});
});
