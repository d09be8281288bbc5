import { hearOfApproval } from "../../services/payments/late";
import type { LateApproval } from "../../services/payments/providers/provider";
import { openTill, type Order, type Till } from "./payments.stage";

let till: Till;

beforeAll(async () => {
	till = await openTill();
});
afterAll(() => till[Symbol.asyncDispose]());

/** What an event says of an order's payment. */
async function told(order: Order, reason?: string): Promise<object> {
	const { id: orderId, amount, currency } = order;
	const payment = await till.payment(order);
	return { paymentId: payment?.id, orderId, amount, currency, ...(reason !== undefined && { reason }) };
}

/** As the provider tells of an approval by itself. */
function approvalOf({ id: orderId, amount, currency, operations }: Order): LateApproval {
	return { operationId: operations.authorise.operationId, orderId, amount, currency };
}

describe("an authorisation", () => {
	test("is approved by the provider, written down, and told of", async () => {
		const order = till.order();

		await till.authorise(order);

		expect(till.asked(order)).toEqual(["authorise"]);
		expect(await till.payment(order)).toMatchObject({ status: "AUTHORIZED", failure_reason: null, by_hand: null });
		expect(await till.ledger(order)).toEqual(["authorize 1999 USD"]);
		expect(await till.facts(order)).toEqual([
			{ type: "PaymentProcessed", causationId: order.operations.authorise.operationId, data: await told(order) },
		]);
	});

	test("that is repeated asks the provider nothing and tells nothing new", async () => {
		const order = await till.given("AUTHORIZED");

		await till.authorise(order);

		expect(till.asked(order)).toEqual([]);
		expect(await till.types(order)).toEqual(["PaymentProcessed"]);
		expect(await till.ledger(order)).toEqual(["authorize 1999 USD"]);
	});

	test.each(["CAPTURED", "REFUNDED"] as const)("that is repeated when it is %s is as good", async (status) => {
		const order = await till.given(status);

		await till.authorise(order);

		expect(await till.status(order)).toBe(status);
		expect(till.asked(order)).toEqual([]);
	});

	test("of another sum is refused", async () => {
		const order = await till.given("AUTHORIZED");

		const asked = till.authorise(order, { amount: 2_000 });

		await expect(asked).rejects.toMatchObject({
			code: 409,
			type: "SUM_MISMATCH",
			message: `The sum of order ${order.id} is 1999, and not 2000`,
			data: { amount: 2_000, known: 1_999 },
		});
		expect(await till.status(order)).toBe("AUTHORIZED");
		expect(till.asked(order)).toEqual([]);
	});

	test("in another currency than the shop's is refused, and nothing is written down", async () => {
		const order = till.order();

		const asked = till.authorise(order, { currency: "EUR" });

		await expect(asked).rejects.toMatchObject({
			code: 409,
			type: "CURRENCY_MISMATCH",
			message: `Order ${order.id} is in EUR, and not in USD`,
			data: { currency: "EUR", wanted: "USD" },
		});
		expect(await till.payment(order)).toBeUndefined();
		expect(till.asked(order)).toEqual([]);
	});

	test("waits for the token no longer than for any answer", async () => {
		await till.authorise(till.order());

		expect(till.patienceMs.get("cart.paymentToken")).toBe(2_000);
	});

	test("without a token stays open, and can be asked for when there is one", async () => {
		const order = till.order();
		till.pays(order, undefined);
		await expect(till.authorise(order)).rejects.toThrow("the cart is locked");
		expect(await till.status(order)).toBe("AUTHORIZING");

		till.pays(order, "tok_approve");
		await till.authorise(order);

		expect(await till.status(order)).toBe("AUTHORIZED");
	});

	test("that needs no token any more does not fail for want of one", async () => {
		const order = await till.given("AUTHORIZED");
		till.pays(order, undefined);

		await till.authorise(order);

		expect(await till.status(order)).toBe("AUTHORIZED");
	});

	test("whose answer got lost is found at the provider, and not asked for again", async () => {
		const order = till.order();
		till.once(order, "authorise", async (ask) => {
			await ask();
			throw new Error("the line broke");
		});
		await expect(till.authorise(order)).rejects.toMatchObject({
			code: 502,
			type: "PAYMENT_UNAVAILABLE",
			retryable: true,
			message: `The provider could not be reached for order ${order.id}: the line broke`,
			data: { orderId: order.id },
		});
		expect(await till.status(order)).toBe("AUTHORIZING");
		till.asked(order);

		// What the provider has approved counts, whatever it would say now.
		till.pays(order, "tok_decline");
		await till.authorise(order);

		expect(till.asked(order)).toEqual(["lookUp"]);
		expect(await till.status(order)).toBe("AUTHORIZED");
		expect(await till.ledger(order)).toEqual(["authorize 1999 USD"]);
	});

	test("that never arrived at the provider is looked for, and asked for again", async () => {
		const order = await till.given("AUTHORIZING");

		await till.authorise(order);

		expect(till.asked(order)).toEqual(["lookUp", "authorise"]);
		expect(await till.status(order)).toBe("AUTHORIZED");
	});
});

