import type { Standing } from "../../services/payments/providers/provider";
import { openTill, type Order, type Till } from "./payments.stage";

let till: Till;

beforeAll(async () => {
	till = await openTill();
});
afterAll(() => till[Symbol.asyncDispose]());
afterEach(() => (till.over.trouble = undefined));

/** Who asks for a wrong end is told so, and the payment stays as it was. */
const cannotBecome = ({ id }: Order, status: string, wanted: string): object => ({
	code: 409,
	type: "PAYMENT_STATUS",
	retryable: false,
	message: `The payment of order ${id} is ${status} and can't become ${wanted}`,
});

const otherSums: [string, object, object][] = [
	["sum", { amount: 2_000 }, { code: 409, type: "SUM_MISMATCH", data: { amount: 2_000, known: 1_999 } }],
	["currency", { currency: "EUR" }, { code: 409, type: "CURRENCY_MISMATCH", data: { currency: "EUR", wanted: "USD" } }],
];

describe("a capture", () => {
	test("takes the money that is authorised", async () => {
		const order = await till.given("AUTHORIZED");

		await till.capture(order);

		expect(till.asked(order)).toEqual(["capture"]);
		expect(await till.status(order)).toBe("CAPTURED");
		expect(await till.ledger(order)).toEqual(["authorize 1999 USD", "capture 1999 USD"]);
		expect(await till.types(order)).toEqual(["PaymentProcessed"]);
	});

	test.each(["CAPTURED", "REFUNDED"] as const)("of what is %s has nothing to do", async (status) => {
		const order = await till.given(status);

		await till.capture(order);

		expect(await till.status(order)).toBe(status);
		expect(till.asked(order)).toEqual([]);
	});

	test.each(["AUTHORIZING", "DECLINED", "VOIDED"] as const)("of what is %s is refused", async (status) => {
		const order = await till.given(status);

		const captured = till.capture(order);

		await expect(captured).rejects.toMatchObject(cannotBecome(order, status, "CAPTURED"));
		await expect(captured).rejects.toMatchObject({ data: { orderId: order.id, status } });
		expect(await till.status(order)).toBe(status);
		expect(till.asked(order)).toEqual([]);
	});

	test("of what nobody has ever asked for is refused", async () => {
		const order = till.order();

		await expect(till.capture(order)).rejects.toMatchObject(cannotBecome(order, "unknown", "CAPTURED"));
	});

	test.each(otherSums)("of another %s than was authorised is refused", async (_which, told, error) => {
		const order = await till.given("AUTHORIZED");

		await expect(till.capture(order, told)).rejects.toMatchObject(error);

		expect(await till.status(order)).toBe("AUTHORIZED");
		expect(till.asked(order)).toEqual([]);
	});

	test("that does not say the sum, as a node of before, is of what was authorised", async () => {
		const order = await till.given("AUTHORIZED");

		await till.broker.call("payments.capture", { operation: order.operations.capture, orderId: order.id });

		expect(await till.ledger(order)).toEqual(["authorize 1999 USD", "capture 1999 USD"]);
	});

	test("whose answer got lost is asked for again, and made once", async () => {
		const order = await till.given("AUTHORIZED");
		till.once(order, "capture", async (ask) => {
			await ask();
			throw new Error("the line broke");
		});
		await expect(till.capture(order)).rejects.toMatchObject({ code: 502, type: "PAYMENT_UNAVAILABLE" });
		expect(await till.status(order)).toBe("AUTHORIZED");

		await till.capture(order);

		expect(await till.status(order)).toBe("CAPTURED");
		expect(await till.ledger(order)).toEqual(["authorize 1999 USD", "capture 1999 USD"]);
	});

	test("that finds the payment voided when it has captured says so", async () => {
		const order = await till.given("AUTHORIZED");
		till.once(order, "capture", () => Promise.resolve(till.settle(order, "refund")));

		await expect(till.capture(order)).rejects.toMatchObject(cannotBecome(order, "VOIDED", "CAPTURED"));

		expect(await till.status(order)).toBe("VOIDED");
	});

	test("whose payment was lost from the books meanwhile says so", async () => {
		const order = await till.given("AUTHORIZED");
		till.once(order, "capture", () => till.look("DELETE FROM payments.payments WHERE order_id = $1", [order.id]));

		await expect(till.capture(order)).rejects.toMatchObject(cannotBecome(order, "unknown", "CAPTURED"));
	});
});

