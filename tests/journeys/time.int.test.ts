import { addsUpAtTheEnd } from "../support/adds-up";
import { transports } from "../support/servers";
import { openShop, type Shop } from "../support/shop";
import { until } from "../support/until";

describe.each(transports)("reservations that expire before they are paid, with events over %s", (events) => {
	let shop: Shop;

	beforeAll(async () => {
		shop = await openShop({ events, settings: { RESERVATION_TTL_S: "600" } });
	});
	afterAll(async () => shop[Symbol.asyncDispose]());

	/** As if the time until then were over. */
	const expire = async (orderId: string): Promise<void> => {
		const text =
			"UPDATE catalog.reservations SET expires_at = now() - interval '1 second' WHERE order_id = $1 AND state = 'RESERVED'";
		await shop.eventually(async () => (await shop.database.query(text, [orderId])).rowCount, 1);
		await shop.eventually(() => releasedFor(orderId), ["EXPIRED"]);
	};

	test("a reservation is good for as long as the setting says", async () => {
		await using _approvals = await shop.holdingApprovals();
		const product = await shop.given.product();
		const order = await shop.when.checksOut(await shop.given.customer(), [{ product, quantity: 1 }]);

		const text =
			"SELECT extract(epoch FROM expires_at - updated_at)::int AS seconds FROM catalog.reservations WHERE order_id = $1";
		const [reservation] = await until(
			async () => {
				const { rows } = await shop.database.query<{ seconds: number }>(text, [order.id]);
				return rows.length > 0 && rows;
			},
			{ what: "the reservation" },
		);

		expect(reservation).toEqual({ seconds: 600 });
	});

	const releasedFor = async (orderId: string): Promise<unknown[]> => {
		const heard = (await shop.auditor.heard()).map(({ envelope }) => envelope);
		return heard
			.filter(({ event_type, aggregate_id }) => event_type === "StockReleased" && aggregate_id === orderId)
			.map(({ data }) => data["reason"]);
	};

	test("what expired while the provider took its time is held again when nobody else wanted it", async () => {
		const lamp = await shop.given.product({ stock: 1 });
		const ada = await shop.given.customer();

		const approvals = await shop.holdingApprovals();
		const order = await shop.when.checksOut(ada, [{ product: lamp, quantity: 1 }]);
		await expire(order.id);
		await approvals[Symbol.asyncDispose]();

		await shop.until(order).is("CONFIRMED", { paymentStatus: "CAPTURED" });
		await shop.eventually(() => shop.stockOf(lamp), { onHand: 0, reserved: 0, available: 0 });
		expect(await releasedFor(order.id)).toEqual(["EXPIRED"]);
		// The cart's own record of it has followed.
		await shop.eventually(async () => {
			const held = "SELECT held FROM cart.held_stock WHERE order_id = $1";
			return (await shop.database.query(held, [order.id])).rows;
		}, [{ held: true }]);
	});

	test.each([
		["a withdrawal", { active: false }, "PRODUCT_UNAVAILABLE"],
		["a new price", { price: 2_499 }, "PRICE_CHANGED"],
	])("%s between expiry and confirmation ends the order, and nothing is paid", async (_what, change, failureReason) => {
		const lamp = await shop.given.product({ price: 1_999, stock: 1 });
		const ada = await shop.given.customer();

		const approvals = await shop.holdingApprovals();
		const order = await shop.when.checksOut(ada, [{ product: lamp, quantity: 1 }]);
		await expire(order.id);
		await shop.when.updatesProduct(lamp, change);
		await approvals[Symbol.asyncDispose]();

		await shop.until(order).is("COMPENSATED", { failureReason, paymentStatus: "VOIDED" });
		expect((await shop.ledgerOf(order)).map(({ kind }) => kind)).toEqual(["authorize", "void"]);
		expect(await shop.stockOf(lamp)).toEqual({ onHand: 1, reserved: 0, available: 1 });
	});

	test("what expired and somebody else bought meanwhile is sold once, and the other one pays nothing", async () => {
		const lamp = await shop.given.product({ stock: 1 });
		const [ada, bob] = [await shop.given.customer(), await shop.given.customer()];
		const bobs = await shop.given.cart(bob, { product: lamp, quantity: 1 });

		const approvals = await shop.holdingApprovals();
		const slow = await shop.when.checksOut(ada, [{ product: lamp, quantity: 1 }]);
		await expire(slow.id);
		const quick = await shop.when.checksOutCart(bob, bobs);
		await approvals[Symbol.asyncDispose]();

		// Which of them is first depends on how busy this machine is; that both were would be wrong.
		await shop.eventually(async () => {
			const ends = await Promise.all([slow, quick].map((order) => shop.look(order)));
			return ends.map(({ status, failureReason }) => `${status} ${failureReason}`).toSorted();
		}, ["COMPENSATED OUT_OF_STOCK", "CONFIRMED null"]);
		await shop.eventually(() => shop.stockOf(lamp), { onHand: 0, reserved: 0, available: 0 });
		const paid = (await Promise.all([slow, quick].map((order) => shop.ledgerOf(order)))).flat();
		expect(paid.filter(({ kind }) => kind === "capture")).toHaveLength(1);
	});

	addsUpAtTheEnd(() => shop);
});

describe.each(transports)("a restart, with events over %s", (events) => {
	test("keeps everything: accounts, carts, orders, and those that were under way", async () => {
		await using shop = await openShop({ events });
		const lamp = await shop.given.product({ stock: 5 });
		const ada = await shop.given.customer();
		const bought = await shop.when.checksOut(ada, [{ product: lamp, quantity: 1 }]);
		const before = await shop.until(bought).is("CONFIRMED", { paymentStatus: "CAPTURED" });
		const underWay = await shop.when.checksOut(ada, [{ product: lamp, quantity: 2 }], { token: "tok_timeout" });
		const cart = await shop.given.cart(ada, { product: lamp, quantity: 1 });
		await shop.eventually(async () => (await shop.ledgerOf(underWay))[0]?.kind, "authorize");

		await shop.restart();

		expect(await shop.look(bought)).toEqual(before);
		expect(await shop.cartOf(ada)).toEqual(cart);
		expect(await shop.when.signsIn(ada)).toMatchObject({ id: ada.id });
		await shop.until(underWay).is("CONFIRMED", { paymentStatus: "CAPTURED" });
		await shop.until(await shop.when.checksOutCart(ada, cart)).is("CONFIRMED");
		await shop.eventually(() => shop.stockOf(lamp), { onHand: 1, reserved: 0, available: 1 });
		await shop.untilSound();
		expect(await shop.deadLetters()).toEqual([]);
	});
});
