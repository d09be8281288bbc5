import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { Client } from "pg";
import { startEmbeddedPostgres } from "../embedded/postgres";
import { ownName } from "../tests/support/names";
import { realRabbitmq, toolOf, vhostUrl } from "../tests/support/rabbitmq-server";

/** What the measurements run on: the embedded PostgreSQL for everything, and RabbitMQ where it is reachable. */
export interface Servers extends AsyncDisposable {
	/** e.g. "PostgreSQL 18.4" */
	postgres: string;
	dataDir: string;
	/** An empty database. @returns its URL */
	newDatabase(name: string): Promise<string>;
	/** A virtual host of its own, or why there is none. */
	rabbitmq: { amqpUrl: string } | { unusable: string };
}

export async function openServers(): Promise<Servers> {
	const dataDir = await mkdtemp(path.join(os.tmpdir(), "molecart-bench-"));
	const server = await startEmbeddedPostgres({ dataDir });
	const ask = async (text: string): Promise<unknown> => {
		const client = new Client({ connectionString: server.url });
		await client.connect();
		try {
			return (await client.query<{ server_version: string }>(text)).rows[0]?.server_version;
		} finally {
			await client.end();
		}
	};
	const found = await realRabbitmq();
	const vhost = ownName();
	if (!("unusable" in found)) await toolOf(found).add(vhost);

	return {
		postgres: `PostgreSQL ${String(await ask("SHOW server_version"))}`,
		dataDir,
		rabbitmq: "unusable" in found ? found : { amqpUrl: vhostUrl(found.url, vhost) },
		async newDatabase(name) {
			await ask(`CREATE DATABASE ${name}`);
			const url = new URL(server.url);
			url.pathname = `/${name}`;
			return url.href;
		},
		async [Symbol.asyncDispose]() {
			if (!("unusable" in found)) await toolOf(found).remove(vhost);
			await server.stop();
			await rm(dataDir, { recursive: true, force: true });
		},
	};
}
