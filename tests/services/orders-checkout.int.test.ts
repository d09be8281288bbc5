import { randomUUID } from "node:crypto";
import { v7 as uuidv7 } from "uuid";
import type { OrderStatus } from "../../services/orders/orders.model";
import type { NewOrder } from "../../services/orders/orders.table";
import { PaymentFailed, PaymentProcessed } from "../../services/payments/payments.events";
import { until } from "../support/until";
import { ADDRESS, fails, held, refuses, type Question } from "./orders-stand-ins.stage";
import { openDesk, type Desk } from "./orders.stage";

let desk: Desk;

beforeAll(async () => {
	desk = await openDesk();
});
afterAll(() => desk[Symbol.asyncDispose]());

const statusesOf = ({ history }: { history: { status: string }[] }): string[] => history.map(({ status }) => status);

/** The same at each attempt, and another one for each step and direction. */
const operationOf = ({ id: sagaId }: NewOrder, step: string): object => {
	return { sagaId, step, operationId: expect.any(String) };
};

const paymentOf = ({ id: orderId, total: amount, currency }: NewOrder, other: object = {}) => {
	return { paymentId: randomUUID(), orderId, amount, currency, ...other };
};

/** An order that waits for somebody who is not there, and does not look again by itself. */
async function asleep(status: OrderStatus): Promise<NewOrder> {
	const order = await desk.given(status);
	const text = `UPDATE orders.saga_state SET wake_at = now() + interval '1 hour'
		WHERE saga_id = $1 AND owner IS NULL RETURNING saga_id`;
	await until(async () => (await desk.look(text, [order.id])).length > 0, { what: "the checkout to pause" });
	return order;
}

describe("a checkout that goes well", () => {
	test("asks each of the others for its part, in order", async () => {
		const order = await desk.placed();
		const { id: orderId, cartId, total: amount, currency } = order;

		await desk.rest(order, "checkout");

		const asked = desk.asked(order);
		expect(asked.map(({ question, params }) => [question, params])).toEqual([
			["cart.checkoutDetails", { orderId }],
			[
				"products.reserve",
				{
					operation: operationOf(order, "reserve"),
					orderId,
					cartId,
					items: order.items.map(({ productId, quantity, unitPrice }) => ({ productId, quantity, unitPrice })),
					currency,
				},
			],
			["payments.authorise", { operation: operationOf(order, "authorise"), orderId, amount, currency }],
			["products.secure", { orderId }],
			["payments.capture", { operation: operationOf(order, "capture"), orderId, amount, currency }],
		]);
		expect(asked.map(({ patienceMs }) => patienceMs)).toEqual([5_000, 5_000, 8_000, 5_000, 8_000]);
		const operations = asked.flatMap(({ params }) => ("operation" in params ? [params.operation] : []));
		expect(new Set(operations.map((each) => (each as { operationId: string }).operationId)).size).toBe(3);
	});

	test("brings the order from status to status, each of them told to those who follow it", async () => {
		const steps: Question[] = ["products.reserve", "payments.authorise", "products.secure", "payments.capture"];
		const answers = steps.map(() => held());
		const order = await desk.placed(Object.fromEntries(steps.map((step, nth) => [step, [answers[nth]!.answer]])));

		const seen: object[] = [];
		for (const status of ["PENDING", "CART_VALIDATED", "PAYMENT_PROCESSED", "CONFIRMED"] as const) {
			seen.push(await desk.until(order, status));
			answers.shift()!.comes();
		}
		await desk.rest(order, "checkout");
		seen.push(await desk.view(order));

		const statuses = ["PENDING", "CART_VALIDATED", "PAYMENT_PROCESSED", "CONFIRMED"];
		const history = statuses.map((status) => ({ status, at: expect.any(String), note: null }));
		const shippingAddress = ADDRESS;
		expect(seen).toMatchObject([
			{ version: 1, paymentStatus: "NONE", history: history.slice(0, 1), shippingAddress: null },
			{ version: 2, paymentStatus: "NONE", history: history.slice(0, 2), shippingAddress },
			{ version: 3, paymentStatus: "AUTHORIZED", history: history.slice(0, 3), shippingAddress },
			{ version: 4, paymentStatus: "AUTHORIZED", history, shippingAddress },
			{ version: 5, paymentStatus: "CAPTURED", status: "CONFIRMED", history, shippingAddress },
		]);
		expect(await desk.told(order)).toEqual(seen.slice(1));
	});

	test("tells of the order when it is placed and when it is confirmed", async () => {
		const order = desk.accepted();
		const [eventId, correlationId] = [uuidv7(), randomUUID()];
		await desk.starts(order, { event_id: eventId, correlation_id: correlationId });

		const saga = await desk.rest(order, "checkout");

		const { id: orderId, number: _number, ...data } = order;
		expect(await desk.facts(order)).toEqual([
			{ type: "OrderPlaced", correlationId, causationId: eventId, data: { orderId, ...data } },
			{ type: "OrderConfirmed", correlationId, causationId: orderId, data: { orderId, ...data } },
		]);
		expect(saga).toMatchObject({ id: orderId, status: "COMPLETED", correlationId, data: order });
		expect(new Set(desk.asked(order).map(({ requestId }) => requestId))).toEqual(new Set([correlationId]));
	});

	test("that is heard of twice begins once", async () => {
		const order = desk.accepted();
		const event_id = uuidv7();

		expect(await desk.starts(order, { event_id })).toEqual({ kind: "done" });
		expect(await desk.starts(order, { event_id })).toEqual({ kind: "done" });

		await desk.rest(order, "checkout");
		expect((await desk.facts(order)).map(({ type }) => type)).toEqual(["OrderPlaced", "OrderConfirmed"]);
	});

	test("has no address where the cart has none", async () => {
		const order = await desk.placed({ "cart.checkoutDetails": [() => ({ shippingAddress: null })] });

		await desk.rest(order, "checkout");

		expect(await desk.view(order)).toMatchObject({ status: "CONFIRMED", shippingAddress: null });
	});

	test("has as long as the stock stays reserved", async () => {
		const order = await desk.given("PENDING");

		const text = `SELECT extract(epoch FROM deadline_at - created_at)::int AS seconds
			FROM orders.saga_state WHERE saga_id = $1`;

		expect(await desk.look(text, [order.id])).toEqual([{ seconds: 900 }]);
	});

	test("asks again who has failed, as the same operation", async () => {
		const order = await desk.placed({ "payments.authorise": [fails, () => undefined] });

		await desk.rest(order, "checkout");

		const [first, second, ...more] = desk.asked(order).filter(({ question }) => question === "payments.authorise");
		expect(second).toEqual(first);
		expect(more).toEqual([]);
		expect(await desk.view(order)).toMatchObject({ status: "CONFIRMED", paymentStatus: "CAPTURED" });
	});
});

