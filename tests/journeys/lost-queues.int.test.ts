import { connect, type Channel } from "amqplib";
import { addsUpAtTheEnd } from "../support/adds-up";
import { describeOnRabbitMQ } from "../support/servers";
import { openShop, type Shop } from "../support/shop";
import { until } from "../support/until";

/** An event that has failed twice waits in this one for a second. */
const DELAY_QUEUE = "orders.checkout.retry.1000";

describeOnRabbitMQ("an accepted order whose event is lost on its way back", () => {
	let shop: Shop;

	beforeAll(async () => {
		shop = await openShop({ events: "rabbitmq" });
	});
	afterAll(async () => shop[Symbol.asyncDispose]());

	async function asOperator<Result>(work: (channel: Channel) => Promise<Result>): Promise<Result> {
		const connection = await connect(shop.amqpUrl!);
		try {
			const channel = await connection.createChannel();
			channel.on("error", () => undefined);
			return await work(channel);
		} finally {
			await connection.close();
		}
	}

	test("is confirmed all the same, after its delay queue was deleted", async () => {
		const lamp = await shop.given.product({ stock: 3 });
		const ada = await shop.given.customer();
		const cart = await shop.given.cart(ada, { product: lamp, quantity: 1 });
		const locked = await shop.holding("LOCK TABLE orders.orders IN SHARE MODE");

		const order = await shop.when.checksOutCart(ada, cart);
		const lost = await until(
			() =>
				asOperator(async (channel) => {
					const { messageCount } = await channel.checkQueue(DELAY_QUEUE);
					return messageCount > 0 && (await channel.deleteQueue(DELAY_QUEUE)).messageCount;
				}),
			{ what: "the event to be lost in its delay queue", withinMs: 60_000, everyMs: 50 },
		);
		await locked[Symbol.asyncDispose]();

		await shop.until(order).is("CONFIRMED", {}, 120_000);
		expect(lost).toBe(1);
		// It is sold by an event, a moment after the confirmation.
		await until(async () => (await shop.stockOf(lamp)).reserved === 0, { what: "the stock to be sold" });
		expect(await shop.stockOf(lamp)).toMatchObject({ reserved: 0, available: 2 });
		expect(await shop.deadLetters()).toEqual([]);
	});

	addsUpAtTheEnd(() => shop);
});
