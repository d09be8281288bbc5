import { randomUUID } from "node:crypto";
import { addsUpAtTheEnd } from "../support/adds-up";
import { transports } from "../support/servers";
import { openShop, type Shop } from "../support/shop";
import type { CheckoutOptions } from "../support/shop-when";
import type { Account, PlacedOrder, Product } from "../support/shop-types";
import { until } from "../support/until";

const HELD = [{ kind: "authorize", amount: 1_999 }];

/** The books that an undo can't be written into, by the status that it would write. */
const STUCK = `CREATE TABLE public.stuck (order_id uuid, status text);
	CREATE FUNCTION public.refuse_stuck() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
		IF EXISTS (SELECT FROM public.stuck s WHERE s.order_id = NEW.order_id AND s.status = to_jsonb(NEW) ->> TG_ARGV[0]) THEN
			RAISE EXCEPTION 'stuck';
		END IF;
		RETURN NEW;
	END $$;
	CREATE TRIGGER stuck BEFORE UPDATE ON catalog.reservations FOR EACH ROW EXECUTE FUNCTION public.refuse_stuck('state');
	CREATE TRIGGER stuck BEFORE UPDATE ON payments.payments FOR EACH ROW EXECUTE FUNCTION public.refuse_stuck('status');`;

type Act = "skipSagaStep" | "completeSaga";