describe("a payment that is declined", () => {
	test.each([
		["tok_decline", "PAYMENT_DECLINED"],
		["tok_insufficient_funds", "INSUFFICIENT_FUNDS"],
		["tok_of_another_kind", "PAYMENT_TOKEN_INVALID"],
	])("with %s says why: %s", async (token, reason) => {
		const order = till.order(token);

		await expect(till.authorise(order)).rejects.toMatchObject({
			code: 402,
			type: reason,
			message: `The payment of order ${order.id} was refused: ${reason}`,
			data: { orderId: order.id },
		});

		expect(till.asked(order)).toEqual(["authorise"]);
		expect(await till.payment(order)).toMatchObject({ status: "DECLINED", failure_reason: reason });
		expect(await till.ledger(order)).toEqual([]);
		expect(await till.facts(order)).toEqual([
			{ type: "PaymentFailed", causationId: order.operations.authorise.operationId, data: await told(order, reason) },
		]);
	});

	test("says so again, and asks the provider nothing", async () => {
		const order = await till.given("DECLINED");
		till.pays(order, "tok_approve");

		await expect(till.authorise(order)).rejects.toMatchObject({ code: 402, type: "PAYMENT_DECLINED" });

		expect(till.asked(order)).toEqual([]);
		expect(await till.types(order)).toEqual(["PaymentFailed"]);
		expect(await till.status(order)).toBe("DECLINED");
	});

	test("meanwhile, by another attempt, stays so, and what this attempt has approved is given back", async () => {
		const order = till.order();
		till.once(order, "authorise", async (ask) => {
			till.pays(order, "tok_decline");
			await till.authorise(order).catch(() => undefined);
			return ask();
		});

		await expect(till.authorise(order)).rejects.toMatchObject({ code: 402, type: "PAYMENT_DECLINED" });

		expect(await till.status(order)).toBe("DECLINED");
		expect(await till.ledger(order)).toEqual(["authorize 1999 USD", "void 1999 USD"]);
		expect(await till.types(order)).toEqual(["PaymentFailed"]);
	});

	test("when another attempt was approved meanwhile is approved", async () => {
		const order = till.order("tok_decline");
		till.once(order, "authorise", async (ask) => {
			till.pays(order, "tok_approve");
			await till.authorise(order);
			return ask();
		});

		await till.authorise(order);

		expect(await till.status(order)).toBe("AUTHORIZED");
		expect(await till.types(order)).toEqual(["PaymentProcessed"]);
		expect(await till.ledger(order)).toEqual(["authorize 1999 USD"]);
	});
});

describe("an approval that comes when the payment", () => {
	test("was voided meanwhile is given back", async () => {
		const order = till.order();
		// As if the undo had asked the provider before that had approved anything.
		till.once(order, "void", async () => undefined);
		till.once(order, "authorise", async (ask) => {
			const answer = await ask();
			await till.void(order);
			return answer;
		});

		await expect(till.authorise(order)).rejects.toMatchObject({ code: 409, type: "SAGA_STEP_UNDONE" });

		expect(await till.status(order)).toBe("VOIDED");
		expect(await till.ledger(order)).toEqual(["authorize 1999 USD", "void 1999 USD"]);
		expect(await till.types(order)).toEqual(["PaymentFailed"]);
	});

	test("was called off before it arrived at the provider is refused there", async () => {
		const order = till.order();
		till.once(order, "authorise", async (ask) => {
			await till.void(order);
			return ask();
		});

		await expect(till.authorise(order)).rejects.toMatchObject({ code: 409, type: "SAGA_STEP_UNDONE" });

		expect(await till.payment(order)).toMatchObject({ status: "VOIDED", failure_reason: null });
		expect(await till.ledger(order)).toEqual([]);
	});

	test("was given back by hand is given back at the provider as well", async () => {
		const order = till.order();
		till.once(order, "authorise", async (ask) => {
			const answer = await ask();
			await hearOfApproval(till.service, approvalOf(order));
			await till.settle(order, "refund");
			return answer;
		});

		await expect(till.authorise(order)).rejects.toMatchObject({
			code: 409,
			type: "PAYMENT_STATUS",
			message: `The payment of order ${order.id} is VOIDED and can't become AUTHORIZED`,
			data: { orderId: order.id, status: "VOIDED" },
		});

		expect(await till.ledger(order)).toEqual(["authorize 1999 USD", "void 1999 USD"]);
	});

	test("was lost from the books is given back", async () => {
		const order = till.order();
		till.once(order, "authorise", async (ask) => {
			await till.look("DELETE FROM payments.payments WHERE order_id = $1", [order.id]);
			return ask();
		});

		await expect(till.authorise(order)).rejects.toMatchObject({
			type: "PAYMENT_STATUS",
			message: `The payment of order ${order.id} is unknown and can't become AUTHORIZED`,
		});

		expect(await till.ledger(order)).toEqual(["authorize 1999 USD", "void 1999 USD"]);
	});

	test("is AUTHORIZED already, as the provider has told of it by itself, is told of once", async () => {
		const order = till.order();
		till.once(order, "authorise", async (ask) => {
			const answer = await ask();
			await hearOfApproval(till.service, approvalOf(order));
			return answer;
		});

		await till.authorise(order);

		expect(await till.status(order)).toBe("AUTHORIZED");
		expect(await till.types(order)).toEqual(["PaymentProcessed"]);
		expect(till.asked(order)).toEqual(["authorise"]);
	});
});
