import { Pool } from "pg";
import type { Auditor } from "../support/auditor";
import { rabbitmqAuditor } from "../support/rabbitmq-auditor";
import { describeOnRabbitMQ, testDatabase, testVhost, type TestDatabase, type TestVhost } from "../support/servers";
import { shopEnvironment } from "../support/shop";
import { startShopProcess, type ShopProcess } from "../support/shop-process";
import { stageOf, type Stage } from "../support/shop-stage";
import { until } from "../support/until";
import type { Account, Cart, PlacedOrder, Product } from "../support/shop-types";

const SERVICES = ["gateway", "users", "products", "cart", "orders", "payments"];

jest.setTimeout(600_000);

/** One shop of seven processes, and what becomes of it: the tests build on each other. */
describeOnRabbitMQ("a shop of several nodes", () => {
	const nodes = new Map<string, ShopProcess>();
	let base: TestDatabase;
	let vhost: TestVhost;
	let database: Pool;
	let auditor: Auditor;
	let shop: Stage;

	const start = async (...names: string[]): Promise<void> => {
		const environment = shopEnvironment(base.url, vhost.url);
		const started = await Promise.all(
			names.map((name) => startShopProcess(name, { ...environment, SERVICES: name.split("-")[0]! })),
		);
		for (const node of started) nodes.set(node.name, node);
		await Promise.all(started.map((node) => node.ready()));
	};
	const end = async (signal: "SIGKILL" | "SIGTERM", ...names: string[]): Promise<void> => {
		await Promise.all(names.map((name) => nodes.get(name)!.end(signal)));
	};
	const absent = async (): Promise<string[] | undefined> => (await nodes.get("gateway")!.health()).absentServices;

	beforeAll(async () => {
		base = await testDatabase();
		vhost = await testVhost();
		database = new Pool({ connectionString: base.url, max: 2, application_name: "molecart tests" });
		auditor = await rabbitmqAuditor(vhost.url);
		await start(...SERVICES);
		shop = stageOf({ url: () => nodes.get("gateway")!.url, database, auditor });
		// Each hears of the others a moment after they are up; on a busy machine that may be after they say that they are ready.
		await until(async () => (await absent())?.length === 0 && filled(1, await shop.given.product()), {
			what: "all nodes to know each other",
			withinMs: 90_000,
		});
	});
	afterAll(async () => {
		await end("SIGKILL", ...nodes.keys());
		await auditor?.[Symbol.asyncDispose]();
		await database?.end();
		await vhost?.[Symbol.asyncDispose]();
		await base?.[Symbol.asyncDispose]();
	});

	const nodesOf = async (orderId: string): Promise<string[]> => {
		const { rows } = await database.query<{ node: string }>(
			"SELECT DISTINCT node FROM orders.saga_log WHERE saga_id = $1 ORDER BY node",
			[orderId],
		);
		return rows.map(({ node }) => node);
	};

	test("six processes with one service each are a whole shop", async () => {
		const lamp = await shop.given.product({ stock: 3 });
		const ada = await shop.given.customer();

		const order = await shop.when.checksOut(ada, [{ product: lamp, quantity: 1 }]);
		const following = shop.door.follow("orderStatus", order.id, ada);

		await shop.until(order).is("CONFIRMED", { paymentStatus: "CAPTURED" });
		await shop.eventually(async () => [following.ended, following.states.at(-1)?.status], [true, "CONFIRMED"]);
		await shop.eventually(() => shop.stockOf(lamp), { onHand: 2, reserved: 0, available: 2 });
		const declined = await shop.when.checksOut(ada, [{ product: lamp, quantity: 1 }], { token: "tok_decline" });
		await shop.until(declined).is("COMPENSATED", { failureReason: "PAYMENT_DECLINED" });
		expect(await nodesOf(order.id)).toEqual(["orders"]);
	});

	test("a seventh process, with one more orders node, takes its share of the work", async () => {
		await start("orders-2");
		const lamp = await shop.given.product({ stock: 100 });
		const orders = await placed(20, lamp);

		for (const order of orders) await shop.until(order).is("CONFIRMED");

		const workers = await Promise.all(orders.map(({ id }) => nodesOf(id)));
		expect(new Set(workers.flat())).toEqual(new Set(["orders", "orders-2"]));
	});

	test("what an orders node was at when it was killed, the other one takes over within 10 s and finishes", async () => {
		const lamp = await shop.given.product({ stock: 100 });
		const carts = await filled(30, lamp);
		// Three seconds each at the provider: both nodes are in the middle of some.
		const orders = await Promise.all(
			carts.map(({ customer, cart }) => shop.when.checksOutCart(customer, cart, { token: "tok_slow" })),
		);
		const heldBy = async (node: string): Promise<number> => {
			const { rows } = await database.query<{ count: string }>(
				"SELECT count(*) FROM orders.saga_state WHERE owner LIKE $1 AND status = 'RUNNING'",
				[`${node}/%`],
			);
			return Number(rows[0]!.count);
		};
		await shop.eventually(async () => Math.min(await heldBy("orders"), await heldBy("orders-2")) > 2, true);

		const orphans = await heldBy("orders-2");
		await end("SIGKILL", "orders-2");
		const killedAt = performance.now();
		await shop.eventually(() => heldBy("orders-2"), 0, 60_000);
		const takenOverMs = Math.round(performance.now() - killedAt);
		await shop.eventually(
			async () => {
				const { rows } = await database.query(
					"SELECT id FROM orders.orders WHERE id = ANY ($1) AND status = 'CONFIRMED' AND payment_status = 'CAPTURED'",
					[orders.map(({ id }) => id)],
				);
				return rows.length;
			},
			30,
			60_000,
		);

		const tookMs = Math.round(performance.now() - killedAt);
		process.stdout.write(
			`kill -9 of an orders node that held ${orphans} of 30 sagas: the other one had taken them all over after ${takenOverMs} ms, and finished them after ${tookMs} ms\n`,
		);
		expect(takenOverMs).toBeLessThan(10_000);
		await shop.untilSound();
		expect(await shop.deadLetters()).toEqual([]);
	});

	test("the gateway stays ready while others are away, names them, and says UNAVAILABLE soon", async () => {
		const lamp = await shop.given.product();
		const [{ customer, cart }] = (await filled(1, lamp)) as [Filled];

		await end("SIGTERM", "orders", "products", "payments");

		await shop.eventually(async () => (await absent())?.toSorted(), ["orders", "payments", "products"]);
		expect(await nodes.get("gateway")!.health()).toMatchObject({ status: 200 });
		await soon(() => expect(listing(shop)).rejects.toMatchObject({ code: "UNAVAILABLE" }));
		expect(await shop.door.graphql("{ me { id } }", {}, customer)).toEqual({ id: customer.id });
		const order = await soon(() => shop.when.checksOutCart(customer, cart));
		expect(order).toMatchObject({ status: "PENDING", total: { amount: 1_999 } });
		await soon(() => expect(shop.look(order)).rejects.toMatchObject({ code: "UNAVAILABLE" }));

		await start("orders");
		const accepted = expect.objectContaining({ id: order.id, number: order.number, status: "PENDING" });
		await shop.eventually(() => shop.look(order), accepted);
		await start("products", "payments");
		await shop.until(order).is("CONFIRMED", { paymentStatus: "CAPTURED" });
		await shop.untilSound();
		expect(await shop.deadLetters()).toEqual([]);
	});

	test("a service that was killed is UNAVAILABLE soon too, from the first request on", async () => {
		await end("SIGKILL", "products");

		// Nobody knows yet that it is gone: whoever waits for it has to find out.
		await soon(() => expect(listing(shop)).rejects.toMatchObject({ code: "UNAVAILABLE" }));
	});

	type Filled = { customer: Account; cart: Cart };

	const filled = (count: number, product: Product): Promise<Filled[]> =>
		Promise.all(
			Array.from({ length: count }, async () => {
				const customer = await shop.given.customer();
				return { customer, cart: await shop.given.cart(customer, { product, quantity: 1 }) };
			}),
		);

	const placed = async (count: number, product: Product): Promise<PlacedOrder[]> => {
		const carts = await filled(count, product);
		return Promise.all(carts.map(({ customer, cart }) => shop.when.checksOutCart(customer, cart)));
	};
});

function listing(shop: Stage): Promise<unknown> {
	return shop.door.graphql("{ products { totalItems } }");
}

/** A call without a limit of its own would be waited for so long. On a quiet machine it is hardly any time, or two seconds. */
const CALL_MS_MAX = 5_000;

async function soon<Value>(work: () => Promise<Value>): Promise<Value> {
	const begun = performance.now();
	const value = await work();
	expect(performance.now() - begun).toBeLessThan(CALL_MS_MAX);
	return value;
}
