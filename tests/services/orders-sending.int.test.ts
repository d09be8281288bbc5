import { randomUUID } from "node:crypto";
import { ADMIN, openDesk, type Desk } from "./orders.stage";

let desk: Desk;

beforeAll(async () => {
	desk = await openDesk();
});
afterAll(() => desk[Symbol.asyncDispose]());

describe.each([
	["ship", "CONFIRMED", "SHIPPED", "OrderShipped"],
	["deliver", "SHIPPED", "DELIVERED", "OrderDelivered"],
] as const)("%s", (action, from, to, type) => {
	test(`makes what is ${from} ${to}, tells the others, and those who follow it`, async () => {
		const order = await desk.given(from);
		const before = await desk.view(order);

		const moved = await desk.call(action, { id: order.id }, ADMIN, "request-8");

		expect(moved).toEqual({
			...before,
			status: to,
			version: before.version + 1,
			history: [...before.history, { status: to, at: expect.any(String), note: null }],
			updatedAt: expect.any(Date),
		});
		expect(await desk.view(order)).toEqual(moved);
		expect((await desk.told(order)).at(-1)).toEqual(moved);
		expect((await desk.facts(order)).at(-1)).toEqual({
			type,
			correlationId: order.id,
			causationId: "request-8",
			data: { orderId: order.id, userId: order.userId },
		});
	});

	test.each(
		(["PENDING", "CONFIRMED", "COMPENSATED", "CANCELLED", "SHIPPED", "DELIVERED"] as const).filter(
			(status) => status !== from,
		),
	)("is refused for what is %s", async (status) => {
		const order = await desk.given(status);
		const facts = await desk.facts(order);

		await expect(desk.call(action, { id: order.id })).rejects.toMatchObject({
			code: 409,
			type: "CONFLICT",
			message: `Order ${order.id} is ${status} and can't become ${to}`,
			data: { orderId: order.id, status },
		});

		expect(await desk.view(order)).toMatchObject({ status });
		expect(await desk.facts(order)).toEqual(facts);
	});

	test("says which order it is about, which others may hold", async () => {
		const order = await desk.given(from);

		expect(await desk.aboutWhat(() => desk.call(action, { id: order.id }))).toEqual([order.id]);
	});

	test("finds nothing where there is no order", async () => {
		const id = randomUUID();

		await expect(desk.call(action, { id })).rejects.toMatchObject({ code: 404, type: "NOT_FOUND", data: { id } });
	});
});

test("what becomes CONFIRMED just then is shipped", async () => {
	const order = await desk.given("PAYMENT_PROCESSED");

	const shipped = await desk.whileItBecomes("CONFIRMED", order, () => desk.call("ship", { id: order.id }));

	expect(shipped).toMatchObject({ id: order.id, status: "SHIPPED" });
});
