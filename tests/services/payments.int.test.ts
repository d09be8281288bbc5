import { until } from "../support/until";
import { openBroker } from "./alone.stage";
import { fakeIntervals } from "./intervals";
import { openService, openTill, type Order, type Till } from "./payments.stage";

let till: Till;

beforeAll(async () => {
	fakeIntervals();
	till = await openTill();
});
afterAll(async () => {
	await till[Symbol.asyncDispose]();
	jest.useRealTimers();
});

const decision = { what: "capture", isDone: true, by: "grace@console", reason: "see ticket 4711" };

test.each<[string, object]>([
	["authorise", { amount: -1 }],
	["authorise", { amount: 19.99 }],
	["authorise", { amount: undefined }],
	["authorise", { currency: "US" }],
	["authorise", { orderId: "4711" }],
	["void", { orderId: "4711" }],
	["capture", { orderId: "4711" }],
	["capture", { amount: -1 }],
	["refund", { currency: "dollars" }],
	["refund", { operation: { sagaId: "4711", step: "refund", operationId: "4711" } }],
	["settleByHand", { what: "gift" }],
	["settleByHand", { isDone: undefined }],
	["settleByHand", { by: undefined }],
	["settleByHand", { reason: undefined }],
])("%s does not take %j", async (action, wrong) => {
	const { id: orderId, amount, currency, operations } = till.order();
	const rest = action === "settleByHand" ? decision : { amount, currency };
	const params = { operation: operations.authorise, orderId, ...(action === "void" ? {} : rest), ...wrong };

	await expect(till.broker.call(`payments.${action}`, params)).rejects.toMatchObject({
		code: 422,
		type: "VALIDATION_ERROR",
	});
});

test("the provider is listened to from the start", async () => {
	const order = await till.given("AUTHORIZING");
	await till.look(
		`INSERT INTO sandbox_provider.notices (operation_id, order_id, amount, currency, due_at, nth)
		VALUES ($1, $2, $3, $4, now(), 1)`,
		[order.operations.authorise.operationId, order.id, order.amount, order.currency],
	);

	jest.advanceTimersByTime(1_000);

	await until(async () => (await till.facts(order)).length > 0, { what: "the payment to be authorised" });
	expect(await till.payment(order)).toMatchObject({ status: "AUTHORIZED" });
});

test("a stop closes the provider", async () => {
	const broker = openBroker("another till");
	const { provider } = openService(broker, till.url);
	await broker.start();
	const timers = jest.getTimerCount();

	await broker.stop();

	await expect(provider.lookUp(till.order().id, new AbortController().signal)).rejects.toThrow("after calling end");
	expect(jest.getTimerCount()).toBeLessThan(timers);
});

test("what was done and undone for an order is forgotten 90 days after its sagas are over", async () => {
	const remembered = async ({ id }: Order): Promise<boolean> =>
		(await till.look("SELECT FROM payments.saga_state WHERE saga_id = $1", [id])).length > 0;
	const orders: Order[] = [];
	for (const days of [91, 91, 89]) {
		const order = await till.given("AUTHORIZED");
		const ago = `now() - interval '${days} days'`;
		await till.look(`UPDATE payments.saga_log SET at = ${ago} WHERE saga_id = $1`, [order.id]);
		await till.look(`UPDATE payments.saga_state SET updated_at = ${ago} WHERE saga_id = $1`, [order.id]);
		orders.push(order);
	}
	const [old, unfinished, young] = orders as [Order, Order, Order];
	till.over.sagas.add(old.id).add(young.id);

	jest.advanceTimersByTime(60_000);

	await until(async () => !(await remembered(old)), { what: "what is old to be forgotten" });
	expect(await remembered(unfinished)).toBe(true);
	expect(await remembered(young)).toBe(true);
});
