import { randomUUID } from "node:crypto";
import type { OrderStatus } from "../../services/orders/orders.model";
import type { NewOrder } from "../../services/orders/orders.table";
import { fails, held } from "./orders-stand-ins.stage";
import { ADMIN, openDesk, ownerOf, somebody, type Desk } from "./orders.stage";

let desk: Desk;

beforeAll(async () => {
	desk = await openDesk();
});
afterAll(() => desk[Symbol.asyncDispose]());

const cancel = (order: NewOrder, params: object = {}, caller = ownerOf(order), requestId?: string) =>
	desk.call("cancel", { id: order.id, ...params }, caller, requestId);

const notCancellable = ({ id: orderId }: NewOrder, status: string): object => {
	return { code: 409, type: "ORDER_NOT_CANCELLABLE", data: { orderId, status } };
};
const unknown = (id: string): object => ({ code: 404, type: "NOT_FOUND", data: { id } });

describe("a cancellation", () => {
	test("by the order's owner cancels it at once, and tells those who follow it", async () => {
		const order = await desk.given("CONFIRMED");
		const before = await desk.view(order);

		const cancelled = await cancel(order);

		expect(cancelled).toEqual({
			...before,
			status: "CANCELLED",
			version: 6,
			history: [...before.history, { status: "CANCELLED", at: expect.any(String), note: null }],
			updatedAt: expect.any(Date),
		});
		await desk.rest(order, "cancellation");
		expect((await desk.told(order)).slice(-2)).toEqual([cancelled, await desk.view(order)]);
	});

	test("by an administrator cancels it as well, and by nobody else", async () => {
		const order = await desk.given("CONFIRMED");

		await expect(cancel(order, {}, somebody())).rejects.toMatchObject(unknown(order.id));
		expect(await desk.view(order)).toMatchObject({ status: "CONFIRMED" });

		expect(await cancel(order, {}, ADMIN)).toMatchObject({ status: "CANCELLED" });
	});

	test.each([
		[{ reason: "  It is too big. " }, "It is too big.", "It is too big."],
		[{ reason: " " }, null, "CUSTOMER"],
		[{}, null, "CUSTOMER"],
	])("with %j has the note %j, and tells the others %j", async (params, note, reason) => {
		const order = await desk.given("CONFIRMED");

		const { history } = await cancel(order, params, ownerOf(order), "request-7");

		expect(history.at(-1)).toMatchObject({ status: "CANCELLED", note });
		const { id: orderId, userId, cartId, items } = order;
		expect((await desk.facts(order)).at(-1)).toEqual({
			type: "OrderCancelled",
			correlationId: orderId,
			causationId: "request-7",
			data: { orderId, userId, cartId, items, reason },
		});
	});

	test("that follows from no request is its own cause", async () => {
		const order = await desk.given("CONFIRMED");

		await cancel(order);

		expect((await desk.facts(order)).at(-1)).toMatchObject({
			type: "OrderCancelled",
			causationId: expect.stringMatching(/^[0-9a-f-]{36}$/),
		});
	});

	test.each<OrderStatus>([
		"PENDING",
		"CART_VALIDATED",
		"PAYMENT_PROCESSED",
		"FAILED",
		"COMPENSATED",
		"CANCELLED",
		"SHIPPED",
		"DELIVERED",
	])("of what is %s is refused", async (status) => {
		const order = await desk.given(status);
		const facts = await desk.facts(order);

		await expect(cancel(order)).rejects.toMatchObject(notCancellable(order, status));

		expect(await desk.view(order)).toMatchObject({ status });
		expect(await desk.facts(order)).toEqual(facts);
	});

	test("of what orders has not heard of yet is refused as PENDING", async () => {
		const order = desk.accepted();
		desk.answers(order, { "cart.acceptedOrder": [() => ({ ...order, status: "PENDING" })] });

		await expect(cancel(order)).rejects.toMatchObject(notCancellable(order, "PENDING"));
	});

	test("of what nobody knows finds nothing", async () => {
		const order = desk.accepted();

		await expect(cancel(order)).rejects.toMatchObject(unknown(order.id));
	});

	test("of what becomes CONFIRMED just then is not refused for what it was", async () => {
		const order = await desk.given("PAYMENT_PROCESSED");

		const cancelled = await desk.whileItBecomes("CONFIRMED", order, () => cancel(order));

		expect(cancelled).toMatchObject({ id: order.id, status: "CANCELLED", total: { amount: 7_400, currency: "USD" } });
	});
});

