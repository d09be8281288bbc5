import pg from "pg";
import { clientConfig } from "./client-config";
import { PROVE, type WriteProof } from "./read-only";

/** It has as many connections as it takes, and says so. */
const TOO_MANY_CONNECTIONS = "53300";

/**
 * Whether the server lets somebody in who can write, within so many milliseconds. A connection of its own tells a server that is away
 * from a pool whose connections all wait for locks.
 */
export async function serverAnswers(url: string, withinMs: number): Promise<boolean> {
	const client = new pg.Client({
		...clientConfig(url),
		connectionTimeoutMillis: withinMs,
		query_timeout: withinMs,
		application_name: "molecart looking",
	});
	// What happens to it after it is open changes nothing.
	client.on("error", () => undefined);
	try {
		await client.connect();
		return (await client.query<WriteProof>(PROVE.text)).rows[0]!.written !== null;
	} catch (error) {
		return (error as { code?: unknown }).code === TOO_MANY_CONNECTIONS;
	} finally {
		// Nobody waits for the farewell, which may not come.
		client.end().catch(() => undefined);
	}
}
