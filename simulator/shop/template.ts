import path from "node:path";
import pg from "pg";
import { readMigrations } from "../../migrations/files";
import { migrate } from "../../migrations/migrate";
import { openControl } from "../world/postgres/control";
import { keep } from "../world/postgres/reset";
import type { PostgresServer } from "../world/postgres/server";
import { simulateTime } from "../world/postgres/simulated-time";
import { watchTables } from "./coverage-tables";
import { watchHandovers } from "./handovers";
import { makeRefusable } from "./refusing-books";

/** The database of the shop in each process of the simulator: up to date, and on simulated time. */
export const DATABASE = "shop";
/** Works on it as an ordinary user, who may not make roles: so all services of a node share its connections. */
const USER = "shop";

const SCHEMAS = ["users", "catalog", "cart", "orders", "payments", "sandbox_provider", "events"];

export function urlOf(server: PostgresServer): string {
	return server.urlOf(DATABASE).replace("//postgres@", `//${USER}@`);
}

/** A shop that has run before: it has its ids, its currency, and tables for these days. */
export async function makeTemplate(server: PostgresServer): Promise<void> {
	await on(server.urlOf("postgres"), async (client) => {
		await client.query(`CREATE ROLE ${USER} LOGIN`);
		await client.query(`CREATE DATABASE ${DATABASE} OWNER ${USER} STRATEGY file_copy`);
	});
	await on(server.urlOf(DATABASE), simulateTime);
	await migrate(urlOf(server), SCHEMAS, await readMigrations(path.join(__dirname, "../../migrations")));
	await on(urlOf(server), async (client) => {
		await client.query("INSERT INTO migrations.ids (whose, id) VALUES ('database', $1), ('shop', $2)", [
			"0123456789abcdef",
			"fedcba9876543210",
		]);
		await client.query("INSERT INTO migrations.currency (code) VALUES ('USD')");
		const { rows } = await client.query<{ call: string }>(
			`SELECT format('SELECT %I.keep_event_days(14, 14)', nspname) AS call FROM pg_proc
			JOIN pg_namespace ON pg_namespace.oid = pronamespace WHERE proname = 'keep_event_days'`,
		);
		for (const { call } of rows) await client.query(call);
	});
	const control = await openControl(server.urlOf(DATABASE));
	await watchTables(control, USER);
	await watchHandovers(control);
	await makeRefusable(control);
	await keep(control);
	await control.query("ANALYZE");
	await control.end();
}

async function on(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
	const client = new pg.Client(url);
	await client.connect();
	try {
		await work(client);
	} finally {
		await client.end();
	}
}
