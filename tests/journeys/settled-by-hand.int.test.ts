import { randomUUID } from "node:crypto";
import type { PaymentProvider } from "../../services/payments/providers/provider";
import { addsUpAtTheEnd } from "../support/adds-up";
import { transports } from "../support/servers";
import { openShop, type Shop } from "../support/shop";
import type { PlacedOrder } from "../support/shop-types";
import { until } from "../support/until";

const AUTHORIZED = { kind: "authorize", amount: 1_999 };
const REFUNDED = [AUTHORIZED, { kind: "capture", amount: 1_999 }, { kind: "refund", amount: 1_999 }];
const VOIDED = [AUTHORIZED, { kind: "void", amount: 1_999 }];

type Act = "retrySaga" | "skipSagaStep" | "completeSaga";

describe.each(transports)("captures that were given up, with events over %s", (events) => {
	let shop: Shop;
	/** Orders that the provider captures nothing for; with "silent" it does, and says that it did not. */
	const refusing = new Map<string, "down" | "silent">();

	beforeAll(async () => {
		shop = await openShop({ events });
		const { provider } = shop.node().broker.getLocalService("payments") as unknown as { provider: PaymentProvider };
		const capture = provider.capture.bind(provider);
		provider.capture = async (request, signal) => {
			const how = refusing.get(request.orderId);
			if (how !== "down") await capture(request, signal);
			if (how !== undefined) throw new Error("the provider answers 503");
		};
	});
	afterAll(async () => shop[Symbol.asyncDispose]());

	const sagaOf = async (sagaId: string): Promise<{ saga_id: string; status: string } | undefined> => {
		const text = "SELECT saga_id, status FROM orders.saga_state WHERE saga_id = $1";
		return (await shop.database.query<{ saga_id: string; status: string }>(text, [sagaId])).rows[0];
	};

	/** A confirmed order whose capture has used up its attempts; all but one of them are only counted. */
	async function givenUp(how: "down" | "silent" = "down"): Promise<PlacedOrder> {
		const product = await shop.given.product({ price: 1_999 });
		const ada = await shop.given.customer();
		const order = await (async () => {
			await using _approvals = await shop.holdingApprovals();
			const placed = await shop.when.checksOut(ada, [{ product, quantity: 1 }]);
			refusing.set(placed.id, how);
			return placed;
		})();
		await shop.until(order).is("CONFIRMED");
		await until(
			async () => {
				await shop.database.query(
					"UPDATE orders.saga_state SET attempts = 19 WHERE saga_id = $1 AND attempts > 0 AND owner IS NULL",
					[order.id],
				);
				return (await sagaOf(order.id))?.status === "NEEDS_OPERATOR";
			},
			{ what: "the capture to be given up" },
		);
		return order;
	}

	const decide = (order: PlacedOrder, act: Act, reason = "see ticket 4711") =>
		shop.node().broker.call(`orders.${act}`, {
			sagaId: order.id,
			step: "capture the payment",
			by: "grace@console",
			reason,
		});

	const paymentOf = async ({ id }: PlacedOrder) => {
		const text = "SELECT status, by_hand FROM payments.payments WHERE order_id = $1";
		return (await shop.database.query(text, [id])).rows[0] as unknown;
	};

	/** The cancellation's log as a person reads it, with how often it was answered "not yet". */
	async function refundOf(order: PlacedOrder): Promise<{ lines: string[]; looks: number }> {
		const text = `SELECT outcome, coalesce((detail ->> 'times')::int, 1) AS times
			FROM orders.saga_log JOIN orders.saga_state USING (saga_id)
			WHERE saga = 'cancellation' AND correlation_id = $1 ORDER BY seq`;
		const { rows } = await shop.database.query<{ outcome: string; times: number }>(text, [order.id]);
		return { lines: rows.map(({ outcome }) => outcome), looks: rows.find((row) => row.outcome === "AWAY")?.times ?? 0 };
	}

	/** Cancels an order as if nothing of a capture that was called off could be on its way to the provider any more. */
	async function cancelled(order: PlacedOrder, paymentStatus: string): Promise<void> {
		await shop.when.cancels(order);
		await until(
			async () => {
				await shop.database.query(
					`UPDATE payments.saga_state SET updated_at = now() - interval '1 minute'
					WHERE saga_id = $1 AND step = 'capture' AND state = 'UNDONE'`,
					[order.id],
				);
				await shop.database.query(
					`UPDATE payments.payments SET updated_at = now() - interval '1 minute'
					WHERE order_id = $1 AND status = 'CAPTURED' AND by_hand IS NOT NULL`,
					[order.id],
				);
				const { rows } = await shop.database.query<{ payment_status: string }>(
					"SELECT payment_status FROM orders.orders WHERE id = $1 AND status = 'CANCELLED'",
					[order.id],
				);
				return rows[0]?.payment_status === paymentStatus;
			},
			{ what: `the cancelled order to be ${paymentStatus}` },
		);
	}

	test("a capture that was left out is over: payments knows who said so and why, and a cancellation voids the hold", async () => {
		const order = await givenUp();

		await decide(order, "skipSagaStep");
		await shop.when.cancels(order);
		await shop.until(order).is("CANCELLED", { paymentStatus: "VOIDED" });

		const left = { what: "capture", isDone: false, by: "grace@console", reason: "see ticket 4711" };
		expect(await paymentOf(order)).toMatchObject({ status: "VOIDED", by_hand: [left] });
		expect(await shop.ledgerOf(order)).toEqual(VOIDED);
		const { lines, looks } = await refundOf(order);
		expect(lines).toEqual(["STARTED", "AWAY", "STARTED", "SUCCEEDED"]);
		expect(looks).toBeGreaterThan(1);
	});

	test("a capture that was made by hand is in the shop's books at once, and a cancellation refunds it", async () => {
		const order = await givenUp();
		await shop.database.query(
			`INSERT INTO sandbox_provider.ledger (operation_id, order_id, kind, amount, currency)
			VALUES ($1, $2, 'capture', 1999, 'USD')`,
			[randomUUID(), order.id],
		);

		await decide(order, "completeSaga");
		await shop.eventually(
			() => paymentOf(order),
			expect.objectContaining({ status: "CAPTURED", by_hand: [expect.objectContaining({ isDone: true })] }),
		);

		await cancelled(order, "REFUNDED");

		expect(await shop.ledgerOf(order)).toEqual(REFUNDED);
	});

	test("a capture by hand that the provider has never heard of is voided and not refunded", async () => {
		const order = await givenUp();

		await decide(order, "completeSaga");
		await shop.until(order).is("CONFIRMED", { paymentStatus: "CAPTURED" });

		await cancelled(order, "VOIDED");

		expect(await shop.ledgerOf(order)).toEqual(VOIDED);
	});

	test("a capture that was left out, and that the provider had made without an answer, is refunded", async () => {
		const order = await givenUp("silent");

		await decide(order, "skipSagaStep");

		await cancelled(order, "REFUNDED");

		expect(await shop.ledgerOf(order)).toEqual(REFUNDED);
	});

	test("a decision that payments was not told of, as nodes of before did not, is found out by the refund", async () => {
		const order = await givenUp();
		await shop.database.query("UPDATE orders.saga_state SET status = 'COMPLETED' WHERE saga_id = $1", [order.id]);

		await cancelled(order, "VOIDED");

		expect(await shop.ledgerOf(order)).toEqual(VOIDED);
	});

	test("a refund waits for a capture that an operator has not decided about, without filling the log, and follows it", async () => {
		const order = await givenUp();

		await shop.when.cancels(order);
		await until(async () => (await refundOf(order)).looks > 3, { what: "the refund to be told to wait" });
		const { lines } = await refundOf(order);
		refusing.delete(order.id);
		await decide(order, "retrySaga", "the provider is back");

		await shop.until(order).is("CANCELLED", { paymentStatus: "REFUNDED" });
		expect(lines.length).toBeLessThanOrEqual(3);
		expect(await shop.ledgerOf(order)).toEqual(REFUNDED);
	});

	test("a refund that only waits can be completed by hand, and payments is told", async () => {
		const order = await givenUp();
		await shop.when.cancels(order);
		await until(async () => (await refundOf(order)).looks > 0, { what: "the refund to be told to wait" });
		await shop.database.query(
			`INSERT INTO sandbox_provider.ledger (operation_id, order_id, kind, amount, currency)
			VALUES ($1, $2, 'void', 1999, 'USD')`,
			[randomUUID(), order.id],
		);

		await decide(order, "skipSagaStep", "it was cancelled");
		const { rows } = await shop.database.query<{ saga_id: string }>(
			"SELECT saga_id FROM orders.saga_state WHERE saga = 'cancellation' AND correlation_id = $1",
			[order.id],
		);
		const decision = { by: "grace@console", reason: "voided at the provider's desk" };
		await shop.node().broker.call("orders.completeSaga", { sagaId: rows[0]!.saga_id, ...decision });

		await shop.eventually(
			() => paymentOf(order),
			expect.objectContaining({
				status: "VOIDED",
				by_hand: expect.arrayContaining([expect.objectContaining(decision)]),
			}),
		);
		await shop.until(order).is("CANCELLED", { paymentStatus: "VOIDED" });
		expect(await shop.ledgerOf(order)).toEqual(VOIDED);
	});

	addsUpAtTheEnd(() => shop);
});