describe("a cancellation with a key", () => {
	test("is made once, and its repetitions get the order as it is by then", async () => {
		const order = await desk.given("CONFIRMED");
		const request = { reason: "It is too big.", idempotencyKey: randomUUID() };

		const first = await cancel(order, request);
		await desk.rest(order, "cancellation");
		const second = await cancel(order, request);

		expect(first).toMatchObject({ status: "CANCELLED", paymentStatus: "CAPTURED" });
		expect(second).toEqual({ ...first, paymentStatus: "REFUNDED", version: 7, updatedAt: expect.any(Date) });
		expect((await desk.facts(order)).map(({ type }) => type)).toEqual([
			"OrderPlaced",
			"OrderConfirmed",
			"OrderCancelled",
		]);
		const text = "SELECT scope, answer FROM orders.idempotency_keys WHERE key = $1";
		expect(await desk.look(text, [request.idempotencyKey])).toEqual([
			{ scope: `cancel/${order.userId}`, answer: { orderId: order.id } },
		]);
	});

	test.each([
		["another reason", { reason: "It is too small." }],
		["no reason", { reason: undefined }],
	])("is refused for %s", async (_what, other) => {
		const order = await desk.given("CONFIRMED");
		const request = { reason: "It is too big.", idempotencyKey: randomUUID() };
		await cancel(order, request);

		await expect(cancel(order, { ...request, ...other })).rejects.toMatchObject({
			code: 422,
			type: "IDEMPOTENCY_KEY_REUSED",
			data: { key: request.idempotencyKey },
		});
	});

	test("is refused for another order of the same customer, which stays as it is", async () => {
		const [first, second] = [await desk.given("CONFIRMED"), await desk.given("CONFIRMED")];
		const idempotencyKey = randomUUID();
		await cancel(first, { idempotencyKey }, ADMIN);

		await expect(cancel(second, { idempotencyKey }, ADMIN)).rejects.toMatchObject({ type: "IDEMPOTENCY_KEY_REUSED" });

		expect(await desk.view(second)).toMatchObject({ status: "CONFIRMED" });
	});

	test("is another one than somebody else's with the same key", async () => {
		const [first, second] = [await desk.given("CONFIRMED"), await desk.given("CONFIRMED")];
		const idempotencyKey = randomUUID();

		await cancel(first, { idempotencyKey });
		await cancel(second, { idempotencyKey });

		expect(await desk.view(second)).toMatchObject({ status: "CANCELLED" });
	});

	test("leaves the key free when it was refused", async () => {
		const reserve = held();
		const order = await desk.placed({ "products.reserve": [reserve.answer] });
		const idempotencyKey = randomUUID();
		await expect(cancel(order, { idempotencyKey })).rejects.toMatchObject(notCancellable(order, "PENDING"));
		reserve.comes();
		await desk.rest(order, "checkout");

		expect(await cancel(order, { idempotencyKey })).toMatchObject({ status: "CANCELLED" });
	});
});

