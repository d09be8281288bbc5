import { until } from "../support/until";
import { fakeIntervals } from "./intervals";
import { openStoreroom, type Storeroom } from "./stock.stage";

const ORDER_LOCK = "SELECT FROM catalog.reservations WHERE order_id = $1 FOR UPDATE";
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

describe("an undo", () => {
	test("gives back what is reserved, and tells of it", async () => {
		const [lamp, desk] = await room.products(5, 5);
		const order = await room.given("RESERVED", [desk, 1], [lamp, 2]);

		await room.undo(order);

		expect(await room.state(order)).toBe("RELEASED");
		expect(await room.stock(lamp)).toEqual({ onHand: 5, reserved: 0, sold: 0 });
		expect(await room.movements(lamp)).toEqual([
			["RESERVED", 0, 2],
			["RELEASED", 0, -2],
		]);
		expect(await room.lastReason(lamp)).toBe("ORDER_FAILED");
		const items = [
			{ productId: lamp.id, quantity: 2 },
			{ productId: desk.id, quantity: 1 },
		];
		expect((await room.facts(order))[1]).toEqual({
			type: "StockReleased",
			correlationId: order.id,
			causationId: order.operations.undo.operationId,
			data: { orderId: order.id, cartId: order.cartId, items, reason: "ORDER_FAILED" },
		});
	});

	test.each([
		["SECURED", "RELEASED"],
		["SOLD", "RESTOCKED"],
	] as const)("gives back what is %s, which is %s then", async (state, then) => {
		const [lamp] = await room.products(5);
		const order = await room.given(state, [lamp, 2]);

		await room.undo(order);

		expect(await room.state(order)).toBe(then);
		expect(await room.stock(lamp)).toEqual({ onHand: 5, reserved: 0, sold: 0 });
	});

	test("that is repeated gives back and tells nothing new", async () => {
		const [lamp] = await room.products(5);
		const order = await room.given("RELEASED", [lamp, 2]);

		await room.undo(order);

		expect(await room.stock(lamp)).toEqual({ onHand: 5, reserved: 0, sold: 0 });
		expect(await room.types(order)).toEqual(["StockReserved", "StockReleased"]);
	});

	test("of what has expired gives back nothing and tells nothing, and it can't be had again", async () => {
		const [lamp] = await room.products(5);
		const order = await room.given("EXPIRED", [lamp, 2]);

		await room.undo(order);

		expect(await room.state(order)).toBe("RELEASED");
		expect(await room.stock(lamp)).toEqual({ onHand: 5, reserved: 0, sold: 0 });
		expect(await room.types(order)).toEqual(["StockReserved", "StockReleased"]);
		await expect(room.secure(order)).rejects.toMatchObject({ type: "OUT_OF_STOCK" });
	});

	test("of what a cancellation has given back gives back nothing and tells nothing", async () => {
		const [lamp] = await room.products(5);
		const order = await room.given("RESERVED", [lamp, 2]);
		await room.cancelled(order);

		await room.undo(order);

		expect(await room.stock(lamp)).toEqual({ onHand: 5, reserved: 0, sold: 0 });
		expect(await room.types(order)).toEqual(["StockReserved", "StockReleased"]);
	});

	test("that comes before its reservation has nothing to give back, and lets it be refused when it arrives", async () => {
		const [lamp] = await room.products(5);
		const order = room.order([lamp, 2]);

		await room.undo(order);
		const late = room.reserve(order);

		await expect(late).rejects.toMatchObject({ code: 409, type: "SAGA_STEP_UNDONE" });
		expect(await room.state(order)).toBeUndefined();
		expect(await room.stock(lamp)).toEqual({ onHand: 5, reserved: 0, sold: 0 });
		expect(await room.types(order)).toEqual([]);
	});

	test("is not undone by a late repetition of the reservation", async () => {
		const [lamp] = await room.products(5);
		const order = await room.given("RELEASED", [lamp, 2]);

		await expect(room.reserve(order)).rejects.toMatchObject({ code: 409, type: "SAGA_STEP_UNDONE" });

		expect(await room.state(order)).toBe("RELEASED");
		expect(await room.stock(lamp)).toEqual({ onHand: 5, reserved: 0, sold: 0 });
	});
});