describe("a refund", () => {
	test("gives back what was captured", async () => {
		const order = await till.given("CAPTURED");

		expect(await till.refund(order)).toEqual({ settled: "REFUNDED" });

		expect(till.asked(order)).toEqual(["refund"]);
		expect(await till.status(order)).toBe("REFUNDED");
		expect(await till.ledger(order)).toEqual(["authorize 1999 USD", "capture 1999 USD", "refund 1999 USD"]);
		expect(await till.types(order)).toEqual(["PaymentProcessed"]);
	});

	test("that is repeated gets the same answer, and asks the provider nothing", async () => {
		const order = await till.given("REFUNDED");

		expect(await till.refund(order)).toEqual({ settled: "REFUNDED" });

		expect(till.asked(order)).toEqual([]);
	});

	test("whose answer got lost is asked for again, and made once", async () => {
		const order = await till.given("CAPTURED");
		till.once(order, "refund", async (ask) => {
			await ask();
			throw new Error("the line broke");
		});
		await expect(till.refund(order)).rejects.toMatchObject({ type: "PAYMENT_UNAVAILABLE" });

		expect(await till.refund(order)).toEqual({ settled: "REFUNDED" });

		expect(await till.ledger(order)).toEqual(["authorize 1999 USD", "capture 1999 USD", "refund 1999 USD"]);
	});

	test("of what was voided sees to it that the provider has voided it as well", async () => {
		const order = await till.given("VOIDED");

		expect(await till.refund(order)).toEqual({ settled: "VOIDED" });

		expect(till.asked(order)).toEqual(["void"]);
		expect(await till.status(order)).toBe("VOIDED");
	});

	test.each(["AUTHORIZING", "DECLINED"] as const)("of what is %s is refused", async (status) => {
		const order = await till.given(status);

		await expect(till.refund(order)).rejects.toMatchObject(cannotBecome(order, status, "REFUNDED"));

		expect(await till.status(order)).toBe(status);
		expect(till.asked(order)).toEqual([]);
	});

	test("of what nobody has ever asked for is refused", async () => {
		const order = till.order();

		await expect(till.refund(order)).rejects.toMatchObject(cannotBecome(order, "unknown", "REFUNDED"));
	});

	test.each(otherSums)("of another %s than was captured is refused", async (_which, told, error) => {
		const order = await till.given("CAPTURED");

		await expect(till.refund(order, told)).rejects.toMatchObject(error);

		expect(await till.status(order)).toBe("CAPTURED");
		expect(till.asked(order)).toEqual([]);
	});
});

