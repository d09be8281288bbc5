import path from "node:path";
import { startNode } from "../../node/node";
import { readSettings } from "../../node/settings";
import { onServer } from "../support/postgres-server";
import { describeOnRabbitMQ, testDatabase, testVhost } from "../support/servers";
import { shopEnvironment } from "../support/shop";
import { startShopProcess, type ShopProcess } from "../support/shop-process";
import { until } from "../support/until";

jest.setTimeout(240_000);

const MINUTE = 60_000;
const DAY = 1_440 * MINUTE;

/** A node whose clock is so far off. */
function nodeWithClock(offsetMs: number, environment: Record<string, string>): Promise<ShopProcess> {
	return startShopProcess(`clock-${offsetMs}`, {
		...environment,
		LOG_LEVEL: "info",
		CLOCK_OFFSET_MS: String(offsetMs),
		NODE_OPTIONS: `--require=${path.join(__dirname, "../support/other-clock.cjs")}`,
	});
}

const ended = ({ child }: ShopProcess): boolean => child.exitCode !== null;

test("a node whose clock is days behind the database's is refused before it has changed anything", async () => {
	await using database = await testDatabase();
	await onServer(database.url, (client) => client.query("DROP SCHEMA migrations CASCADE"));

	await using node = await nodeWithClock(-16 * DAY, shopEnvironment(database.url, undefined));
	await until(() => ended(node), { what: "the node to end", withinMs: 120_000 });

	expect(node.child.exitCode).toBe(1);
	expect(node.said()).toContain("The clock of this node is 16 days behind that of DATABASE_URL.");
	await onServer(database.url, async (client) => {
		const { rows } = await client.query("SELECT FROM information_schema.schemata WHERE schema_name = 'migrations'");
		expect(rows).toEqual([]);
	});
});

test("one that is some seconds ahead says so, in its log and where it is asked whether it is ready", async () => {
	await using database = await testDatabase();

	await using node = await nodeWithClock(20_000, shopEnvironment(database.url, undefined));
	const isTold = async (): Promise<boolean> =>
		ended(node) ||
		(await node.health().then(
			({ missing }) => missing.join() === "clock",
			() => false,
		));
	await until(isTold, { what: "the node to say what is missing", withinMs: 120_000 });

	expect(await node.health()).toMatchObject({ status: 503, missing: ["clock"] });
	expect(node.said()).toMatch(/The clock of this node is \d+ s ahead of that of DATABASE_URL: set the clocks by NTP/);
});

describeOnRabbitMQ("a gateway alone", () => {
	test("goes by the clocks of those who have a database, and ends when its own is minutes off", async () => {
		await using database = await testDatabase();
		await using vhost = await testVhost();
		const environment = shopEnvironment(database.url, vhost.url);
		const fatal = jest.fn();
		const services = { SERVICES: "users,products,cart,orders,payments" };
		const others = await startNode(readSettings({ ...environment, ...services }), fatal);

		await using gateway = await nodeWithClock(-20 * MINUTE, { ...environment, SERVICES: "gateway" });
		await until(() => ended(gateway), { what: "the gateway to end", withinMs: 120_000 });

		await others.stop();
		expect(gateway.said()).toContain("The clock of this node is 20 minutes behind that of the other nodes.");
		expect(fatal).not.toHaveBeenCalled();
	});
});
