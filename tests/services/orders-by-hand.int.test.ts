import { randomUUID } from "node:crypto";
import type { NewOrder } from "../../services/orders/orders.table";
import { refuses, type Answers, type Question } from "./orders-stand-ins.stage";
import { openDesk, ownerOf, type Desk, type Saga } from "./orders.stage";

let desk: Desk;

beforeAll(async () => {
	desk = await openDesk();
});
afterAll(() => desk[Symbol.asyncDispose]());

const who = { by: "grace@console", reason: "see ticket 4711" };

/** An order whose checkout or cancellation waits for a person, since somebody has said no. What it is correlated with is the client's. */
async function stuck(name: "checkout" | "cancellation", answers: Answers): Promise<{ order: NewOrder; saga: Saga }> {
	const order = desk.accepted(answers);
	await desk.starts(order, { correlation_id: randomUUID() });
	if (name === "cancellation") {
		await desk.rest(order, "checkout");
		await desk.call("cancel", { id: order.id }, ownerOf(order));
	}
	const saga = await desk.rest(order, name);
	expect(saga.status).toBe("NEEDS_OPERATOR");
	desk.asked(order);
	return { order, saga };
}

const no = [refuses("PAYMENT_STATUS")];
const failed: Answers = { "products.secure": [refuses("OUT_OF_STOCK")] };

/** What payments is told of a decision about the order. */
const settlement = (order: NewOrder, sagaId: string, step: string, told: object): object => ({
	operation: { sagaId, step, operationId: expect.any(String) },
	orderId: order.id,
	...told,
	...who,
});

/** @returns what was asked, and with what, until payments was told of the one decision about an order */
async function toldPayments(order: NewOrder, { correlationId }: Saga): Promise<[Question, object][]> {
	const told = await desk.rest(order, "settlement by hand");
	expect(told).toMatchObject({ status: "COMPLETED", correlationId });
	return desk.asked(order).map(({ question, params }) => [question, params]);
}

describe("a capture", () => {
	test("that was made by hand is captured, and payments is told", async () => {
		const { order, saga } = await stuck("checkout", { "payments.capture": no });

		await desk.decides("completeSaga", saga.id);

		const told = settlement(order, saga.id, "capture", { what: "capture", isDone: true });
		expect(await toldPayments(order, saga)).toEqual([["payments.settleByHand", told]]);
		const view = await desk.view(order);
		expect(view).toMatchObject({ status: "CONFIRMED", paymentStatus: "CAPTURED" });
		expect((await desk.told(order)).at(-1)).toEqual(view);
	});

	test("that was left out is not captured, and payments is told", async () => {
		const { order, saga } = await stuck("checkout", { "payments.capture": no });

		await desk.decides("skipSagaStep", saga.id, "capture the payment");

		const told = settlement(order, saga.id, "capture", { what: "capture", isDone: false });
		expect(await toldPayments(order, saga)).toEqual([["payments.settleByHand", told]]);
		expect(await desk.view(order)).toMatchObject({ status: "CONFIRMED", paymentStatus: "AUTHORIZED" });
	});

	test.each(["completeSaga", "skipSagaStep"] as const)(
		"is in the order's books what was decided (%s), whatever payments answers",
		async (act) => {
			const { order, saga } = await stuck("checkout", {
				"payments.capture": no,
				"payments.settleByHand": [() => ({ status: "VOIDED" })],
			});

			await desk.decides(act, saga.id, "capture the payment");

			await toldPayments(order, saga);
			const paymentStatus = act === "completeSaga" ? "CAPTURED" : "AUTHORIZED";
			expect(await desk.view(order)).toMatchObject({ paymentStatus });
		},
	);

	test("that is tried again tells nobody", async () => {
		const { order, saga } = await stuck("checkout", { "payments.capture": [...no, () => undefined] });

		await desk.decides("retrySaga", saga.id);
		await desk.rest(order, "checkout");

		expect(desk.questions(order)).toEqual(["payments.capture"]);
		expect(await desk.sagas(order, "settlement by hand")).toEqual([]);
	});
});

