import { Pool } from "pg";
import type { Auditor } from "../support/auditor";
import { wireTo, type Wire } from "../support/proxy";
import { rabbitmqAuditor } from "../support/rabbitmq-auditor";
import { describeOnRabbitMQ, testDatabase, testVhost, type TestDatabase, type TestVhost } from "../support/servers";
import { shopEnvironment } from "../support/shop";
import { startShopProcess, type ShopProcess } from "../support/shop-process";
import { stageOf, type Stage } from "../support/shop-stage";
import type { PlacedOrder } from "../support/shop-types";

jest.setTimeout(600_000);

/** Two whole nodes, and one with the orders alone. PostgreSQL answers all of them all the time. */
describeOnRabbitMQ("a shop of which some nodes are cut off from RabbitMQ alone", () => {
	let base: TestDatabase;
	let vhost: TestVhost;
	let database: Pool;
	let auditor: Auditor;
	let wire: Wire;
	let nodes: { whole: ShopProcess; cut: ShopProcess; orders: ShopProcess };
	let shop: Stage;
	let cutShop: Stage;

	beforeAll(async () => {
		base = await testDatabase();
		vhost = await testVhost();
		wire = await wireTo(vhost.url);
		database = new Pool({ connectionString: base.url, max: 4, application_name: "molecart tests" });
		auditor = await rabbitmqAuditor(vhost.url);
		const start = (name: string, amqpUrl: string, more: Record<string, string> = {}): Promise<ShopProcess> =>
			startShopProcess(name, { ...shopEnvironment(base.url, amqpUrl), ...more });
		const [whole, cut, orders] = await Promise.all([
			start("whole", vhost.url),
			start("cut", wire.url),
			start("orders", wire.url, { SERVICES: "orders" }),
		]);
		nodes = { whole, cut, orders };
		await Promise.all([whole, cut, orders].map((node) => node.ready()));
		shop = stageOf({ url: () => whole.url, database, auditor });
		cutShop = stageOf({ url: () => cut.url, database, auditor });
	});
	afterAll(async () => {
		await Promise.all(Object.values(nodes ?? {}).map((node) => node.end("SIGKILL")));
		await auditor?.[Symbol.asyncDispose]();
		await database?.end();
		await wire?.[Symbol.asyncDispose]();
		await vhost?.[Symbol.asyncDispose]();
		await base?.[Symbol.asyncDispose]();
	});

	test("every order ends while the cut lasts, whichever node took it or had it in hand", async () => {
		const lamp = await shop.given.product({ stock: 100 });
		const carts = await Promise.all(
			Array.from({ length: 16 }, async () => {
				const customer = await shop.given.customer();
				return { customer, cart: await shop.given.cart(customer, { product: lamp, quantity: 1 }) };
			}),
		);
		const placed = (by: Stage, from: number, to: number, token?: string): Promise<PlacedOrder[]> =>
			Promise.all(
				carts
					.slice(from, to)
					.map(({ customer, cart }) => by.when.checksOutCart(customer, cart, token === undefined ? {} : { token })),
			);
		// Three seconds each at the provider: every node is in the middle of some.
		const before = await placed(shop, 0, 8, "tok_slow");
		await shop.eventually(async () => (await ordersOf(before)).length, 8);

		wire.sever();
		const during = await Promise.all([placed(shop, 8, 12), placed(cutShop, 12, 16)]);
		const all = [...before, ...during.flat()];

		await shop.eventually(() => nodes.cut.health(), expect.objectContaining({ status: 503 }));
		expect((await nodes.cut.health()).missing).toEqual(expect.arrayContaining(["rabbitmq", "transporter"]));
		expect((await nodes.orders.health()).missing).toEqual(expect.arrayContaining(["rabbitmq", "transporter"]));
		await shop.eventually(async () => (await ordersOf(all)).filter(isPaid).length, 16, 90_000);

		wire.mend();
		await Promise.all([nodes.cut.ready(), nodes.orders.ready()]);
		await shop.untilSound();
		expect(await shop.deadLetters()).toEqual([]);
	});

	async function ordersOf(placed: readonly PlacedOrder[]): Promise<{ status: string; payment_status: string }[]> {
		const { rows } = await database.query<{ status: string; payment_status: string }>(
			"SELECT status, payment_status FROM orders.orders WHERE id = ANY ($1)",
			[placed.map(({ id }) => id)],
		);
		return rows;
	}
});

function isPaid(order: { status: string; payment_status: string }): boolean {
	return order.status === "CONFIRMED" && order.payment_status === "CAPTURED";
}
