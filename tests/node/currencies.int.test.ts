import { execFile } from "node:child_process";
import path from "node:path";
import { sharePool } from "../../mixins/database/pools";
import { OtherCurrencyError } from "../../services/currency";
import { claimCurrency } from "../../services/products/currency";
import { startNode, type Node } from "../../node/node";
import { readSettings } from "../../node/settings";
import { onServer } from "../support/postgres-server";
import { describeOnRabbitMQ, testDatabase, testVhost, type TestDatabase, type TestVhost } from "../support/servers";
import { shopEnvironment } from "../support/shop";
import { until } from "../support/until";

const ROOT = path.resolve(__dirname, "../..");
const IN_DOLLARS = "INSERT INTO catalog.settings (currency) VALUES ('USD')";
const KEPT = "SELECT code FROM migrations.currency";

describe("a node with another currency than its shop's", () => {
	const nodes: Node[] = [];
	let database: TestDatabase;

	beforeEach(async () => {
		database = await testDatabase();
	});
	const stopAll = () => Promise.all(nodes.splice(0).map((node) => node.stop()));
	afterEach(async () => {
		await stopAll();
		await database[Symbol.asyncDispose]();
	});

	async function start(
		variables: Record<string, string>,
		amqpUrl?: string,
		fatal: (reason: string) => void = unexpected,
	): Promise<Node> {
		const environment = { ...shopEnvironment(database.url, amqpUrl), PORT: "0", ...variables };
		const node = await startNode(readSettings(environment), fatal);
		nodes.push(node);
		return node;
	}

	const asked = (url: string, query: string) => onServer(url, async (client) => (await client.query(query)).rows);

	test("is refused by a database from before currencies were kept, and has migrated nothing", async () => {
		await asked(database.url, IN_DOLLARS);
		const before = await asked(database.url, "DROP TABLE IF EXISTS migrations.currency");

		const starting = start({ CURRENCY: "EUR" });

		await expect(starting).rejects.toThrow(
			new Error(
				"The prices of this shop are in USD, as the database of DATABASE_URL says, and CURRENCY is EUR: set CURRENCY=USD.",
			),
		);
		expect(before).toEqual([]);
		expect(await asked(database.url, "SELECT to_regclass('migrations.currency') AS made")).toEqual([{ made: null }]);
	});

	test("is refused by npm run migrate as well", async () => {
		await asked(database.url, IN_DOLLARS);
		const { PATH = "", HOME = "" } = process.env;
		const env = { PATH, HOME, ...shopEnvironment(database.url, undefined), CURRENCY: "EUR" };

		const said = await new Promise<string>((resolve) =>
			execFile(process.execPath, ["--import", "tsx", "node/migrate.ts"], { cwd: ROOT, env }, (error, _out, problem) =>
				resolve(`${error?.code}: ${problem}`),
			),
		);

		expect(said).toMatch(/^1: The prices of this shop are in USD, as the database of DATABASE_URL says/);
	});

	test.each([
		["the same one", "USD", undefined],
		["another one", "EUR", new OtherCurrencyError("USD", "EUR", "the catalogue")],
	])("that is %s as a faster node's waits for that one, and compares", async (_which, currency, refusal) => {
		const share = sharePool({ url: database.url });
		try {
			await onServer(database.url, async (faster) => {
				await faster.query("BEGIN");
				await faster.query(IN_DOLLARS);
				const refused = claimCurrency(share.database, currency).then(
					() => undefined,
					(error: Error) => error,
				);
				const waiting = "SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))";
				await until(async () => (await faster.query(waiting)).rowCount! > 0, { what: "the slower one to wait" });
				await faster.query("COMMIT");

				expect(await refused).toEqual(refusal);
			});
		} finally {
			await share.release();
		}
	});

	describeOnRabbitMQ("in a cluster", () => {
		let vhost: TestVhost;
		let carts: TestDatabase;

		beforeEach(async () => {
			[vhost, carts] = await Promise.all([testVhost(), testDatabase()]);
		});
		afterEach(async () => {
			await stopAll();
			await vhost[Symbol.asyncDispose]();
			await carts[Symbol.asyncDispose]();
		});

		test("is refused whatever it hosts, on the shop's database, on another one and on none", async () => {
			await start({ SERVICES: "products" }, vhost.url);

			const sameDatabase = start({ SERVICES: "cart", CURRENCY: "EUR" }, vhost.url);
			await expect(sameDatabase).rejects.toThrow("in USD, as the database of DATABASE_URL says, and CURRENCY is EUR");
			const onItsOwn = { SERVICES: "cart", CART_DATABASE_URL: carts.url };
			const ofTheVhost = /in USD, as the virtual host "molecart_test_\w+" at [\w.:]+ says, and CURRENCY is EUR/;
			await expect(start({ ...onItsOwn, CURRENCY: "EUR" }, vhost.url)).rejects.toThrow(ofTheVhost);
			await expect(start({ SERVICES: "gateway", CURRENCY: "EUR" }, vhost.url)).rejects.toThrow(ofTheVhost);
			expect(await asked(carts.url, KEPT)).toEqual([]);

			await start(onItsOwn, vhost.url);
			expect(await asked(carts.url, KEPT)).toEqual([{ code: "USD" }]);
		});

		test("that was there before the catalogue ends as soon as that has settled it", async () => {
			let reason: string | undefined;
			const early = { SERVICES: "cart", CART_DATABASE_URL: carts.url, CURRENCY: "EUR" };
			await start(early, vhost.url, (said) => (reason ??= said));

			await start({ SERVICES: "products" }, vhost.url);

			await until(() => reason !== undefined, { what: "the early one to end" });
			expect(reason).toMatch(/^The prices of this shop are in USD, as the virtual host .*: set CURRENCY=USD\.$/);
		});
	});
});

function unexpected(reason: string): never {
	throw new Error(`The node should go on, but: ${reason}`);
}