describe("a refund", () => {
	test.each([
		["REFUNDED", { status: "REFUNDED" }],
		["VOIDED", { status: "VOIDED" }],
		["REFUNDED", {}],
		["REFUNDED", null],
	])("that was made by hand is %s where payments answers %j", async (paymentStatus, answer) => {
		const { order, saga } = await stuck("cancellation", {
			"payments.refund": no,
			"payments.settleByHand": [() => answer],
		});

		await desk.decides("completeSaga", saga.id);

		const told = settlement(order, saga.id, "refund", { what: "refund", isDone: true });
		expect(await toldPayments(order, saga)).toEqual([["payments.settleByHand", told]]);
		const view = await desk.view(order);
		expect(view).toMatchObject({ status: "CANCELLED", paymentStatus });
		expect((await desk.told(order)).at(-1)).toEqual(view);
	});

	test("that was left out leaves the money where it is, and payments is told", async () => {
		const { order, saga } = await stuck("cancellation", {
			"payments.refund": no,
			"payments.settleByHand": [() => ({ status: "REFUNDED" })],
		});

		await desk.decides("skipSagaStep", saga.id, "refund the payment");

		const told = settlement(order, saga.id, "refund", { what: "refund", isDone: false });
		expect(await toldPayments(order, saga)).toEqual([["payments.settleByHand", told]]);
		expect(await desk.view(order)).toMatchObject({ status: "CANCELLED", paymentStatus: "CAPTURED" });
	});
});

describe("a void", () => {
	test("that was left out goes on with the other undos, and the order's payment stays as it is", async () => {
		const { order, saga } = await stuck("checkout", { ...failed, "payments.void": no });

		await desk.decides("skipSagaStep", saga.id, "authorise the payment");
		await desk.rest(order, "checkout");

		const told = settlement(order, saga.id, "authorise", { what: "void", isDone: false });
		const asked = await toldPayments(order, saga);
		expect(asked).toContainEqual(["payments.settleByHand", told]);
		expect(asked.map(([question]) => question).toSorted()).toEqual([
			"cart.giveBack",
			"payments.settleByHand",
			"products.undoReserve",
		]);
		expect(await desk.view(order)).toMatchObject({ status: "COMPENSATED", paymentStatus: "AUTHORIZED" });
	});

	test("that was made by hand, with all the rest, has catalog and cart give back what they hold", async () => {
		const { order, saga } = await stuck("checkout", { ...failed, "payments.void": no });

		await desk.decides("completeSaga", saga.id);

		const told = settlement(order, saga.id, "authorise", { what: "void", isDone: true });
		await givenBack(order, saga, 2);
		const asked = await toldPayments(order, saga);
		expect(asked).toHaveLength(3);
		expect(asked).toEqual(
			expect.arrayContaining([
				["payments.settleByHand", told],
				["products.undoReserve", givingStockBack(order)],
				["cart.giveBack", givingCartBack(order)],
			]),
		);
		expect(await desk.view(order)).toMatchObject({ status: "COMPENSATED", paymentStatus: "VOIDED" });
	});
});

const givingStockBack = ({ id: orderId }: NewOrder): object => {
	const operation = { sagaId: orderId, step: "reserve", operationId: expect.any(String) };
	return { operation, orderId, reason: "ORDER_FAILED" };
};
const givingCartBack = ({ id: orderId }: NewOrder): object => {
	return { operation: { sagaId: orderId, step: "freeze", operationId: expect.any(String) }, orderId };
};

/** Waits until so many of those who hold something have given it back. */
async function givenBack(order: NewOrder, { correlationId }: Saga, count: number): Promise<void> {
	const sagas = await desk.allRest(order, "giving back by hand");
	expect(sagas).toHaveLength(count);
	for (const saga of sagas) expect(saga).toMatchObject({ status: "COMPLETED", correlationId });
}

describe("what an order that came to nothing still holds", () => {
	test.each(["skipSagaStep", "completeSaga"] as const)(
		"is given back by the cart, whatever was decided about its undo (%s)",
		async (act) => {
			const { order, saga } = await stuck("checkout", { ...failed, "cart.giveBack": [...no, () => undefined] });

			await desk.decides(act, saga.id, "freeze the cart");

			await givenBack(order, saga, 1);
			expect(desk.asked(order).map(({ question, params }) => [question, params])).toEqual([
				["cart.giveBack", givingCartBack(order)],
			]);
			expect(await desk.view(order)).toMatchObject({ status: "COMPENSATED", failureReason: "OUT_OF_STOCK" });
			expect(await desk.sagas(order, "settlement by hand")).toEqual([]);
		},
	);

	test("is given back by catalog where the undo was left out, and the saga goes on with the cart", async () => {
		const { order, saga } = await stuck("checkout", { ...failed, "products.undoReserve": [...no, () => undefined] });

		await desk.decides("skipSagaStep", saga.id, "reserve the stock");
		await desk.rest(order, "checkout");

		await givenBack(order, saga, 1);
		const asked = desk.asked(order).map(({ question, params }): [Question, object] => [question, params]);
		expect(asked).toHaveLength(2);
		expect(asked).toEqual(
			expect.arrayContaining([
				["products.undoReserve", givingStockBack(order)],
				["cart.giveBack", givingCartBack(order)],
			]),
		);
		expect(await desk.view(order)).toMatchObject({ status: "COMPENSATED", paymentStatus: "VOIDED" });
	});
});