describe("a checkout that is refused", () => {
	const reserving: Question[] = ["cart.checkoutDetails", "products.reserve"];
	const paying: Question[] = [...reserving, "payments.authorise"];
	const givingBack: Question[] = ["products.undoReserve", "cart.giveBack"];
	const undoing: Question[] = ["payments.void", ...givingBack];

	test.each<[Question, string, string, Question[]]>([
		["products.reserve", "OUT_OF_STOCK", "NONE", [...reserving, ...givingBack]],
		["cart.checkoutDetails", "CHECKOUT_UNKNOWN", "NONE", [...reserving, ...givingBack]],
		["payments.authorise", "PAYMENT_DECLINED", "DECLINED", [...paying, ...undoing]],
		["payments.authorise", "INSUFFICIENT_FUNDS", "DECLINED", [...paying, ...undoing]],
		["payments.authorise", "PAYMENT_TOKEN_INVALID", "DECLINED", [...paying, ...undoing]],
		["payments.authorise", "SUM_MISMATCH", "NONE", [...paying, ...undoing]],
		["products.secure", "PRODUCT_UNAVAILABLE", "VOIDED", [...paying, "products.secure", ...undoing]],
	])("by %s with %s is undone in reverse, and its payment is %s", async (question, reason, paymentStatus, asked) => {
		const order = await desk.placed({ [question]: [refuses(reason)] });

		const saga = await desk.rest(order, "checkout");

		expect(saga).toMatchObject({ status: "COMPENSATED", failureReason: reason });
		const view = await desk.view(order);
		expect(view).toMatchObject({ status: "COMPENSATED", paymentStatus, failureReason: reason });
		expect(statusesOf(view).slice(-2)).toEqual(["FAILED", "COMPENSATED"]);
		expect(desk.questions(order)).toEqual(asked);
	});

	test("tells who takes part what is to be undone", async () => {
		const order = await desk.placed({ "products.secure": [refuses("OUT_OF_STOCK")] });
		const { id: orderId } = order;

		await desk.rest(order, "checkout");

		const asked = desk.asked(order);
		expect(asked.slice(-3).map(({ question, params }) => [question, params])).toEqual([
			["payments.void", { operation: operationOf(order, "authorise"), orderId }],
			["products.undoReserve", { operation: operationOf(order, "reserve"), orderId, reason: "ORDER_FAILED" }],
			["cart.giveBack", { operation: operationOf(order, "freeze"), orderId }],
		]);
		expect(asked.slice(-3).map(({ patienceMs }) => patienceMs)).toEqual([8_000, 5_000, 5_000]);
	});

	test("tells of it when it has failed, and not again when all is undone", async () => {
		const order = desk.accepted({ "products.reserve": [refuses("OUT_OF_STOCK")] });
		const correlationId = randomUUID();
		await desk.starts(order, { correlation_id: correlationId });

		await desk.rest(order, "checkout");

		const { id: orderId, userId, cartId, items } = order;
		const data = { orderId, userId, cartId, items, reason: "OUT_OF_STOCK" };
		const [_placed, ...others] = await desk.facts(order);
		expect(others).toEqual([{ type: "OrderFailed", correlationId, causationId: orderId, data }]);
	});

	test("shows those who follow it that it has failed, and then that all is undone", async () => {
		const undo = held();
		const order = await desk.placed({
			"payments.authorise": [refuses("PAYMENT_DECLINED")],
			"products.undoReserve": [undo.answer],
		});

		const failed = await desk.until(order, "FAILED");
		undo.comes();
		const compensated = await desk.until(order, "COMPENSATED");

		expect(failed).toMatchObject({ failureReason: "PAYMENT_DECLINED", paymentStatus: "DECLINED" });
		expect(statusesOf(compensated)).toEqual(["PENDING", "CART_VALIDATED", "FAILED", "COMPENSATED"]);
		expect((await desk.told(order)).slice(-2)).toEqual([failed, compensated]);
	});

	test("by nobody, but too late, has timed out", async () => {
		const order = await asleep("CART_VALIDATED");

		await desk.look("UPDATE orders.saga_state SET deadline_at = now() WHERE saga_id = $1", [order.id]);
		await desk.hear("orders.payments", PaymentProcessed(paymentOf(order)));
		await desk.rest(order, "checkout");

		expect(await desk.view(order)).toMatchObject({
			status: "COMPENSATED",
			failureReason: "TIMED_OUT",
			paymentStatus: "NONE",
		});
	});
});

