import { randomUUID } from "node:crypto";
import { sql } from "../../mixins/database/statement";
import { fakeIntervals } from "./intervals";
import { openStoreroom, type Line, type Order, type Storeroom } from "./stock.stage";

/** The shop's own: a quarter of an hour. */
const TTL_MS = 900_000;

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

const clock = async (): Promise<number> => (await room.look<{ at: Date }>("SELECT now() AS at"))[0]!.at.getTime();

/** What was reserved of each product, and what the shopper saw it cost. */
const linesOf = ({ id }: Order): Promise<object[]> =>
	room.look(
		`SELECT product_id AS "productId", quantity, unit_price AS "unitPrice" FROM catalog.reservation_lines
		WHERE order_id = $1 ORDER BY product_id`,
		[id],
	);

describe("a reservation", () => {
	test("holds what an order wants for a quarter of an hour, and tells of it", async () => {
		const [lamp, desk] = await room.products(5, 3);
		const order = room.order([desk, 1], [lamp, 2]);

		const before = await clock();
		const { expiresAt } = await room.reserve(order, {}, "a request");
		const after = await clock();

		expect(expiresAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
		expect(Date.parse(expiresAt)).toBeGreaterThanOrEqual(before + TTL_MS);
		expect(Date.parse(expiresAt)).toBeLessThanOrEqual(after + TTL_MS);
		expect(await room.state(order)).toBe("RESERVED");
		expect(await linesOf(order)).toEqual([
			{ productId: lamp.id, quantity: 2, unitPrice: 1_999 },
			{ productId: desk.id, quantity: 1, unitPrice: 1_999 },
		]);
		expect(await room.stock(lamp)).toEqual({ onHand: 5, reserved: 2, sold: 0 });
		expect(await room.movements(desk)).toEqual([["RESERVED", 0, 1]]);
		const items = [
			{ productId: desk.id, quantity: 1 },
			{ productId: lamp.id, quantity: 2 },
		];
		expect(await room.facts(order)).toEqual([
			{
				type: "StockReserved",
				correlationId: "a request",
				causationId: order.operations.reserve.operationId,
				data: { orderId: order.id, cartId: order.cartId, items, expiresAt },
			},
		]);
	});

	test("that is repeated gets the same answer, and reserves and tells nothing new", async () => {
		const [lamp] = await room.products(5);
		const order = room.order([lamp, 2]);

		const answers = [await room.reserve(order), await room.reserve(order)];
		answers.push(...(await Promise.all([room.reserve(order), room.reserve(order)])));

		expect(new Set(answers.map(({ expiresAt }) => expiresAt)).size).toBe(1);
		expect(await room.stock(lamp)).toMatchObject({ reserved: 2 });
		expect(await room.types(order)).toEqual(["StockReserved"]);
	});

	test("of a node of before, which does not say the currency, is in the shop's", async () => {
		const [lamp] = await room.products(5);
		const order = room.order([lamp, 2]);

		await room.reserve(order, { currency: undefined });

		expect(await room.state(order)).toBe("RESERVED");
	});

	test("takes the last of it, and of all who want that at once one", async () => {
		const [lamp] = await room.products(5);
		const orders = Array.from({ length: 6 }, () => room.order([lamp, 3]));

		const answers = await Promise.allSettled(orders.map((order) => room.reserve(order)));
		await room.reserve(room.order([lamp, 2]));

		expect(answers.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
		expect(await room.stock(lamp)).toEqual({ onHand: 5, reserved: 5, sold: 0 });
	});
});

describe("a product on two lines", () => {
	test("counts as one", async () => {
		const [lamp, desk] = await room.products(5, 5);
		const order = room.order([lamp, 2], [desk, 1], [lamp, 2]);

		await room.reserve(order);

		expect(await room.stock(lamp)).toMatchObject({ reserved: 4 });
		expect(await linesOf(order)).toEqual([
			{ productId: lamp.id, quantity: 4, unitPrice: 1_999 },
			{ productId: desk.id, quantity: 1, unitPrice: 1_999 },
		]);
		expect((await room.facts(order))[0]!.data).toMatchObject({
			items: [
				{ productId: lamp.id, quantity: 4 },
				{ productId: desk.id, quantity: 1 },
			],
		});
	});

	test("is refused where there is less than both want", async () => {
		const [lamp] = await room.products(5);
		const order = room.order([lamp, 3], [lamp, 3]);

		await expect(room.reserve(order)).rejects.toMatchObject({ type: "OUT_OF_STOCK" });

		expect(await room.stock(lamp)).toEqual({ onHand: 5, reserved: 0, sold: 0 });
	});
});

describe("nothing is reserved of any line", () => {
	async function expectNothing(order: Order): Promise<void> {
		for (const [product] of order.lines) {
			expect(await room.stock(product)).toMatchObject({ reserved: 0 });
			expect(await room.movements(product)).toEqual([]);
		}
		expect(await room.state(order)).toBeUndefined();
		expect(await room.types(order)).toEqual([]);
	}

	// Lines are judged in the order of their products: the one that is refused comes first or last.
	test.each([
		["there is too little of the first product", 0, "OUT_OF_STOCK", {}, 6],
		["there is too little of the last product", 1, "OUT_OF_STOCK", {}, 6],
		["a product costs less now", 0, "PRICE_CHANGED", { price: 1_998 }, 2],
		["a product costs more now", 1, "PRICE_CHANGED", { price: 2_000 }, 2],
		["a product was withdrawn", 0, "PRODUCT_UNAVAILABLE", { active: false }, 2],
		[
			"one was withdrawn that also costs less and is too little",
			1,
			"PRODUCT_UNAVAILABLE",
			{ active: false, price: 1 },
			6,
		],
		["one costs less that also is too little", 0, "PRICE_CHANGED", { price: 1 }, 6],
	])("when %s", async (_what, nth, reason, change, quantity) => {
		const products = await room.products(5, 5);
		const refused = products[nth]!;
		const order = room.order([products[0], 1], [products[1], 1]);
		order.lines[nth]![1] = quantity;
		await room.change(refused, change);

		await expect(room.reserve(order)).rejects.toMatchObject({
			code: 409,
			type: reason,
			message: `Nothing was reserved because of product ${refused.id}: ${reason}`,
			data: { productId: refused.id },
		});

		await expectNothing(order);
	});

	test("when there never was such a product", async () => {
		const [lamp] = await room.products(5);
		const order = room.order([lamp, 1]);
		const unknown = randomUUID();
		const items = [lamp.id, unknown].map((productId) => ({ productId, quantity: 1, unitPrice: 1_999 }));

		await expect(room.reserve(order, { items })).rejects.toMatchObject({
			code: 409,
			type: "PRODUCT_UNAVAILABLE",
			data: { productId: unknown },
		});

		await expectNothing(order);
	});

	test("when its prices are in another currency than the shop's", async () => {
		const [lamp] = await room.products(5);
		const order = room.order([lamp, 1]);

		await expect(room.reserve(order, { currency: "EUR" })).rejects.toMatchObject({
			code: 409,
			type: "CURRENCY_MISMATCH",
			message: `Order ${order.id} is in EUR, and not in USD`,
			data: { currency: "EUR", wanted: "USD" },
		});

		await expectNothing(order);
	});

	test("when it was refused, and can be had afterwards", async () => {
		const [lamp] = await room.products(1);
		const order = room.order([lamp, 2]);
		await expect(room.reserve(order)).rejects.toMatchObject({ type: "OUT_OF_STOCK" });
		await expectNothing(order);

		await room.adjust(lamp, 1);
		await room.reserve(order);

		expect(await room.stock(lamp)).toEqual({ onHand: 2, reserved: 2, sold: 0 });
	});
});

describe("where stock is locked", () => {
	const LOCK = "SELECT FROM catalog.stock WHERE product_id = $1 FOR UPDATE";
	const WORK: [what: string, given: (...lines: Line[]) => Promise<Order>, work: (order: Order) => Promise<unknown>][] =
		[
			["a reservation", async (...lines) => room.order(...lines), (order) => room.reserve(order)],
			["an undo", (...lines) => room.given("RESERVED", ...lines), (order) => room.undo(order)],
			["securing what has expired", (...lines) => room.given("EXPIRED", ...lines), (order) => room.secure(order)],
		];

	test.each(WORK)("%s waits for all who want one of its products", async (_what, given, work) => {
		const [lamp, desk] = await room.products(5, 5);
		const order = await given([lamp, 1], [desk, 1]);
		await using stranger = await room.holding(LOCK, [desk.id]);
		// From then on one at a time looks whether it is free, for all who want it or something else of the same order.
		const about = [desk.id];
		const inVain = room.db.transaction((tx) => tx.query(sql("", LOCK), about), { about, lockWaitMs: 10 });
		await expect(inVain).rejects.toMatchObject({ code: "55P03" });

		const working = work(order);
		await room.untilWaiting();
		const begun: string[] = [];
		const others = [lamp, desk].map(({ id }) => room.db.transaction(async () => void begun.push(id), { about: [id] }));
		// Long enough for a transaction that waits for nobody.
		for (let count = 0; count < 5; count++) await room.look("SELECT");
		const meanwhile = [...begun];
		await stranger.letGo();
		await Promise.all([working, ...others]);

		expect(meanwhile).toEqual([]);
		expect(begun).toHaveLength(2);
	});

	test.each(WORK)("%s waits a little longer than it takes to find a deadlock", async (_what, given, work) => {
		const [lamp] = await room.products(5);
		const order = await given([lamp, 1]);

		expect(await room.lockWaitIn(() => work(order))).toBe("1200ms");
	});
});
