import { Client } from "pg";
import { connect } from "amqplib";
import { Redis } from "ioredis";
import { foundServices } from "./found-services";
import { onServer } from "./postgres-server";
import { describeOnRabbitMQ, describeOnRedis, testDatabase, testRedis, testVhost } from "./servers";

async function connected(url: string): Promise<Client> {
	const client = new Client({ connectionString: url });
	await client.connect();
	return client;
}

test("each test database is empty of what another test has written", async () => {
	await using first = await testDatabase();
	await using second = await testDatabase();

	const one = await connected(first.url);
	await one.query("CREATE TABLE seen (id int)");
	await one.end();

	const two = await connected(second.url);
	const { rows } = await two.query("SELECT to_regclass('public.seen') AS seen");
	await two.end();
	expect(rows).toEqual([{ seen: null }]);
});

test("a connection that a test leaves open fails it", async () => {
	const database = await testDatabase({ farewellMsMax: 100 });
	const leaked = await connected(database.url);
	leaked.on("error", () => undefined);

	await expect(database[Symbol.asyncDispose]()).rejects.toThrow(/the test to close its connections to molecart_test_/);
});

test("the roles that a shop makes for its database are gone with it", async () => {
	const database = await testDatabase();
	const name = new URL(database.url).pathname.slice(1);
	const made = async (): Promise<number> =>
		onServer(foundServices().postgres.url, async (client) => {
			const { rowCount } = await client.query("SELECT FROM pg_roles WHERE starts_with(rolname, $1)", [`${name}_`]);
			return rowCount!;
		});
	await onServer(database.url, (client) =>
		client.query(`CREATE ROLE ${name}_orders; GRANT USAGE ON SCHEMA orders TO ${name}_orders`),
	);
	const before = await made();

	await database[Symbol.asyncDispose]();

	expect([before, await made()]).toEqual([1, 0]);
});

describeOnRabbitMQ("a test's virtual host", () => {
	test("can be used, and is gone afterwards", async () => {
		const vhost = await testVhost();
		const connection = await connect(vhost.url);
		const channel = await connection.createChannel();
		await channel.assertQueue("some.queue", { durable: true, arguments: { "x-queue-type": "quorum" } });
		await connection.close();

		await vhost[Symbol.asyncDispose]();

		await expect(connect(vhost.url)).rejects.toThrow(/ConnectionClose/);
	});
});

describeOnRedis("a test's Redis database", () => {
	test("starts empty and is shared with nobody", async () => {
		await using first = await testRedis();
		await using second = await testRedis();
		expect(first.url).not.toBe(second.url);

		const redis = new Redis(first.url);
		expect(await redis.dbsize()).toBe(0);
		await redis.set("left", "behind");
		redis.disconnect();
	});
});