describe("a refund of what is not captured", () => {
	/** Waits for the capture: it is asked for again. */
	async function mustWait(order: Order): Promise<void> {
		const status = await till.status(order);
		till.asked(order);
		await expect(till.refund(order)).rejects.toMatchObject({
			code: 503,
			type: "SETTLEMENT_UNDER_WAY",
			retryable: true,
			message: `The payment of order ${order.id} is still being captured`,
			data: { orderId: order.id },
		});
		expect(await till.status(order)).toBe(status);
		expect(till.asked(order)).toEqual([]);
	}

	/** Authorised, and nobody will capture it any more. */
	async function leftOut(): Promise<Order> {
		const order = await till.given("AUTHORIZED");
		await till.settle(order, "capture", { isDone: false });
		return order;
	}

	test("waits for a capture that is under way, however long, and follows it", async () => {
		const order = await till.given("AUTHORIZED");
		await till.aMinuteLater(order);

		await mustWait(order);
		await mustWait(order);
		await till.capture(order);

		expect(await till.refund(order)).toEqual({ settled: "REFUNDED" });
		expect(till.patienceMs.get("orders.sagasOver")).toBe(2_000);
	});

	test("waits as well where orders can't say whether the capture is over, and keeps none out", async () => {
		const order = await till.given("AUTHORIZED");
		till.over.sagas.add(order.id);
		till.over.trouble = new Error("no node answers");

		await mustWait(order);
		await till.capture(order);

		expect(await till.status(order)).toBe("CAPTURED");
	});

	test("keeps a late capture out once the checkout is over, waits for what is on its way, and voids", async () => {
		const order = await till.given("AUTHORIZED");
		till.over.sagas.add(order.id);

		await mustWait(order);
		await mustWait(order);
		await expect(till.capture(order)).rejects.toMatchObject({ code: 409, type: "SAGA_STEP_UNDONE" });
		expect(till.asked(order)).toEqual([]);
		await till.aMinuteLater(order);

		expect(await till.refund(order)).toEqual({ settled: "VOIDED" });
		expect(till.asked(order)).toEqual(["standing", "void"]);
		expect(await till.status(order)).toBe("VOIDED");
		expect(await till.ledger(order)).toEqual(["authorize 1999 USD", "void 1999 USD"]);
		expect(till.warnings).toContain(
			`The payment of order ${order.id} was never captured at the provider: it is voided, not refunded`,
		);
	});

	test("waits for what is on its way when an operator has just left the capture out", async () => {
		const order = await leftOut();

		await mustWait(order);

		expect(await till.status(order)).toBe("AUTHORIZED");
	});

	test.each<[Standing, string, string[]]>([
		["authorised", "VOIDED", ["standing", "void"]],
		["voided", "VOIDED", ["standing", "void"]],
		["captured", "REFUNDED", ["standing", "refund"]],
		["refunded", "REFUNDED", ["standing"]],
	])("goes by the provider's books, where it is %s: it is %s", async (standing, settled, asked) => {
		const order = await leftOut();
		await till.aMinuteLater(order);
		till.once(order, "standing", async () => standing);

		expect(await till.refund(order)).toEqual({ settled });

		expect(till.asked(order)).toEqual(asked);
		expect(await till.status(order)).toBe(settled);
	});

	test("is for a person to look at where the provider knows nothing of it", async () => {
		const order = await leftOut();
		await till.aMinuteLater(order);
		till.once(order, "standing", async () => "unknown" satisfies Standing);

		const refunded = till.refund(order);

		await expect(refunded).rejects.toMatchObject(cannotBecome(order, "AUTHORIZED and not at the provider", "REFUNDED"));
		expect(await till.status(order)).toBe("AUTHORIZED");
	});

	test("waits after a capture by hand for attempts that are on their way, then goes by the provider's books", async () => {
		const order = await till.given("AUTHORIZED");
		await till.settle(order, "capture");

		await mustWait(order);
		await till.aMinuteLater(order);

		expect(await till.refund(order)).toEqual({ settled: "VOIDED" });
		expect(till.asked(order)).toEqual(["standing", "void"]);
	});

	test("waits after a capture by hand also when something else was decided by hand", async () => {
		const order = await till.given("AUTHORIZED");
		await till.settle(order, "void", { isDone: false });
		await till.settle(order, "capture");

		await mustWait(order);

		expect(await till.status(order)).toBe("CAPTURED");
	});

	test("does not wait when what was decided by hand is not the capture", async () => {
		const order = await till.given("CAPTURED");
		await till.settle(order, "void", { isDone: false });

		expect(await till.refund(order)).toEqual({ settled: "REFUNDED" });
		expect(till.asked(order)).toEqual(["refund"]);
	});
});
