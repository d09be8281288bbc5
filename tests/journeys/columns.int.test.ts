import { randomUUID } from "node:crypto";
import { openShop, type Shop } from "../support/shop";

/** One more column in every table, as the migrations of a later release may have added while this one still runs. */
const ADD_COLUMNS = `DO $$ DECLARE found record; BEGIN
	FOR found IN
		SELECT nspname, relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
		WHERE relkind IN ('r', 'p') AND NOT relispartition
			AND nspname IN ('users', 'catalog', 'cart', 'orders', 'payments', 'sandbox_provider', 'events')
	LOOP
		EXECUTE format('ALTER TABLE %I.%I ADD COLUMN of_a_later_release text DEFAULT ''new''', found.nspname, found.relname);
	END LOOP;
END $$`;

const address = { name: "Ada", line1: "12 St James's Square", city: "London", postalCode: "SW1Y 4JH", country: "GB" };

describe("on the tables of a later release, which have a column more,", () => {
	let shop: Shop;

	beforeAll(async () => {
		shop = await openShop({ events: "postgres" });
	});
	afterAll(async () => shop[Symbol.asyncDispose]());

	/** Everything that writes: an order that is cancelled, one that is refused, a guest's cart that is merged, poison. */
	async function liveADay(): Promise<unknown> {
		const lamp = await shop.given.product({ stock: 5 });
		const guestCart = await shop.given.cart("guest", { product: lamp, quantity: 1 });
		const ada = await shop.given.customer({ guestCart });
		const [cancelled, refused] = [
			await shop.when.checksOut(ada, [{ product: lamp, quantity: 1 }], { address }),
			await shop.when.checksOut(ada, [{ product: lamp, quantity: 1 }], { token: "tok_decline" }),
		];
		await shop.until(cancelled).is("CONFIRMED", { paymentStatus: "CAPTURED" });
		await shop.until(refused).is("COMPENSATED", { failureReason: "PAYMENT_DECLINED" });
		await shop.when.cancels(cancelled);
		await shop.until(cancelled).is("CANCELLED", { paymentStatus: "REFUNDED" });
		await shop.eventually(() => shop.stockOf(lamp), { onHand: 5, reserved: 0, available: 5 });

		const poison = randomUUID();
		await shop.auditor.put("orders.checkout", "{", poison);
		await shop.eventually(async () => (await shop.deadLetters()).map(({ eventId }) => eventId), [poison]);
		const call = (action: string, params: object) => shop.node().broker.call(`orders.deadLetters.${action}`, params);
		await call("replay", { queue: "orders.checkout", ids: [poison], by: "ada", force: true });
		await shop.eventually(async () => (await shop.deadLetters()).map(({ eventId }) => eventId), [poison]);
		await call("discard", { queue: "orders.checkout", ids: [poison], reason: "not ours", by: "ada" });
		const orders = await Promise.all([cancelled, refused].map((order) => shop.look(order)));
		return {
			orders: orders.map(({ status, history }) => [status, ...history.map((line) => line.status)]),
			deadLetters: await shop.deadLetters(),
		};
	}

	test("the former release does all that it did before, with the statements that it has prepared already", async () => {
		const before = await liveADay();
		await shop.database.query(ADD_COLUMNS);

		expect(await liveADay()).toEqual(before);
	});
});
