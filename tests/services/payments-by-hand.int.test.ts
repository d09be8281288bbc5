import { randomUUID } from "node:crypto";
import { openTill, type Order, type Till } from "./payments.stage";

let till: Till;

beforeAll(async () => {
	till = await openTill();
});
afterAll(() => till[Symbol.asyncDispose]());

const undone = { code: 409, type: "SAGA_STEP_UNDONE" };

test("who has decided what, and why, is kept with the payment, each decision once", async () => {
	const order = await till.given("CAPTURED");
	const first = { ...order.operations.refund, operationId: randomUUID() };
	const second = { ...first, operationId: randomUUID() };

	await till.settle(order, "refund", { operation: first, isDone: false, reason: "the bank is closed" });
	await till.settle(order, "refund", { operation: first, isDone: false, reason: "the bank is closed" });
	await till.settle(order, "void", { operation: second, by: "ada@console" });

	expect((await till.payment(order))?.by_hand).toEqual([
		{
			operationId: first.operationId,
			what: "refund",
			isDone: false,
			by: "grace@console",
			reason: "the bank is closed",
			at: expect.any(String),
		},
		{
			operationId: second.operationId,
			what: "void",
			isDone: true,
			by: "ada@console",
			reason: "see ticket 4711",
			at: expect.any(String),
		},
	]);
});

test("a decision about an order that nobody has paid for finds nothing", async () => {
	const order = till.order();

	expect(await till.settle(order, "capture")).toEqual({ status: undefined });

	expect(await till.payment(order)).toBeUndefined();
});

describe("a capture", () => {
	test("that was made by hand is captured, and a late attempt at it has nothing to do", async () => {
		const order = await till.given("AUTHORIZED");

		expect(await till.settle(order, "capture")).toEqual({ status: "CAPTURED" });
		await till.capture(order);

		expect(await till.status(order)).toBe("CAPTURED");
		expect(till.asked(order)).toEqual([]);
	});

	test.each(["AUTHORIZING", "DECLINED", "VOIDED", "REFUNDED"] as const)(
		"that was made by hand of what is %s changes nothing",
		async (status) => {
			const order = await till.given(status);

			expect(await till.settle(order, "capture")).toEqual({ status });
		},
	);

	test("that was left out stays out", async () => {
		const order = await till.given("AUTHORIZED");

		expect(await till.settle(order, "capture", { isDone: false })).toEqual({ status: "AUTHORIZED" });

		await expect(till.capture(order)).rejects.toMatchObject(undone);
		expect(await till.status(order)).toBe("AUTHORIZED");
		expect(till.asked(order)).toEqual([]);
	});

	test("that was left out after it was made is made", async () => {
		const order = await till.given("CAPTURED");

		expect(await till.settle(order, "capture", { isDone: false })).toEqual({ status: "CAPTURED" });
		await till.capture(order);

		expect(await till.status(order)).toBe("CAPTURED");
	});

	test("that was made by hand after a refund has found it over is noted, and left to the provider's books", async () => {
		const order = await till.given("AUTHORIZED");
		till.over.sagas.add(order.id);
		await expect(till.refund(order)).rejects.toMatchObject({ type: "SETTLEMENT_UNDER_WAY" });

		expect(await till.settle(order, "capture")).toEqual({ status: "AUTHORIZED" });

		expect((await till.payment(order))?.by_hand).toMatchObject([{ what: "capture", isDone: true }]);
	});
});

describe("a refund", () => {
	test.each([
		["CAPTURED", "REFUNDED"],
		["AUTHORIZED", "VOIDED"],
		["REFUNDED", "REFUNDED"],
		["VOIDED", "VOIDED"],
		["DECLINED", "DECLINED"],
	] as const)("that was made by hand of what was %s is %s", async (status, settled) => {
		const order = await till.given(status);

		expect(await till.settle(order, "refund")).toEqual({ status: settled });

		expect(await till.status(order)).toBe(settled);
		expect(till.asked(order)).toEqual([]);
	});

	test("that was made by hand is the answer to a late attempt at it", async () => {
		const order = await till.given("CAPTURED");
		await till.settle(order, "refund");

		expect(await till.refund(order)).toEqual({ settled: "REFUNDED" });

		expect(till.asked(order)).toEqual([]);
	});

	test("that was left out stays out", async () => {
		const order = await till.given("CAPTURED");

		expect(await till.settle(order, "refund", { isDone: false })).toEqual({ status: "CAPTURED" });

		await expect(till.refund(order)).rejects.toMatchObject(undone);
		expect(await till.status(order)).toBe("CAPTURED");
		expect(till.asked(order)).toEqual([]);
	});
});

describe("a void", () => {
	/** What an event says of a payment that is not wanted any more. */
	async function voided(order: Order, causationId: string): Promise<object> {
		const { id: orderId, amount, currency } = order;
		const payment = await till.payment(order);
		const data = { paymentId: payment?.id, orderId, amount, currency, reason: "VOIDED" };
		return { type: "PaymentFailed", causationId, data };
	}

	test.each(["AUTHORIZED", "AUTHORIZING"] as const)(
		"that was made by hand of what was %s is told of, and the provider is not asked",
		async (status) => {
			const order = await till.given(status);
			const operation = { ...order.operations.void, operationId: randomUUID() };

			expect(await till.settle(order, "void", { operation })).toEqual({ status: "VOIDED" });

			expect(till.asked(order)).toEqual([]);
			expect((await till.facts(order)).at(-1)).toEqual(await voided(order, operation.operationId));
			await expect(till.authorise(order)).rejects.toMatchObject(undone);
		},
	);

	test("that was left out leaves what is known to be held as it is", async () => {
		const order = await till.given("AUTHORIZED");

		expect(await till.settle(order, "void", { isDone: false })).toEqual({ status: "AUTHORIZED" });

		expect((await till.facts(order)).map(({ type }) => type)).toEqual(["PaymentProcessed"]);
		await expect(till.authorise(order)).rejects.toMatchObject(undone);
	});

	test("that was left out makes what nobody has heard of yet unwanted", async () => {
		const order = await till.given("AUTHORIZING");
		const operation = { ...order.operations.void, operationId: randomUUID() };

		expect(await till.settle(order, "void", { operation, isDone: false })).toEqual({ status: "VOIDED" });

		expect(await till.facts(order)).toEqual([await voided(order, operation.operationId)]);
		await expect(till.authorise(order)).rejects.toMatchObject(undone);
	});

	test.each(["CAPTURED", "REFUNDED", "DECLINED"] as const)(
		"that was made by hand of what is %s changes nothing",
		async (status) => {
			const order = await till.given(status);

			expect(await till.settle(order, "void")).toEqual({ status });

			expect(await till.facts(order)).toHaveLength(1);
		},
	);
});
