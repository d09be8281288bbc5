import { ServiceBroker } from "moleculer";
import { brokerOptions } from "../../moleculer.config";
import { nameCache } from "../../node/shop-cache";
import { startNode, type Node } from "../../node/node";
import { readSettings } from "../../node/settings";
import { describeOnRabbitMQ, describeOnRedis, testDatabase, testRedis, testVhost } from "../support/servers";
import { shopEnvironment } from "../support/shop";
import { until } from "../support/until";
import { emptyDatabase } from "./roles.stage";

const KEY = "products.list:[]";
const ANSWER = { totalItems: 3 };

async function stopAll(...nodes: (Node | undefined)[]): Promise<void> {
	for (const node of nodes) await node?.stop();
}

function start(variables: Record<string, string>, databaseUrl?: string, amqpUrl?: string): Promise<Node> {
	const environment = { ...shopEnvironment(databaseUrl, amqpUrl), PORT: "0", ...variables };
	return startNode(readSettings(environment), (reason) => {
		throw new Error(reason);
	});
}

describeOnRedis("shops that share a Redis", () => {
	let redis: Awaited<ReturnType<typeof testRedis>>;

	beforeEach(async () => {
		redis = await testRedis();
	});
	afterEach(() => redis[Symbol.asyncDispose]());

	test("see nothing of what another one has cached, though its database has the same address", async () => {
		await using database = await testDatabase();
		const variables = { REDIS_URL: redis.url };
		const first = await start(variables, database.url);
		await first.broker.cacher!.set(KEY, ANSWER, 60);
		const kept = await first.broker.cacher!.get(KEY);
		await stopAll(first);
		// Another shop in the same place; so are those that bring their database along, each on a machine of its own.
		await emptyDatabase(database.url);

		const second = await start(variables, database.url);
		const seen = await second.broker.cacher!.get(KEY);
		await stopAll(second);

		expect(kept).toEqual(ANSWER);
		expect(seen).toBeUndefined();
	});

	test("a cache whose names are not known yet keeps nothing and finds nothing", async () => {
		const settings = readSettings({ ...shopEnvironment(undefined, undefined), REDIS_URL: redis.url });
		const broker = new ServiceBroker(brokerOptions(settings));
		const { cacher } = broker;
		await until(() => cacher!.connected, { what: "the cache to be connected" });

		await cacher!.set(KEY, ANSWER, 60);
		const before = await cacher!.get(KEY);
		nameCache(broker, "0123456789abcdef");
		await cacher!.set(KEY, ANSWER, 60);
		const after = await cacher!.get(KEY);
		await broker.stop();

		expect([before, after]).toEqual([undefined, ANSWER]);
	});

	describeOnRabbitMQ("with nodes on several databases", () => {
		test("each node of a shop finds what the others have cached", async () => {
			await using users = await testDatabase();
			await using products = await testDatabase();
			await using vhost = await testVhost();
			const first = await start({ SERVICES: "users", REDIS_URL: redis.url, NODE_ID: "users" }, users.url, vhost.url);
			const [second, gateway] = await Promise.all([
				start({ SERVICES: "products", REDIS_URL: redis.url, NODE_ID: "products" }, products.url, vhost.url),
				start({ SERVICES: "gateway", REDIS_URL: redis.url, NODE_ID: "gateway" }, undefined, vhost.url),
			]);

			await first.broker.cacher!.set(KEY, ANSWER, 60);
			const seen = await Promise.all([second, gateway].map(({ broker }) => broker.cacher!.get(KEY)));
			await stopAll(gateway, second, first);

			expect(seen).toEqual([ANSWER, ANSWER]);
		});
	});
});
