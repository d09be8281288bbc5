import { operationIdOf } from "../../mixins/saga/store";
import type { PaymentProvider, ProviderAnswer } from "../../services/payments/providers/provider";
import { addsUpAtTheEnd } from "../support/adds-up";
import { transports } from "../support/servers";
import { openShop, type Shop } from "../support/shop";
import type { PlacedOrder } from "../support/shop-types";
import { until } from "../support/until";

type Words = "approve" | "decline";

describe.each(transports)("several attempts at one authorisation at once, with events over %s", (events) => {
	let shop: Shop;
	/** What waits at the provider, by order: each is answered when the test says so. */
	const asked = new Map<string, ((words: Words) => Promise<void>)[]>();

	beforeAll(async () => {
		shop = await openShop({ events });
		const { provider } = shop.node().broker.getLocalService("payments") as unknown as { provider: PaymentProvider };
		const authorise = provider.authorise.bind(provider);
		// Only an attempt that the provider can't find again makes a second request.
		provider.lookUp = async () => false;
		provider.authorise = (request, signal) =>
			new Promise<ProviderAnswer>((resolve) => {
				const answer = async (words: Words): Promise<void> =>
					resolve(
						words === "approve"
							? await authorise(request, signal)
							: { approved: false, reason: "PAYMENT_DECLINED" as const },
					);
				asked.set(request.orderId, [...(asked.get(request.orderId) ?? []), answer]);
			});
	});
	afterAll(async () => shop[Symbol.asyncDispose]());

	/** An order whose saga has asked the provider, and what a second attempt at the same step comes to. */
	async function twoAttempts(): Promise<{ order: PlacedOrder; second: Promise<unknown>; answers: typeof answersOf }> {
		const product = await shop.given.product({ price: 1_999 });
		const order = await shop.when.checksOut(await shop.given.customer(), [{ product, quantity: 1 }]);
		await until(() => answersOf(order).length === 1, { what: "the provider to be asked" });
		const operationId = operationIdOf(order.id, "authorise the payment", "do");
		const operation = { sagaId: order.id, step: "authorise", operationId };
		const params = { operation, orderId: order.id, amount: 1_999, currency: "USD" };
		const second = shop.node().broker.call("payments.authorise", params);
		second.catch(() => undefined);
		await until(() => answersOf(order).length === 2, { what: "the provider to be asked again" });
		return { order, second, answers: answersOf };
	}
	const answersOf = ({ id }: PlacedOrder) => asked.get(id) ?? [];
	const kindsIn = async (order: PlacedOrder) => (await shop.ledgerOf(order)).map(({ kind }) => kind);

	test("one that is declined ends the order, and what another has approved is given back", async () => {
		const { order, second, answers } = await twoAttempts();

		await answers(order)[1]!("decline");
		await expect(second).rejects.toMatchObject({ type: "PAYMENT_DECLINED" });
		await answers(order)[0]!("approve");

		await shop.until(order).is("COMPENSATED", { failureReason: "PAYMENT_DECLINED", paymentStatus: "DECLINED" });
		expect(await kindsIn(order)).toEqual(["authorize", "void"]);
	});

	test("one that is approved counts, and another that is declined afterwards says so too", async () => {
		const { order, second, answers } = await twoAttempts();

		await answers(order)[1]!("approve");
		await second;
		await answers(order)[0]!("decline");

		await shop.until(order).is("CONFIRMED", { paymentStatus: "CAPTURED" });
		expect(await kindsIn(order)).toEqual(["authorize", "capture"]);
	});

	addsUpAtTheEnd(() => shop);
});
