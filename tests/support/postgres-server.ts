import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Client, escapeIdentifier } from "pg";
import { startEmbeddedPostgres } from "../../embedded/postgres";
import { isLeftOver, ownName } from "./names";
import { prepareTemplate } from "./template";

const DEFAULT_URL = "postgres://postgres@127.0.0.1:5432/postgres";

/** The PostgreSQL server of a test run. */
export interface PostgresServer {
	kind: "real" | "embedded";
	/** Its maintenance database, as a user that may create databases and roles. */
	url: string;
	/** The prepared database that tests copy. */
	template: string;
}

const TOO_MANY_CONNECTIONS = "53300";
/** The shops of two workers, some of a process for each service, fill a server for a moment. */
const ROOM_MS_MAX = 30_000;

/** Runs `work` on one connection of its own. */
export async function onServer<Result>(url: string, work: (client: Client) => Promise<Result>): Promise<Result> {
	const client = await connected(url, performance.now() + ROOM_MS_MAX);
	try {
		return await work(client);
	} finally {
		await client.end();
	}
}

async function connected(url: string, roomUntilMs: number): Promise<Client> {
	const client = new Client({
		connectionString: url,
		application_name: "molecart tests",
		connectionTimeoutMillis: 30_000,
	});
	client.on("error", () => undefined);
	try {
		await client.connect();
		return client;
	} catch (error) {
		const isFull = (error as { code?: string }).code === TOO_MANY_CONNECTIONS;
		if (!isFull || performance.now() > roomUntilMs) throw error;
		await pause(100);
		return connected(url, roomUntilMs);
	}
}

/** @returns undefined when it can be used, else why it can't, as it follows "PostgreSQL". */
export async function realPostgres(): Promise<{ url: string } | { unusable: string }> {
	const url = process.env["TEST_DATABASE_URL"] ?? DEFAULT_URL;
	const { host } = new URL(url);
	try {
		const mayCreate = await onServer(url, async (client) => {
			const found = await client.query<{ may: boolean }>(
				"SELECT rolcreatedb AND rolcreaterole OR rolsuper AS may FROM pg_roles WHERE rolname = current_user",
			);
			return found.rows[0]?.may === true;
		});
		return mayCreate ? { url } : { unusable: `${host}: this user may not create databases and roles` };
	} catch (error) {
		return { unusable: `${host}: ${reasonOf(error)}` };
	}
}

/** Starts the database that `npm start` brings along, in a directory of its own that goes with it. */
export async function embeddedPostgres(): Promise<{ url: string; stop(): Promise<void> }> {
	const dataDir = await mkdtemp(join(tmpdir(), "molecart-test-"));
	const server = await startEmbeddedPostgres({ dataDir });
	return {
		url: server.url,
		async stop() {
			await server.stop();
			await rm(dataDir, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
		},
	};
}

export async function makeTemplate(url: string): Promise<string> {
	const template = ownName("template");
	await onServer(url, (client) => client.query(`CREATE DATABASE ${template}`));
	await prepareTemplate(databaseUrl(url, template));
	return template;
}

/** Drops the databases and roles that this process, and dead ones before it, left. Never what is still connected to, unless it is our own. */
export async function sweepDatabases(url: string): Promise<void> {
	await onServer(url, async (client) => {
		const { rows } = await client.query<{ datname: string }>(
			String.raw`SELECT datname FROM pg_database WHERE datname LIKE 'molecart\_test\_%'`,
		);
		for (const { datname } of rows.filter((row) => isLeftOver(row.datname))) {
			const force = datname.startsWith(ownName("")) ? "WITH (FORCE)" : "";
			await client.query(`DROP DATABASE IF EXISTS ${escapeIdentifier(datname)} ${force}`).catch(unlessInUse);
		}
		const leftOver = (await rolesLike(client, "molecart_test_")).filter(isLeftOver);
		for (const role of leftOver) await client.query(`DROP ROLE IF EXISTS ${escapeIdentifier(role)}`).catch(unlessInUse);
	});
}

/** The roles that a shop has made for its database: what they were granted in it has gone with it. */
export async function dropRolesOf(client: Client, database: string): Promise<void> {
	const roles = await rolesLike(client, `${database}_`);
	if (roles.length > 0) await client.query(`DROP ROLE ${roles.map(escapeIdentifier).join(", ")}`);
}

async function rolesLike(client: Client, start: string): Promise<string[]> {
	const { rows } = await client.query<{ rolname: string }>(
		"SELECT rolname FROM pg_roles WHERE starts_with(rolname, $1)",
		[start],
	);
	return rows.map(({ rolname }) => rolname);
}

export function databaseUrl(serverUrl: string, database: string): string {
	const url = new URL(serverUrl);
	url.pathname = `/${database}`;
	return url.href;
}

/** A database that is connected to, a role that has rights in one. */
const IN_USE = new Set(["55006", "2BP01"]);

/** Another machine shares the server, and its process numbers are not ours to judge. */
function unlessInUse(error: unknown): void {
	if (!IN_USE.has((error as { code: string }).code)) throw error;
}

function reasonOf(error: unknown): string {
	const { code, message } = error as { code?: string; message: string };
	return code === "ECONNREFUSED" ? "it refuses the connection" : message || String(code);
}
