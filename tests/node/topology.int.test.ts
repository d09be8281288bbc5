import { execFile } from "node:child_process";
import { promisify } from "node:util";
import path from "node:path";
import { connect, type Channel } from "amqplib";
import { describeOnRabbitMQ, testDatabase, testVhost, type TestDatabase, type TestVhost } from "../support/servers";
import { shopEnvironment } from "../support/shop";
import { startShopProcess } from "../support/shop-process";
import { until } from "../support/until";

jest.setTimeout(600_000);

const ROOT = path.resolve(__dirname, "../..");

describeOnRabbitMQ("a shop whose queues are there and others", () => {
	let database: TestDatabase;
	let vhost: TestVhost;

	beforeAll(async () => {
		database = await testDatabase();
		vhost = await testVhost();
	});
	afterAll(async () => {
		await vhost?.[Symbol.asyncDispose]();
		await database?.[Symbol.asyncDispose]();
	});

	async function asAdmin<Result>(work: (channel: Channel) => Promise<Result>): Promise<Result> {
		const connection = await connect(vhost.url);
		try {
			return await work(await connection.createChannel());
		} finally {
			await connection.close();
		}
	}

	/** `npm run topology` */
	async function declared(): Promise<{ code: number; said: string }> {
		const { PATH = "", HOME = "" } = process.env;
		const run = promisify(execFile)(process.execPath, ["--import", "tsx", "node/topology.ts"], {
			cwd: ROOT,
			env: { PATH, HOME, AMQP_URL: vhost.url },
		});
		return run.then(
			({ stdout, stderr }) => ({ code: 0, said: stdout + stderr }),
			(error: { code: number; stdout: string; stderr: string }) => ({
				code: error.code,
				said: error.stdout + error.stderr,
			}),
		);
	}

	test("npm run topology names all of them and ends with 1; the nodes stay up, say what they lack, and go on when it is mended", async () => {
		await asAdmin(async (channel) => {
			await channel.assertQueue("cart.orders", { durable: true });
			await channel.assertQueue("products.orders.dlq", { durable: true });
			await channel.assertExchange("payments.events", "direct", { durable: true });
		});

		const { code, said } = await declared();

		expect(code).toBe(1);
		expect(said.trim().split("\n")).toEqual([
			expect.stringMatching(/^The exchange payments\.events on RabbitMQ can't be used .* What to do: /) as string,
			expect.stringMatching(/^The queue (cart\.orders|products\.orders\.dlq) on RabbitMQ can't be used /) as string,
			expect.stringMatching(/^The queue (cart\.orders|products\.orders\.dlq) on RabbitMQ can't be used /) as string,
		]);

		const environment = shopEnvironment(database.url, vhost.url);
		await using cart = await startShopProcess("cart", { ...environment, SERVICES: "cart" });
		await until(async () => (await cart.health()).missing.includes("topology: queue cart.orders"), {
			what: "cart to say what it lacks",
			withinMs: 180_000,
			everyMs: 100,
		});
		await until(async () => (await cart.health()).missing.length === 1, { what: "cart to lack nothing else" });
		expect((await fetch(`${cart.url}/health/live`)).status).toBe(200);
		expect(await cart.health()).toEqual({
			status: 503,
			missing: ["topology: queue cart.orders"],
		});

		await using users = await startShopProcess("users", { ...environment, SERVICES: "users" });
		await users.ready();
		await asAdmin(async (channel) => {
			await channel.deleteQueue("cart.orders");
			await channel.deleteQueue("products.orders.dlq");
			await channel.deleteExchange("payments.events");
		});

		await cart.ready();
		expect(await asAdmin((channel) => channel.checkQueue("cart.orders"))).toMatchObject({ consumerCount: 1 });
		expect(await declared()).toMatchObject({ code: 0 });
	});
});
