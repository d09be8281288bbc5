import { randomUUID } from "node:crypto";
import { v7 as uuidv7 } from "uuid";
import type { PaymentProvider } from "../../services/payments/providers/provider";
import { addsUpAtTheEnd } from "../support/adds-up";
import { openShop, type Shop } from "../support/shop";

/**
 * What a start refuses is done here from the inside: one service takes its prices for other money than the rest of the
 * shop. Whatever hears of a sum compares.
 */
describe("a sum in another currency", () => {
	let shop: Shop;

	beforeAll(async () => {
		shop = await openShop({ events: "postgres" });
	});
	afterAll(async () => shop[Symbol.asyncDispose]());

	async function inEuros<Result>(service: string, work: () => Promise<Result>): Promise<Result> {
		const other = shop.node().broker.getLocalService(service) as unknown as { currency: string };
		other.currency = "EUR";
		try {
			return await work();
		} finally {
			other.currency = "USD";
		}
	}

	const call = (action: string, params: object): Promise<unknown> => shop.node().broker.call(action, params);

	async function confirmedOrder() {
		const product = await shop.given.product({ price: 2_200, stock: 3 });
		const order = await shop.when.checksOut(await shop.given.customer(), [{ product, quantity: 1 }]);
		await shop.until(order).is("CONFIRMED", { paymentStatus: "CAPTURED" });
		return order;
	}

	test("comes into no cart, by adding, by changing or by accepting new prices", async () => {
		const lamp = await shop.given.product({ price: 2_200 });
		const ada = await shop.given.customer();
		const { id: cartId } = await shop.given.cart(ada, { product: lamp, quantity: 1 });
		const meta = { meta: { caller: { id: ada.id, role: "CUSTOMER" } } };
		const { broker } = shop.node();

		await inEuros("cart", async () => {
			const refusal = { code: 409, type: "CONFLICT", message: expect.stringMatching(/is in USD, and not in EUR$/) };
			const item = { cartId, productId: lamp.id, quantity: 2 };
			await expect(broker.call("cart.addItem", item, meta)).rejects.toMatchObject(refusal);
			await expect(broker.call("cart.updateItem", item, meta)).rejects.toMatchObject(refusal);
			await expect(broker.call("cart.acceptChanges", { cartId }, meta)).rejects.toMatchObject(refusal);
		});

		expect(await shop.cartOf(ada)).toMatchObject({ total: { amount: 2_200, currency: "USD" } });
	});

	test("that a cart was frozen in is ordered by nobody: nothing is held or paid, and the cart is back", async () => {
		const lamp = await shop.given.product({ price: 2_200, stock: 3 });
		const ada = await shop.given.customer();
		const cart = await shop.given.cart(ada, { product: lamp, quantity: 1 });

		const order = await inEuros("cart", () => shop.when.checksOutCart(ada, cart));

		await shop.until(order).is("COMPENSATED", { failureReason: "CURRENCY_MISMATCH", paymentStatus: "NONE" });
		expect(await shop.ledgerOf(order)).toEqual([]);
		expect(await shop.stockOf(lamp)).toEqual({ onHand: 3, reserved: 0, available: 3 });
		await shop.eventually(async () => (await shop.cartOf(ada))?.id, cart.id);
	});

	test("is not authorised, and neither is another sum than the order's was at first", async () => {
		const order = await confirmedOrder();
		const asked = (amount: number, currency: string, orderId: string = order.id) => {
			const operation = { sagaId: randomUUID(), step: "authorise", operationId: randomUUID() };
			return call("payments.authorise", { operation, orderId, amount, currency });
		};

		await expect(asked(2_200, "EUR", randomUUID())).rejects.toMatchObject({ type: "CURRENCY_MISMATCH" });
		await expect(asked(2_300, "USD")).rejects.toMatchObject({ type: "SUM_MISMATCH" });

		expect(await shop.ledgerOf(order)).toHaveLength(2);
	});

	test.each(["capture", "refund"])(
		"goes with no %s, neither in the shop's books nor in the provider's",
		async (what) => {
			const order = await confirmedOrder();
			const { provider } = shop.node().broker.getLocalService("payments") as unknown as { provider: PaymentProvider };
			const operation = { sagaId: order.id, step: `another ${what}`, operationId: randomUUID() };
			const sum = { orderId: order.id, amount: 2_200, currency: "EUR" };

			const inTheShop = call(`payments.${what}`, { operation, ...sum });
			await expect(inTheShop).rejects.toMatchObject({ type: "CURRENCY_MISMATCH" });
			const atTheProvider = provider[what as "capture" | "refund"](
				{ operationId: randomUUID(), ...sum },
				AbortSignal.timeout(5_000),
			);
			await expect(atTheProvider).rejects.toThrow("of another sum");

			expect((await shop.ledgerOf(order)).map(({ kind }) => kind)).toEqual(["authorize", "capture"]);
		},
	);

	test("in an event makes it a dead letter, and changes nothing", async () => {
		const lamp = await shop.given.product({ price: 2_200 });
		const ada = await shop.given.customer();
		await shop.given.cart(ada, { product: lamp, quantity: 1 });
		const order = await confirmedOrder();
		const put = (queue: string, type: string, aggregate: string, data: object) => {
			const envelope = {
				event_id: uuidv7(),
				event_type: type,
				version: 1,
				timestamp: new Date().toISOString(),
				correlation_id: aggregate,
				causation_id: aggregate,
				aggregate_id: aggregate,
				aggregate_version: 99,
				producer: "a test",
				data,
			};
			return shop.auditor.put(queue, JSON.stringify(envelope), envelope.event_id);
		};

		const { id: productId, sku, name } = lamp;
		const dear = { productId, sku, name, price: 9_900, currency: "EUR", active: true };
		await put("cart.products", "ProductUpdated", productId, dear);
		const paid = { paymentId: randomUUID(), orderId: order.id, amount: 2_200, currency: "EUR" };
		await put("orders.payments", "PaymentProcessed", order.id, paid);

		await shop.eventually(
			async () => (await shop.deadLetters()).map(({ queue }) => queue).toSorted(),
			["cart.products", "orders.payments"],
		);
		expect(await shop.cartOf(ada)).toMatchObject({ problems: [] });
		await shop.database.query("DELETE FROM events.dead_letters");
	});

	addsUpAtTheEnd(() => shop);
});
