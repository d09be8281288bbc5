import fs from "node:fs";
import path from "node:path";
import { Pool } from "pg";
import { startNode } from "../../node/node";
import { readSettings } from "../../node/settings";
import { onServer } from "../support/postgres-server";
import { describeOnRabbitMQ, testDatabase, testVhost } from "../support/servers";
import { shopEnvironment } from "../support/shop";
import { answerTo, buyAndCancel, DENIED, emptyDatabase, prepare, SCHEMAS, urlFor } from "./roles.stage";

const SERVICES = ["users", "products", "cart", "orders", "payments"] as const;
const DOCUMENT = path.join(__dirname, "../../docs/operating.md");

/** What the document prints for orders, for another user and schema. */
function printedGrants(user: string, schema: string): string[] {
	const blocks = [...fs.readFileSync(DOCUMENT, "utf8").matchAll(/^```sql\n(.*?)\n```$/gms)].map(([, sql]) => sql!);
	const grants = blocks.filter((sql) => sql.startsWith("CREATE ROLE"));
	expect(grants).toHaveLength(1);
	return grants[0]!
		.replaceAll("shop_orders", user)
		.replaceAll("SCHEMA orders", `SCHEMA ${schema}`)
		.replaceAll("…", "s3cr3t")
		.split(/;\n?/)
		.filter((statement) => statement.trim() !== "");
}

describeOnRabbitMQ("with a URL for each service", () => {
	test("users who may do no more than work are enough, once the owner has migrated", async () => {
		await using base = await testDatabase();
		await using vhost = await testVhost();
		const database = new URL(base.url).pathname.slice(1);
		const environment = (urlOf: (service: string) => string): Record<string, string> => ({
			...shopEnvironment(undefined, vhost.url),
			...Object.fromEntries(SERVICES.map((service) => [`${service.toUpperCase()}_DATABASE_URL`, urlOf(service)])),
			PORT: "0",
		});
		await emptyDatabase(base.url);
		const { applied, warnings } = await prepare(environment(() => base.url));
		const userOf = (service: string): string => `${database}_${service}_worker`;
		const grants = SERVICES.flatMap((service) => [
			...printedGrants(userOf(service), SCHEMAS[service]),
			...(service === "payments" ? printedGrants(userOf(service), "sandbox_provider").slice(1) : []),
		]);
		await onServer(base.url, (client) => client.query(grants.join(";\n")));
		const fatal = jest.fn();

		const node = await startNode(
			readSettings(environment((service) => urlFor(base.url, userOf(service), "s3cr3t"))),
			fatal,
		);
		const owner = new Pool({ connectionString: base.url, max: 2, application_name: "molecart tests" });
		await buyAndCancel(node.url!, owner);

		const { rows } = await owner.query<{ usename: string }>(
			`SELECT DISTINCT usename FROM pg_stat_activity WHERE datname = current_database()
			AND application_name IN ('molecart', 'molecart sandbox provider') ORDER BY 1`,
		);
		const made = await owner.query("SELECT FROM pg_roles WHERE rolname = $1", [`${database}_orders`]);
		await owner.end();
		await node.stop();
		expect(applied.length).toBeGreaterThan(20);
		expect(warnings).toEqual([]);
		expect(fatal).not.toHaveBeenCalled();
		expect(rows.map(({ usename }) => usename)).toEqual(SERVICES.map(userOf).toSorted());
		expect(made.rowCount).toBe(0);
		await onServer(urlFor(base.url, userOf("orders"), "s3cr3t"), async (client) => {
			expect(await answerTo(client, "SELECT FROM users.users")).toBe(DENIED);
			expect(await answerTo(client, "ALTER TABLE orders.orders ADD COLUMN more text")).toBe(DENIED);
		});
	});
});
