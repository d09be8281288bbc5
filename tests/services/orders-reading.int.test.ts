import { randomUUID } from "node:crypto";
import type { OrderView } from "../../services/orders/orders.view";
import { ADDRESS, isAway } from "./orders-stand-ins.stage";
import { ADMIN, openDesk, ownerOf, somebody, type Desk } from "./orders.stage";

let desk: Desk;

beforeAll(async () => {
	desk = await openDesk();
});
afterAll(() => desk[Symbol.asyncDispose]());

const unknown = (id: string): object => ({ code: 404, type: "NOT_FOUND", data: { id } });

describe("an order", () => {
	test("is read by its owner and by administrators", async () => {
		const order = await desk.given("CONFIRMED");

		const read = await desk.call("get", { id: order.id }, ownerOf(order));

		const { currency, ...bought } = order;
		const money = (amount: number) => ({ amount, currency });
		expect(read).toMatchObject({
			...bought,
			items: [
				{ ...order.items[0], unitPrice: money(1_250), lineTotal: money(2_500) },
				{ ...order.items[1], unitPrice: money(4_900), lineTotal: money(4_900) },
			],
			total: money(7_400),
			status: "CONFIRMED",
			paymentStatus: "CAPTURED",
			failureReason: null,
		});
		expect(await desk.call("get", { id: order.id.toUpperCase() }, ADMIN)).toEqual(read);
		expect(desk.questions(order)).toEqual([]);
	});

	test("is there for moleculer-db as well, as its table has it", async () => {
		const order = await desk.given("CONFIRMED");

		const { adapter } = desk.service;
		const found = adapter.entityToObject(await adapter.findById(order.id));

		const view = { status: "CONFIRMED", paymentStatus: "CAPTURED", failureReason: null, shippingAddress: ADDRESS };
		expect(found).toMatchObject({ ...order, ...view, version: 5 });
	});

	test("is nobody else's business, and not even there for them", async () => {
		const order = await desk.given("CONFIRMED");

		await expect(desk.call("get", { id: order.id }, somebody())).rejects.toMatchObject(unknown(order.id));
	});

	test.each([
		["customer", somebody()],
		["administrator", ADMIN],
	])("that nobody has ever made is not there, also for a %s", async (_who, caller) => {
		const order = desk.accepted();

		await expect(desk.call("get", { id: order.id }, caller)).rejects.toMatchObject(unknown(order.id));

		expect(desk.questions(order)).toEqual(["cart.acceptedOrder"]);
	});
});

describe("an order that orders has not heard of yet", () => {
	const asAccepted = (order: { id: string; userId: string }) => ({ ...order, status: "PENDING", version: 0 });

	test("is read as the cart has accepted it, by those who may", async () => {
		const order = desk.accepted();
		const accepted = asAccepted(order);
		desk.answers(order, { "cart.acceptedOrder": [() => accepted] });

		expect(await desk.view(order)).toEqual(accepted);
		expect(await desk.call("get", { id: order.id }, ADMIN)).toEqual(accepted);
		await expect(desk.call("get", { id: order.id }, somebody())).rejects.toMatchObject(unknown(order.id));
		expect(desk.asked(order)[0]!.params).toEqual({ orderId: order.id });
	});

	test("is read as it is here when its event has come while the cart was asked", async () => {
		const order = desk.accepted({ "products.reserve": [isAway] });
		const arrives = async (): Promise<object> => {
			await desk.starts(order);
			return asAccepted(order);
		};
		desk.answers(order, { "cart.acceptedOrder": [arrives] });

		expect(await desk.view(order)).toMatchObject({ status: "PENDING", version: 1 });
	});
});

