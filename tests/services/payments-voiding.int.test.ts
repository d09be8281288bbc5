import { randomUUID } from "node:crypto";
import { hearOfApproval } from "../../services/payments/late";
import type { LateApproval } from "../../services/payments/providers/provider";
import { openTill, type Order, type Till } from "./payments.stage";

let till: Till;

beforeAll(async () => {
	till = await openTill();
});
afterAll(() => till[Symbol.asyncDispose]());

describe("a void", () => {
	test("of what is authorised gives it back, and tells of it", async () => {
		const order = await till.given("AUTHORIZED");

		await till.void(order);

		expect(till.asked(order)).toEqual(["void"]);
		expect(await till.status(order)).toBe("VOIDED");
		expect(await till.ledger(order)).toEqual(["authorize 1999 USD", "void 1999 USD"]);
		const { id: orderId, amount, currency } = order;
		const { id: paymentId } = (await till.payment(order))!;
		expect((await till.facts(order))[1]).toEqual({
			type: "PaymentFailed",
			causationId: order.operations.void.operationId,
			data: { paymentId, orderId, amount, currency, reason: "VOIDED" },
		});
	});

	test("of what nobody has heard of yet lets it be refused when it arrives", async () => {
		const order = await till.given("AUTHORIZING");

		await till.void(order);
		const late = till.authorise(order);

		await expect(late).rejects.toMatchObject({ code: 409, type: "SAGA_STEP_UNDONE" });
		expect(await till.status(order)).toBe("VOIDED");
		expect(till.asked(order)).toEqual(["void"]);
		expect(await till.ledger(order)).toEqual([]);
	});

	test("that comes before its authorisation keeps it out, and knows of nothing to give back", async () => {
		const order = till.order();

		await till.void(order);
		const late = till.authorise(order);

		await expect(late).rejects.toMatchObject({ code: 409, type: "SAGA_STEP_UNDONE" });
		expect(await till.payment(order)).toBeUndefined();
		expect(till.asked(order)).toEqual([]);
	});

	test("that is repeated asks the provider again, and tells nothing new", async () => {
		const order = await till.given("VOIDED");

		await till.void(order);

		expect(till.asked(order)).toEqual(["void"]);
		expect(await till.types(order)).toEqual(["PaymentProcessed", "PaymentFailed"]);
		expect(await till.ledger(order)).toEqual(["authorize 1999 USD", "void 1999 USD"]);
	});

	test("of what was declined gives back what the provider may have approved at another attempt", async () => {
		const order = await till.given("DECLINED");

		await till.void(order);

		expect(till.asked(order)).toEqual(["void"]);
		expect(await till.payment(order)).toMatchObject({ status: "DECLINED", failure_reason: "PAYMENT_DECLINED" });
		expect(await till.types(order)).toEqual(["PaymentFailed"]);
	});

	test.each(["CAPTURED", "REFUNDED"] as const)("leaves what is %s as it is", async (status) => {
		const order = await till.given(status);

		await till.void(order);

		expect(await till.status(order)).toBe(status);
		expect(till.asked(order)).toEqual([]);
		expect(await till.types(order)).toEqual(["PaymentProcessed"]);
	});

	test("that finds the provider away has voided in the shop's books, and gives back at the next attempt", async () => {
		const order = await till.given("AUTHORIZED");
		till.once(order, "void", () => Promise.reject(new Error("no route")));

		await expect(till.void(order)).rejects.toMatchObject({ type: "PAYMENT_UNAVAILABLE" });
		expect(await till.status(order)).toBe("VOIDED");
		await till.void(order);

		expect(await till.ledger(order)).toEqual(["authorize 1999 USD", "void 1999 USD"]);
	});
});

describe("an approval that the provider tells of by itself", () => {
	const approvalOf = ({ id: orderId, amount, currency, operations }: Order): LateApproval => ({
		operationId: operations.authorise.operationId,
		orderId,
		amount,
		currency,
	});
	const tell = (order: Order, otherwise: Partial<LateApproval> = {}): Promise<void> =>
		hearOfApproval(till.service, { ...approvalOf(order), ...otherwise });

	/** What the log has said of an order since this was asked last. */
	const warnedOf = ({ id }: Order): string[] => till.warnings.splice(0).filter((warning) => warning.includes(id));

	test("is what was waited for: the payment is authorised, and that is told", async () => {
		const order = await till.given("AUTHORIZING");

		await tell(order);

		expect(await till.status(order)).toBe("AUTHORIZED");
		const { id: orderId, amount, currency } = order;
		const { id: paymentId } = (await till.payment(order))!;
		expect(await till.facts(order)).toEqual([
			{
				type: "PaymentProcessed",
				causationId: order.operations.authorise.operationId,
				data: { paymentId, orderId, amount, currency },
			},
		]);
		expect(till.asked(order)).toEqual([]);
		expect(warnedOf(order)).toEqual([]);
	});

	test.each(["AUTHORIZED", "CAPTURED", "REFUNDED"] as const)("is no news of what is %s", async (status) => {
		const order = await till.given(status);

		await tell(order);

		expect(await till.status(order)).toBe(status);
		expect(await till.types(order)).toEqual(["PaymentProcessed"]);
		expect(till.asked(order)).toEqual([]);
	});

	test.each(["VOIDED", "DECLINED"] as const)("is given back when the payment is %s", async (status) => {
		const order = await till.given(status);
		const before = await till.facts(order);

		await tell(order);

		expect(await till.status(order)).toBe(status);
		expect(till.asked(order)).toEqual(["void"]);
		expect(await till.facts(order)).toEqual(before);
		expect(warnedOf(order)).toEqual([
			`The payment of order ${order.id} is ${status}, and was authorised late: it is voided`,
		]);
	});

	test("is given back when nobody knows the authorisation", async () => {
		const order = till.order();
		await till.service.provider.authorise({ ...approvalOf(order), token: "tok_approve" }, new AbortController().signal);

		await tell(order);

		expect(await till.ledger(order)).toEqual(["authorize 1999 USD", "void 1999 USD"]);
		expect(warnedOf(order)).toEqual([
			`The payment of order ${order.id} is unknown, and was authorised late: it is voided`,
		]);
	});

	test.each([
		["amount", { amount: 2_000 }, "2000 USD"],
		["currency", { currency: "EUR" }, "1999 EUR"],
	])("counts for nothing with another %s, and somebody must look at it", async (_which, otherwise, sum) => {
		const order = await till.given("AUTHORIZING");

		await tell(order, otherwise);

		expect(await till.status(order)).toBe("AUTHORIZING");
		expect(await till.facts(order)).toEqual([]);
		expect(till.asked(order)).toEqual([]);
		expect(warnedOf(order)).toEqual([
			`The provider tells of ${sum} for order ${order.id}, which comes to 1999 USD: ` +
				"that counts for nothing, and somebody must look at it",
		]);
	});

	test("is found by its authorisation, and not by what it says of the order", async () => {
		const order = await till.given("AUTHORIZING");

		await tell(order, { orderId: randomUUID() });

		expect(await till.status(order)).toBe("AUTHORIZED");
	});

	test("fails where the provider can't be asked to take it back, so that it tells again", async () => {
		const order = await till.given("DECLINED");
		till.once(order, "void", () => Promise.reject(new Error("no route")));

		await expect(tell(order)).rejects.toMatchObject({ type: "PAYMENT_UNAVAILABLE" });
	});
});
