import { execFile } from "node:child_process";
import path from "node:path";
import { connect, type Channel } from "amqplib";
import { claimAll, holderOf } from "../../mixins/events/rabbitmq/claims";
import { channelsOn } from "../../mixins/events/rabbitmq/connection";
import { onChannel, type Channels } from "../../mixins/events/rabbitmq/declare";
import { startNode, type Node } from "../../node/node";
import { readSettings } from "../../node/settings";
import { onServer } from "../support/postgres-server";
import { describeOnRabbitMQ, testDatabase, testVhost, type TestDatabase, type TestVhost } from "../support/servers";
import { shopEnvironment } from "../support/shop";
import { startShopProcess } from "../support/shop-process";
import { until } from "../support/until";

const ROOT = path.resolve(__dirname, "../..");
/** Longer than a start takes on a very busy machine: one that is not refused would run on. */
const ENDED_MS_MAX = 150_000;
const OTHER = "0123456789abcdef";

describeOnRabbitMQ("one virtual host is one shop", () => {
	let started = 0;
	const nodes: Node[] = [];
	const databases: TestDatabase[] = [];
	let vhost: TestVhost;

	beforeEach(async () => {
		vhost = await testVhost();
	});
	afterEach(async () => {
		await Promise.all(nodes.splice(0).map((node) => node.stop()));
		await Promise.all(databases.splice(0).map((database) => database[Symbol.asyncDispose]()));
		await vhost[Symbol.asyncDispose]();
	});

	async function aDatabase(): Promise<string> {
		const database = await testDatabase();
		databases.push(database);
		return database.url;
	}

	const environment = (variables: Record<string, string>): Record<string, string> => ({
		...shopEnvironment(undefined, vhost.url),
		PORT: "0",
		// They share a process, and with it the default.
		NODE_ID: `node-${++started}`,
		...variables,
	});

	async function start(variables: Record<string, string>, fatal: (reason: string) => void = unexpected): Promise<Node> {
		const node = await startNode(readSettings(environment(variables)), fatal);
		nodes.push(node);
		return node;
	}

	async function onVhost<Result>(work: (on: Channels) => Promise<Result>): Promise<Result> {
		const connection = await connect(vhost.url);
		try {
			return await work(channelsOn(connection));
		} finally {
			await connection.close();
		}
	}

	const isThere = (ask: (channel: Channel) => Promise<unknown>): Promise<boolean> =>
		onVhost((on) => onChannel(on, ask)).then(
			() => true,
			() => false,
		);

	/** A command, of which it is expected that it ends by itself. */
	function ended(program: string, variables: Record<string, string>): Promise<{ code: number; said: string }> {
		const { PATH = "", HOME = "" } = process.env;
		return new Promise((resolve) => {
			const options = { cwd: ROOT, env: { PATH, HOME, ...environment(variables) }, timeout: ENDED_MS_MAX };
			execFile(process.execPath, ["--import", "tsx", program], options, (error, stdout, stderr) =>
				resolve({ code: Number(error?.code ?? 0), said: stdout + stderr }),
			);
		});
	}

	test("a second one ends with a sentence and the code 1, and has declared, consumed and published nothing", async () => {
		// What the first one needs, and not one exchange or queue more: whatever else is there is the second one's.
		await onVhost((on) =>
			claimAll(on, [
				{ name: "users.database", holder: OTHER },
				{ name: "shop", holder: OTHER },
			]),
		);

		const { code, said } = await ended("node/start.ts", { DATABASE_URL: await aDatabase(), NODE_ID: "second" });

		expect(code).toBe(1);
		expect(said.trim()).toMatch(
			/^AMQP_URL leads to the virtual host of another shop, "molecart_test_\w+" at [\w.:]+: users works there on another database than that of DATABASE_URL \(its exchange users\.database names 0123456789abcdef, .*\)\. One virtual host is one shop: .*\.$/,
		);
		expect(await isThere((channel) => channel.checkExchange("users.events"))).toBe(false);
		expect(await isThere((channel) => channel.checkExchange("orders.database"))).toBe(false);
		expect(await isThere((channel) => channel.checkQueue("orders.checkout"))).toBe(false);
		expect(await isThere((channel) => channel.checkExchange("MOL.INFO"))).toBe(false);
		expect(await isThere((channel) => channel.checkQueue("MOL.REQ.second"))).toBe(false);
	});

	test("of two that start there at once, one works and the other is refused; so it stays in every order", async () => {
		const [one, other] = await Promise.all([aDatabase(), aDatabase()]);
		const services = { SERVICES: "users,cart" };

		const starts = await Promise.allSettled([one, other].map((url) => start({ ...services, DATABASE_URL: url })));

		const won = starts.findIndex(({ status }) => status === "fulfilled");
		const refused = starts.filter(({ status }) => status === "rejected");
		expect(refused).toEqual([
			{ status: "rejected", reason: expect.objectContaining({ name: "OtherShopsVhostError" }) },
		]);
		const [winner, loser] = won === 0 ? [one, other] : [other, one];
		const [first] = nodes;
		expect(first!.missing()).toEqual([]);

		await first!.stop();
		await expect(start({ ...services, DATABASE_URL: loser })).rejects.toThrow("the virtual host of another shop");
		await expect(start({ SERVICES: "cart", NAMESPACE: "mine", DATABASE_URL: loser })).rejects.toThrow(
			"cart works there",
		);
		const again = await start({ ...services, DATABASE_URL: winner });
		expect(again.missing()).toEqual([]);
	});

	test("a shop with several databases agrees on one id, whichever of its nodes is first, and those that come later", async () => {
		const [carts, orders, users, rest] = await Promise.all([aDatabase(), aDatabase(), aDatabase(), aDatabase()]);

		await Promise.all([
			start({ SERVICES: "cart", CART_DATABASE_URL: carts, NODE_ID: "carts" }),
			start({ SERVICES: "orders", ORDERS_DATABASE_URL: orders, NODE_ID: "orders" }),
			start({ SERVICES: "users", DATABASE_URL: users, NODE_ID: "users" }),
		]);
		await Promise.all([
			start({ SERVICES: "products,payments", DATABASE_URL: rest, NODE_ID: "rest" }),
			start({ SERVICES: "cart,orders", CART_DATABASE_URL: carts, DATABASE_URL: orders, NODE_ID: "second" }),
			start({ SERVICES: "gateway", NODE_ID: "gateway" }),
		]);

		const id = await onVhost((on) => holderOf(on, "shop"));
		expect(id).toMatch(/^[0-9a-f]{16}$/);
		expect(await Promise.all([carts, orders, users, rest].map(shopOf))).toEqual([id, id, id, id]);
	});

	test("a shop whose databases know it takes its virtual host with it, and another one's is refused", async () => {
		const url = await aDatabase();
		await onServer(url, (client) => client.query(MAKE, ["shop", "fedcba9876543210"]));
		await onVhost((on) => claimAll(on, [{ name: "shop", holder: OTHER }]));
		const variables = { SERVICES: "users", DATABASE_URL: url };

		const difference = "its exchange shop names 0123456789abcdef, and this shop is fedcba9876543210.";
		await expect(start(variables)).rejects.toThrow(difference);
		const { code, said } = await ended("node/topology.ts", variables);

		expect(code).toBe(1);
		expect(said).toContain(difference);
		expect(await isThere((channel) => channel.checkExchange("users.database"))).toBe(false);
		expect(await isThere((channel) => channel.checkExchange("users.events"))).toBe(false);
		await onVhost((on) => onChannel(on, (channel) => channel.deleteExchange("shop")));
		await start(variables);

		expect(await onVhost((on) => holderOf(on, "shop"))).toBe("fedcba9876543210");
	});

	test("a node that was given databases of two shops is refused by the names of both", async () => {
		const [carts, users] = await Promise.all([aDatabase(), aDatabase()]);
		await onServer(carts, (client) => client.query(MAKE, ["shop", OTHER]));
		await onServer(users, (client) => client.query(MAKE, ["shop", "fedcba9876543210"]));

		const starting = start({ SERVICES: "users,cart", CART_DATABASE_URL: carts, DATABASE_URL: users });

		await expect(starting).rejects.toThrow(
			"DATABASE_URL and CART_DATABASE_URL lead to two shops, fedcba9876543210 and 0123456789abcdef.",
		);
		expect(await isThere((channel) => channel.checkExchange("shop"))).toBe(false);
	});

	test("a node that was cut off while its virtual host became another shop's ends with that sentence", async () => {
		const variables = { SERVICES: "users", DATABASE_URL: await aDatabase() };
		await using node = await startShopProcess("users", environment(variables));
		await node.ready();
		await onVhost(async (on) => {
			for (const name of ["shop", "users.database"]) await onChannel(on, (channel) => channel.deleteExchange(name));
			await claimAll(on, [{ name: "users.database", holder: OTHER }]);
		});

		await vhost.closeConnections();

		await until(() => node.child.exitCode !== null, { what: "the node to end", withinMs: 60_000 });
		expect(node.child.exitCode).toBe(1);
		expect(node.said()).toMatch(
			/^AMQP_URL leads to the virtual host of another shop, .* users works there on another /m,
		);
	});
});

const MAKE = "INSERT INTO migrations.ids (whose, id) VALUES ($1, $2)";

function shopOf(url: string): Promise<string | undefined> {
	return onServer(url, async (client) => {
		const { rows } = await client.query<{ id: string }>("SELECT id FROM migrations.ids WHERE whose = 'shop'");
		return rows[0]?.id;
	});
}

function unexpected(reason: string): never {
	throw new Error(`The node should go on, but: ${reason}`);
}