describe("many orders", () => {
	test("are found by their ids, in whatever case, with nothing where there is none", async () => {
		const [lamp, rug] = [await desk.given("CONFIRMED"), await desk.given("COMPENSATED")];
		const ids = [rug.id, randomUUID(), lamp.id.toUpperCase(), rug.id];

		const found = await desk.call<(OrderView | null)[]>("resolve", { ids });

		const [rugView, lampView] = [await desk.view(rug), await desk.view(lamp)];
		expect(found).toEqual([rugView, null, lampView, rugView]);
	});

	test("are found by none of their ids where nobody asks", async () => {
		expect(await desk.call("resolve", { ids: [] })).toEqual([]);
	});
});

describe("a list", () => {
	type List = { items: OrderView[]; totalItems: number };
	const idsOf = ({ items }: List): string[] => items.map(({ id }) => id);
	const list = (params: object, caller = ADMIN) => desk.call<List>("list", params, caller);

	/** Three orders of one customer, the newest first. */
	async function threeOf(userId: string): Promise<string[]> {
		const ids: string[] = [];
		for (const status of ["CONFIRMED", "COMPENSATED", "CONFIRMED"] as const) {
			const { id } = await desk.given(status);
			await desk.look("UPDATE orders.orders SET user_id = $2 WHERE id = $1", [id, userId]);
			ids.unshift(id);
		}
		return ids;
	}

	test("shows customers their own orders, the newest first, and how many there are", async () => {
		const ada = somebody();
		const ids = await threeOf(ada.id);

		const { items, totalItems } = await list({}, ada);

		expect(items.map(({ id }) => id)).toEqual(ids);
		expect(totalItems).toBe(3);
		expect(items).toEqual(await desk.call("resolve", { ids }));
	});

	test("shows a page of them, and counts all", async () => {
		const ada = somebody();
		const ids = await threeOf(ada.id);

		const page = await list({ skip: "1", take: "1" }, ada);

		expect(idsOf(page)).toEqual([ids[1]]);
		expect(page.totalItems).toBe(3);
	});

	test("shows those in one state, and counts them alone", async () => {
		const ada = somebody();
		const ids = await threeOf(ada.id);

		const confirmed = await list({ status: "CONFIRMED" }, ada);

		expect(idsOf(confirmed)).toEqual([ids[0], ids[2]]);
		expect(confirmed.totalItems).toBe(2);
		expect(await list({ status: "SHIPPED" }, ada)).toEqual({ items: [], totalItems: 0 });
	});

	test("shows administrators everybody's, and their own where they ask for these", async () => {
		const grace = { id: randomUUID(), role: "ADMIN" };
		const [theirs] = await threeOf(somebody().id);
		const ids = await threeOf(grace.id);
		const [counted] = await desk.look<{ all: number }>("SELECT count(*) AS all FROM orders.orders");

		const everybodys = await list({ take: 1_000 }, grace);

		expect(idsOf(everybodys)).toEqual(expect.arrayContaining([theirs, ...ids]));
		expect(everybodys.totalItems).toBe(counted!.all);
		expect(idsOf(await list({ mine: "true" }, grace))).toEqual(ids);
		expect(idsOf(await list({ mine: false, status: "CONFIRMED", take: 2 }, grace))).toEqual([ids[0], ids[2]]);
	});

	test("shows customers nobody else's, whatever they ask for", async () => {
		const ada = somebody();
		await threeOf(somebody().id);

		expect(await list({ mine: false }, ada)).toEqual({ items: [], totalItems: 0 });
	});

	test("shows twenty where nothing else is asked for, and a hundred at most", async () => {
		const ada = somebody();
		await desk.look(
			`INSERT INTO orders.orders (id, number, user_id, cart_id, status, items, total, currency)
			SELECT gen_random_uuid(), $1 || nth, $1::uuid, $1::uuid, 'PENDING', '[]', 0, 'USD' FROM generate_series(1, 101) nth`,
			[ada.id],
		);

		expect((await list({}, ada)).items).toHaveLength(20);
		const { items, totalItems } = await list({ take: 1_000 }, ada);
		expect(items).toHaveLength(100);
		expect(totalItems).toBe(101);
	});
});