describe.each(transports)("undos that can't be done, with events over %s", (events) => {
	let shop: Shop;
	let [ada, lamp]: [Account?, Product?] = [];

	beforeAll(async () => {
		shop = await openShop({ events });
		await shop.database.query(STUCK);
	});
	beforeEach(async () => {
		[ada, lamp] = [await shop.given.customer(), await shop.given.product({ price: 1_999, stock: 3 })];
	});
	afterAll(async () => shop[Symbol.asyncDispose]());

	const stuck = ({ id }: PlacedOrder, status: "RELEASED" | "VOIDED") =>
		shop.database.query("INSERT INTO public.stuck VALUES ($1, $2)", [id, status]);
	const mended = ({ id }: PlacedOrder) => shop.database.query("DELETE FROM public.stuck WHERE order_id = $1", [id]);

	/** Waits for an undo to have used up its attempts, all but one of which are only counted. */
	const givenUp = ({ id }: PlacedOrder, step: string) =>
		until(
			async () => {
				await shop.database.query(
					"UPDATE orders.saga_state SET attempts = 99 WHERE saga_id = $1 AND attempts > 0 AND owner IS NULL",
					[id],
				);
				const text = `SELECT FROM orders.saga_state s JOIN LATERAL (
						SELECT step, direction FROM orders.saga_log l WHERE l.saga_id = s.saga_id ORDER BY seq DESC LIMIT 1
					) last ON (last.step, last.direction) = ($2, 'undo')
					WHERE saga_id = $1 AND status = 'NEEDS_OPERATOR'`;
				return (await shop.database.query(text, [id, step])).rowCount === 1;
			},
			{ what: `the undo of "${step}" to be given up` },
		);

	const decide = ({ id: sagaId }: PlacedOrder, act: Act, step: string) =>
		shop.node().broker.call(`orders.${act}`, { sagaId, step, by: "grace@console", reason: "see ticket 4711" });

	/** One that is declined, and whose undo is stuck before the decline is heard of. */
	async function declined(status: "RELEASED" | "VOIDED", options: CheckoutOptions = { token: "tok_decline" }) {
		const cart = await shop.given.cart(ada!, { product: lamp!, quantity: 2 });
		const tokens = await shop.holding("LOCK TABLE payments.payments IN SHARE MODE");
		const order = await shop.when.checksOutCart(ada!, cart, options);
		await stuck(order, status);
		await tokens[Symbol.asyncDispose]();
		return { order, cart };
	}

	/** One that is authorised, and then can't be confirmed. */
	async function authorisedInVain(): Promise<PlacedOrder> {
		const approvals = await shop.holdingApprovals();
		const order = await shop.when.checksOut(ada!, [{ product: lamp!, quantity: 1 }]);
		await stuck(order, "VOIDED");
		const expire =
			"UPDATE catalog.reservations SET expires_at = now() - interval '1 second' WHERE order_id = $1 AND state = 'RESERVED'";
		await shop.eventually(async () => (await shop.database.query(expire, [order.id])).rowCount, 1);
		await shop.eventually(() => reservationOf(order), { state: "EXPIRED" });
		await shop.when.updatesProduct(lamp!, { active: false });
		await approvals[Symbol.asyncDispose]();
		return order;
	}

	const only = async (text: string, { id }: PlacedOrder): Promise<unknown> =>
		(await shop.database.query(text, [id])).rows[0];
	const reservationOf = (order: PlacedOrder) =>
		only("SELECT state FROM catalog.reservations WHERE order_id = $1", order);
	const paymentOf = (order: PlacedOrder) => only("SELECT status FROM payments.payments WHERE order_id = $1", order);
	const cartIs = (id: string, status: string) =>
		shop.eventually(() => shop.cartOf(ada, id), expect.objectContaining({ status }));
	const isReleased = (order: PlacedOrder) => shop.eventually(() => reservationOf(order), { state: "RELEASED" });

	test.each<[string, Act]>([
		["left out", "skipSagaStep"],
		["said to be done", "completeSaga"],
	])("stock that has no end any more is given back although its undo was %s, and so is the cart", async (_how, act) => {
		const { order, cart } = await declined("RELEASED");
		await givenUp(order, "reserve the stock");
		await shop.database.query("UPDATE catalog.reservations SET expires_at = NULL WHERE order_id = $1", [order.id]);
		await mended(order);

		await decide(order, act, "reserve the stock");

		await shop.until(order).is("COMPENSATED");
		await isReleased(order);
		expect(await shop.stockOf(lamp!)).toEqual({ onHand: 3, reserved: 0, available: 3 });
		await cartIs(cart.id, "ACTIVE");
	});

	test("what comes after an undo that was done by hand is done as well: stock and cart are given back", async () => {
		const { order, cart } = await declined("VOIDED", { token: "tok_down" });
		await givenUp(order, "authorise the payment");
		await mended(order);

		await decide(order, "completeSaga", "authorise the payment");

		await shop.until(order).is("COMPENSATED");
		await isReleased(order);
		expect(await shop.stockOf(lamp!)).toEqual({ onHand: 3, reserved: 0, available: 3 });
		await cartIs(cart.id, "ACTIVE");
		await shop.eventually(() => paymentOf(order), { status: "VOIDED" });
	});

	test("giving back is tried until it can be done, and is done once", async () => {
		const { order } = await declined("RELEASED");
		await givenUp(order, "reserve the stock");

		await decide(order, "skipSagaStep", "reserve the stock");
		await shop.until(order).is("COMPENSATED");
		const text = `SELECT count(*)::int AS failed FROM orders.saga_log JOIN orders.saga_state USING (saga_id)
			WHERE saga = 'giving back by hand' AND correlation_id = $1 AND outcome = 'FAILED'`;
		await until(async () => ((await only(text, order)) as { failed: number }).failed > 0, { what: "a failure" });
		expect(await reservationOf(order)).toEqual({ state: "RESERVED" });
		await mended(order);

		await isReleased(order);
		const releases = "SELECT count(*)::int FROM catalog.stock_movements WHERE order_id = $1 AND kind = 'RELEASED'";
		expect(await only(releases, order)).toEqual({ count: 1 });
	});

	test("a hold that an operator has left is not shown as voided", async () => {
		const order = await authorisedInVain();
		await givenUp(order, "authorise the payment");

		await decide(order, "skipSagaStep", "authorise the payment");

		await shop.until(order).is("COMPENSATED", { paymentStatus: "AUTHORIZED" });
		expect(await paymentOf(order)).toEqual({ status: "AUTHORIZED" });
		expect(await shop.ledgerOf(order)).toEqual(HELD);
		await voidAtTheDesk(order);
	});

	test("an undo that was done by hand is shown as voided", async () => {
		const order = await authorisedInVain();
		await givenUp(order, "authorise the payment");
		await voidAtTheDesk(order);
		await mended(order);

		await decide(order, "completeSaga", "authorise the payment");

		await shop.until(order).is("COMPENSATED", { paymentStatus: "VOIDED" });
		await shop.eventually(() => paymentOf(order), { status: "VOIDED" });
		expect((await shop.ledgerOf(order)).map(({ kind }) => kind)).toEqual(["authorize", "void"]);
	});

	const voidAtTheDesk = ({ id }: PlacedOrder) =>
		shop.database.query(
			`INSERT INTO sandbox_provider.ledger (operation_id, order_id, kind, amount, currency)
			VALUES ($1, $2, 'void', 1999, 'USD')`,
			[randomUUID(), id],
		);

	test("an approval that comes after its void was left out is given back", async () => {
		const { order } = await declined("VOIDED", { token: "tok_down" });
		await givenUp(order, "authorise the payment");
		await mended(order);
		await decide(order, "skipSagaStep", "authorise the payment");
		await shop.until(order).is("COMPENSATED", { paymentStatus: "NONE" });
		const told = "SELECT count(*)::int FROM payments.payments WHERE order_id = $1 AND by_hand IS NOT NULL";
		await shop.eventually(() => only(told, order), { count: 1 });

		await shop.database.query(
			`INSERT INTO sandbox_provider.notices (operation_id, order_id, amount, currency, due_at, nth)
			SELECT authorize_operation_id, order_id, amount, currency, now(), 1 FROM payments.payments WHERE order_id = $1`,
			[order.id],
		);

		const amount = 2 * 1_999;
		await shop.eventually(
			() => shop.ledgerOf(order),
			[
				{ kind: "authorize", amount },
				{ kind: "void", amount },
			],
		);
		expect(await paymentOf(order)).toEqual({ status: "VOIDED" });
	});

	addsUpAtTheEnd(() => shop);
});
