import { Client } from "pg";

export const database = "molecart";

const unknownDatabase = "3D000";

/** Asked at each start, not only after initdb: a start that was killed between the two is made good. True if it was made. */
export async function ensureDatabase(urlOf: (database: string) => string): Promise<boolean> {
	try {
		await query(urlOf(database), "SELECT 1");
		return false;
	} catch (error) {
		if ((error as { code?: unknown }).code !== unknownDatabase) throw error;
	}
	await query(urlOf("postgres"), `CREATE DATABASE ${database}`);
	return true;
}

async function query(url: string, sql: string): Promise<void> {
	const client = new Client({ connectionString: url, connectionTimeoutMillis: 30_000 });
	await client.connect();
	try {
		await client.query(sql);
	} finally {
		await client.end();
	}
}