describe("a reservation whose time is over", () => {
	test("is given back by the sweep, and that is told", async () => {
		const [lamp, desk] = await room.products(5, 5);
		const order = await room.given("RESERVED", [desk, 1], [lamp, 2]);
		await room.overdue(order);
		const log = jest.spyOn(room.service.logger, "info");

		expect(await room.sweep()).toBe(1);

		expect(log.mock.calls).toEqual([[`The reservation of order ${order.id} has expired`]]);
		log.mockRestore();
		expect(await room.state(order)).toBe("EXPIRED");
		expect(await room.stock(lamp)).toEqual({ onHand: 5, reserved: 0, sold: 0 });
		expect(await room.movements(lamp)).toEqual([
			["RESERVED", 0, 2],
			["EXPIRED", 0, -2],
		]);
		expect(await room.lastReason(lamp)).toBe("EXPIRED");
		const items = [
			{ productId: lamp.id, quantity: 2 },
			{ productId: desk.id, quantity: 1 },
		];
		expect((await room.facts(order))[1]).toEqual({
			type: "StockReleased",
			correlationId: order.id,
			causationId: order.id,
			data: { orderId: order.id, cartId: order.cartId, items, reason: "EXPIRED" },
		});
	});

	test("is given back once", async () => {
		const [lamp] = await room.products(5);
		const order = await room.given("EXPIRED", [lamp, 2]);

		expect(await room.sweep()).toBe(0);

		expect(await room.types(order)).toEqual(["StockReserved", "StockReleased"]);
	});

	test("is given back within a second, by a sweep that nobody asks for", async () => {
		const [lamp] = await room.products(5);
		const order = await room.given("RESERVED", [lamp, 2]);
		await room.overdue(order);

		jest.advanceTimersByTime(1_000);

		await until(async () => (await room.state(order)) === "EXPIRED", { what: "the reservation to expire" });
		expect(await room.stock(lamp)).toEqual({ onHand: 5, reserved: 0, sold: 0 });
	});

	test("is none as long as it has time, or was secured, and the sweep leaves it", async () => {
		const [lamp] = await room.products(5);
		const [young, secured] = [await room.given("RESERVED", [lamp, 1]), await room.given("SECURED", [lamp, 2])];

		expect(await room.sweep()).toBe(0);

		expect([await room.state(young), await room.state(secured)]).toEqual(["RESERVED", "SECURED"]);
		expect(await room.stock(lamp)).toMatchObject({ reserved: 3 });
	});

	test("is left while somebody is at work on its order", async () => {
		const [lamp] = await room.products(5);
		const [busy, idle] = [await room.given("RESERVED", [lamp, 1]), await room.given("RESERVED", [lamp, 1])];
		await room.overdue(busy, 2);
		await room.overdue(idle);
		await using stranger = await room.holding(ORDER_LOCK, [busy.id]);

		expect(await room.sweep()).toBe(1);

		expect([await room.state(busy), await room.state(idle)]).toEqual(["RESERVED", "EXPIRED"]);
		await stranger.letGo();
		expect(await room.sweep()).toBe(1);
	});

	test("is left where somebody has its stock locked, holds up nobody behind it, and fifty are enough at once", async () => {
		const [hot, lamp] = await room.products(5, 51);
		const held = await room.given("RESERVED", [hot, 1]);
		const others = await Promise.all(Array.from({ length: 50 }, () => room.given("RESERVED", [lamp, 1])));
		await Promise.all([held, ...others].map((order, index) => room.overdue(order, 60 - index)));
		await using stranger = await room.holding(STOCK_LOCK, [hot.id]);

		expect(await room.sweep()).toBe(49);

		expect(await Promise.all(others.map((order) => room.state(order)))).toEqual([
			...Array.from({ length: 49 }, () => "EXPIRED"),
			"RESERVED",
		]);
		expect(await room.state(held)).toBe("RESERVED");
		await stranger.letGo();
		expect(await room.sweep()).toBe(2);
	});

	test("is not given back without being told of, and is the next time", async () => {
		const [lamp] = await room.products(5);
		const order = await room.given("RESERVED", [lamp, 2]);
		await room.overdue(order);
		const publishing = jest.spyOn(room.service, "publish").mockRejectedValueOnce(new Error("the pen broke"));

		await expect(room.sweep()).rejects.toThrow("the pen broke");
		publishing.mockRestore();

		expect(await room.state(order)).toBe("RESERVED");
		expect(await room.sweep()).toBe(1);
	});

	test("waits no longer than a moment for its stock", async () => {
		const [lamp] = await room.products(5);
		const order = await room.given("RESERVED", [lamp, 2]);
		await room.overdue(order);

		expect(await room.lockWaitIn(() => room.sweep())).toBe("100ms");
	});
});