describe("the money of a cancelled order", () => {
	test("is asked back of payments, as much as the order came to", async () => {
		const order = await desk.given("CONFIRMED");
		await cancel(order);

		const saga = await desk.rest(order, "cancellation");

		const { id: orderId, total: amount, currency } = order;
		const operation = { sagaId: saga.id, step: "refund", operationId: expect.any(String) };
		expect(desk.asked(order)).toEqual([
			{
				question: "payments.refund",
				params: { operation, orderId, amount, currency },
				requestId: orderId,
				patienceMs: 8_000,
			},
		]);
		expect(saga).toMatchObject({
			status: "COMPLETED",
			correlationId: orderId,
			data: { orderId, amount, currency, settled: "REFUNDED" },
		});
		expect(saga.id).not.toBe(orderId);
	});

	test.each([
		["REFUNDED", { settled: "REFUNDED" }],
		["VOIDED", { settled: "VOIDED" }],
		["REFUNDED", {}],
		["REFUNDED", null],
	])("is %s where payments answers %j, and who follows the order is told", async (paymentStatus, answer) => {
		const order = await desk.given("CONFIRMED");
		desk.answers(order, { "payments.refund": [() => answer] });
		await cancel(order);

		await desk.rest(order, "cancellation");

		const view = await desk.view(order);
		expect(view).toMatchObject({ status: "CANCELLED", paymentStatus });
		expect(view.history.map(({ status }) => status).slice(-2)).toEqual(["CONFIRMED", "CANCELLED"]);
		expect((await desk.told(order)).at(-1)).toEqual(view);
	});

	test("that is settled already is no news", async () => {
		const order = await desk.given("CONFIRMED");
		const settled = "UPDATE orders.orders SET payment_status = 'VOIDED' WHERE id = $1";
		desk.answers(order, { "payments.refund": [() => desk.look(settled, [order.id])] });
		await cancel(order);

		await desk.rest(order, "cancellation");

		expect(await desk.view(order)).toMatchObject({ version: 6, paymentStatus: "VOIDED" });
		expect((await desk.told(order)).at(-1)).toMatchObject({ version: 6, status: "CANCELLED" });
		expect(desk.warnings.filter((each) => each.includes("follow a commit"))).toEqual([]);
	});

	test("stays as it was settled when the capture before it is written down later", async () => {
		const capture = held();
		const order = await desk.placed({ "payments.capture": [capture.answer] });
		await desk.until(order, "CONFIRMED");
		expect(await cancel(order)).toMatchObject({ paymentStatus: "AUTHORIZED" });
		await desk.rest(order, "cancellation");
		const settled = await desk.view(order);

		capture.comes();
		await desk.rest(order, "checkout");

		expect(settled).toMatchObject({ status: "CANCELLED", paymentStatus: "REFUNDED" });
		expect(await desk.view(order)).toEqual(settled);
		expect((await desk.told(order)).at(-1)).toEqual(settled);
	});

	test("follows a capture that was under way when it was cancelled", async () => {
		const [capture, refund] = [held(), held()];
		const order = await desk.placed({ "payments.capture": [capture.answer], "payments.refund": [refund.answer] });
		await desk.until(order, "CONFIRMED");
		await cancel(order);

		capture.comes();
		await desk.rest(order, "checkout");
		const captured = await desk.view(order);
		refund.comes();
		await desk.rest(order, "cancellation");

		expect(captured).toMatchObject({ status: "CANCELLED", paymentStatus: "CAPTURED" });
		expect(await desk.view(order)).toMatchObject({ status: "CANCELLED", paymentStatus: "REFUNDED" });
	});

	test("is asked for again where that has failed, as the same operation", async () => {
		const order = await desk.given("CONFIRMED");
		desk.answers(order, { "payments.refund": [fails, () => ({ settled: "REFUNDED" })] });
		await cancel(order);

		await desk.rest(order, "cancellation");

		const [first, second, ...more] = desk.asked(order);
		expect(second).toEqual(first);
		expect(more).toEqual([]);
		expect(await desk.view(order)).toMatchObject({ paymentStatus: "REFUNDED" });
	});
});

test("a cancellation says which order it is about, which others may hold", async () => {
	const order = await desk.given("CONFIRMED");

	expect(await desk.aboutWhat(() => cancel(order))).toEqual([order.id]);
});
