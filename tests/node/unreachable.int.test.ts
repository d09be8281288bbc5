import { createServer, type AddressInfo } from "node:net";
import { startNode } from "../../node/node";
import { UnreachableError } from "../../node/reach";
import { reachAmqp, reachRedis } from "../../node/reach-servers";
import { readSettings } from "../../node/settings";
import { describeOnRabbitMQ, describeOnRedis, testDatabase, testRedis, testVhost } from "../support/servers";

const HASTY = { attempts: 2, pauseMs: 10 };
/** Nothing listens on port 1: the connection is refused at once. */
const NOWHERE = "127.0.0.1:1";

function start(env: Record<string, string>) {
	const settings = readSettings({ PORT: "0", NODE_ENV: "test", LOG_LEVEL: "fatal", DATA_DIR: "/tmp/none", ...env });
	return startNode(settings, () => undefined, HASTY);
}

async function refusal(starting: Promise<unknown>): Promise<Error> {
	const outcome = await starting.then(
		() => new Error("It was not refused"),
		(error: Error) => error,
	);
	expect(outcome.message).not.toContain("s3cr3t");
	return outcome;
}

test.each<[string, Record<string, string>, string]>([
	[
		"DATABASE_URL, where there is one process",
		{ DATABASE_URL: `postgres://shop:s3cr3t@${NOWHERE}/shop` },
		`DATABASE_URL can't be reached at postgres://${NOWHERE}/shop: connect ECONNREFUSED ${NOWHERE}.`,
	],
	[
		"DATABASE_URL, where there is RabbitMQ",
		{ DATABASE_URL: `postgres://shop:s3cr3t@${NOWHERE}/shop`, AMQP_URL: `amqp://shop:s3cr3t@${NOWHERE}` },
		`DATABASE_URL can't be reached at postgres://${NOWHERE}/shop: connect ECONNREFUSED ${NOWHERE}.`,
	],
	[
		"a service's own database",
		{
			AMQP_URL: `amqp://shop:s3cr3t@${NOWHERE}`,
			SERVICES: "cart",
			CART_DATABASE_URL: `postgres://cart:s3cr3t@${NOWHERE}/cart`,
		},
		`CART_DATABASE_URL can't be reached at postgres://${NOWHERE}/cart: connect ECONNREFUSED ${NOWHERE}.`,
	],
])("a start is refused by the name and address of %s", async (_name, env, sentence) => {
	expect(await refusal(start(env))).toEqual(new Error(sentence));
});

test("a database that is there and not ours is refused at once, without the password", async () => {
	await using database = await testDatabase();
	const url = new URL(database.url);
	url.pathname = "/molecart_nowhere";
	// A server that asks for a password gets the right one; where none is asked for, any will do.
	url.password ||= "s3cr3t";

	const error = await refusal(startNode(readSettings({ DATABASE_URL: url.href, PORT: "0" }), () => undefined));

	expect(error.message).toBe(
		`DATABASE_URL can't be reached at postgres://${url.host}/molecart_nowhere: database "molecart_nowhere" does not exist.`,
	);
	expect(error.message).not.toContain(url.password);
});

test("AMQP_URL is named with its address", async () => {
	await using database = await testDatabase();

	const error = await refusal(start({ DATABASE_URL: database.url, AMQP_URL: `amqp://shop:s3cr3t@${NOWHERE}/shop` }));

	expect(error.message).toBe(`AMQP_URL can't be reached at amqp://${NOWHERE}/shop: connect ECONNREFUSED ${NOWHERE}.`);
});

test("REDIS_URL is named with its address", async () => {
	await using database = await testDatabase();

	const error = await refusal(start({ DATABASE_URL: database.url, REDIS_URL: `redis://:s3cr3t@${NOWHERE}/2` }));

	expect(error.message).toMatch(/^REDIS_URL can't be reached at redis:\/\/127\.0\.0\.1:1\/2: .*ECONNREFUSED/);
});

test("a server that takes the connection and never says a word is given up", async () => {
	const mute = createServer();
	await new Promise<void>((resolve) => mute.listen(0, "127.0.0.1", resolve));
	const { port } = mute.address() as AddressInfo;
	const once = { attempts: 1, pauseMs: 0 };

	const refusals = await Promise.all([
		refusal(
			startNode(readSettings({ DATABASE_URL: `postgres://a:s3cr3t@127.0.0.1:${port}/b`, PORT: "0" }), ignore, once),
		),
		refusal(reachAmqp(`amqp://a:s3cr3t@127.0.0.1:${port}`, once)),
		refusal(reachRedis(`redis://a:s3cr3t@127.0.0.1:${port}`, once)),
	]);

	expect(refusals.map((error) => error.constructor)).toEqual([UnreachableError, UnreachableError, UnreachableError]);
	mute.close();
});

test("a part of the services without RabbitMQ is refused before anything is started", async () => {
	const error = await refusal(start({ SERVICES: "orders,cart", DATABASE_URL: `postgres://a:s3cr3t@${NOWHERE}/b` }));

	expect(error).toEqual(
		new Error("SERVICES names a part of the services, and without AMQP_URL one process hosts all of them."),
	);
});

describeOnRabbitMQ("a RabbitMQ that is there", () => {
	test("is reached", async () => {
		await using vhost = await testVhost();

		await expect(reachAmqp(vhost.url, HASTY)).resolves.toBeUndefined();
	});
});

describeOnRedis("a Redis that is there", () => {
	test("is reached", async () => {
		await using redis = await testRedis();

		await expect(reachRedis(redis.url, HASTY)).resolves.toBeUndefined();
	});
});

function ignore(): void {}
