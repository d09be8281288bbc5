import { randomBytes } from "node:crypto";
import pg from "pg";
import { clientConfig } from "../mixins/database/client-config";

/** What a database says of itself. Each id is made once, and never changed; a copy of the database bears the same. */
export interface DatabaseIds {
	database: string;
	/** `undefined` until a node has started on it: it is one for all databases of a shop. */
	shop: string | undefined;
}

type Whose = keyof DatabaseIds;

/** Short, as RabbitMQ has 255 bytes for the sentence in which it names two of them. */
const ID_BYTES = 8;

export function newId(): string {
	return randomBytes(ID_BYTES).toString("hex");
}

/**
 * Reads a database's ids, and makes its own where there is none.
 * @param client as who brings it up to date, which it is
 */
export async function idsOf(client: pg.Client): Promise<DatabaseIds> {
	const { database, shop } = await read(client);
	return { database: database ?? (await keep(client, "database", newId())), shop };
}

/** The same where nothing may be made: `undefined` where no node has made it yet. */
export function idsIfMade(url: string): Promise<DatabaseIds | undefined> {
	return onDatabase(url, async (client) => {
		const { rows } = await client.query<{ made: boolean }>("SELECT to_regclass('migrations.ids') IS NOT NULL AS made");
		const { database, shop } = rows[0]!.made ? await read(client) : {};
		return database === undefined ? undefined : { database, shop };
	});
}

/** @returns the id that is kept: another one where somebody was faster */
export function keepShopId(url: string, id: string): Promise<string> {
	return onDatabase(url, (client) => keep(client, "shop", id));
}

async function read(client: pg.Client): Promise<Partial<Record<Whose, string | undefined>>> {
	const { rows } = await client.query<{ whose: Whose; id: string }>("SELECT whose, id FROM migrations.ids");
	return Object.fromEntries(rows.map(({ whose, id }) => [whose, id]));
}

async function keep(client: pg.Client, whose: Whose, id: string): Promise<string> {
	await client.query("INSERT INTO migrations.ids (whose, id) VALUES ($1, $2) ON CONFLICT (whose) DO NOTHING", [
		whose,
		id,
	]);
	return (await read(client))[whose]!;
}

export async function onDatabase<Result>(url: string, work: (client: pg.Client) => Promise<Result>): Promise<Result> {
	const client = new pg.Client({
		...clientConfig(url),
		application_name: "molecart ids",
		connectionTimeoutMillis: 5_000,
	});
	// The query in work is told as well; without a listener the event would end the process.
	client.on("error", () => undefined);
	await client.connect();
	try {
		return await work(client);
	} finally {
		await client.end();
	}
}