test("a checkout whose order stands elsewhere does not go on", async () => {
	const reserve = held();
	const order = await desk.placed({ "products.reserve": [reserve.answer, () => undefined] });
	await desk.look("UPDATE orders.orders SET status = 'SHIPPED' WHERE id = $1", [order.id]);

	reserve.comes();
	await until(async () => (await desk.log(order.id)).includes("reserve the stock: do FAILED"), {
		what: "the saga to find that it can't go on",
	});

	const text = "SELECT detail FROM orders.saga_log WHERE saga_id = $1 AND outcome = 'FAILED'";
	expect(await desk.look(text, [order.id])).toContainEqual({
		detail: {
			reason: "NOT_REACHED",
			message: `Order ${order.id} can't become CART_VALIDATED from the status it has`,
		},
	});
	await desk.look("UPDATE orders.orders SET status = 'PENDING' WHERE id = $1", [order.id]);
	await desk.until(order, "CONFIRMED");
});

describe("an event of payments", () => {
	test.each([PaymentProcessed, PaymentFailed])(
		"has the checkout ask at once, and not after its pause",
		async (happened) => {
			const order = await asleep("CART_VALIDATED");
			desk.answers(order, { "payments.authorise": [() => undefined] });

			expect(await desk.hear("orders.payments", happened(paymentOf(order)))).toEqual({ kind: "done" });

			await desk.rest(order, "checkout");
			expect(await desk.view(order)).toMatchObject({ status: "CONFIRMED" });
		},
	);

	test("about an order that is over changes nothing", async () => {
		const order = await desk.given("CONFIRMED");
		const before = await desk.view(order);

		expect(await desk.hear("orders.payments", PaymentProcessed(paymentOf(order)))).toEqual({ kind: "done" });

		expect(await desk.view(order)).toEqual(before);
		expect(desk.questions(order)).toEqual([]);
	});

	test.each([PaymentProcessed, PaymentFailed])("about an unknown order is tried again", async (happened) => {
		const order = desk.accepted();

		expect(await desk.hear("orders.payments", happened(paymentOf(order)))).toMatchObject({
			kind: "retry",
			failure: {
				code: "UNKNOWN_AGGREGATE",
				message: `${happened.type} tells of the order ${order.id}, of which nothing is known here`,
			},
		});
	});

	test.each([
		["sum", { amount: 1 }, "SUM_MISMATCH"],
		["currency", { currency: "EUR" }, "CURRENCY_MISMATCH"],
	])("about another %s is for a person to look at", async (_which, other, code) => {
		const order = await desk.given("CONFIRMED");

		expect(await desk.hear("orders.payments", PaymentProcessed(paymentOf(order, other)))).toMatchObject({
			kind: "dead",
			failure: { code, message: expect.stringContaining(order.id) },
		});
	});
});
