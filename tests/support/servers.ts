import type { Client } from "pg";
import { foundServices } from "./found-services";
import { ownName } from "./names";
import { databaseUrl, dropRolesOf, onServer } from "./postgres-server";
import { noPrivateRabbitmq } from "./private-rabbitmq";
import { toolOf, vhostUrl } from "./rabbitmq-server";
import { claimRedisDatabase, releaseRedisDatabase } from "./redis-server";
import { until } from "./until";

const found = foundServices();

/** Which servers of their own kind, not stand-ins, this run has. */
export const realServices = Object.freeze({
	postgres: found.postgres.kind === "real",
	rabbitmq: found.rabbitmq !== undefined,
	redis: found.redis !== undefined,
	chromium: found.chromium !== undefined,
});

export type TransportKind = "rabbitmq" | "postgres";

/** The event transports that can be tested here, for `describe.each(transports)`. */
export const transports: readonly TransportKind[] = realServices.rabbitmq ? ["rabbitmq", "postgres"] : ["postgres"];

/** A suite that needs RabbitMQ. Without it, it is not registered, and the end of the run says so in its one line. */
export function describeOnRabbitMQ(name: string, suite: () => void): void {
	describeWith(realServices.rabbitmq, name, suite);
}

/** A suite that starts a RabbitMQ node of its own, to ill-treat it. */
export function describeOnPrivateRabbitMQ(name: string, suite: () => void): void {
	describeWith(noPrivateRabbitmq() === undefined, name, suite);
}

/** A suite that needs Redis. */
export function describeOnRedis(name: string, suite: () => void): void {
	describeWith(realServices.redis, name, suite);
}

/** A suite that needs a browser. */
export function describeInChromium(name: string, suite: () => void): void {
	describeWith(realServices.chromium, name, suite);
}

function describeWith(isThere: boolean, name: string, suite: () => void): void {
	if (isThere) describe(name, suite);
	// Jest fails a file in which no test is registered.
	else
		test(`${name}: not run here, which the last line of this run says`, () =>
			expect(found.notRun).toMatch(/^Not run: /));
}

export interface TestDatabase extends AsyncDisposable {
	url: string;
}

/** A server that is busy takes a while to notice that a client has said farewell. */
const FAREWELL_MS_MAX = 15_000;

/**
 * A database of its own, copied from the prepared template.
 * Disposing of it fails when the test has left connections open: a leaked pool.
 */
export async function testDatabase({ farewellMsMax = FAREWELL_MS_MAX } = {}): Promise<TestDatabase> {
	const { url: server, template } = found.postgres;
	const name = ownName();
	await onServer(server, (client) => client.query(`CREATE DATABASE ${name} TEMPLATE ${template}`));
	return {
		url: databaseUrl(server, name),
		[Symbol.asyncDispose]: () => dropDatabase(server, name, farewellMsMax),
	};
}

async function dropDatabase(server: string, name: string, farewellMsMax: number): Promise<void> {
	await onServer(server, async (client) => {
		try {
			await until(async () => (await connectionsTo(client, name)).length === 0, {
				what: `the test to close its connections to ${name}`,
				withinMs: farewellMsMax,
			}).catch(async (error: Error) => {
				const queries = (await connectionsTo(client, name)).map(({ query }) => query.slice(0, 100));
				throw new Error(`${error.message}; they last ran: ${queries.join(" | ")}`, { cause: error });
			});
		} finally {
			await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
			await dropRolesOf(client, name);
		}
	});
}

/** Of clients: the server's own autovacuum comes and goes as it likes. */
async function connectionsTo(client: Client, name: string): Promise<{ query: string }[]> {
	const { rows } = await client.query<{ query: string }>(
		"SELECT query FROM pg_stat_activity WHERE datname = $1 AND backend_type = 'client backend'",
		[name],
	);
	return rows;
}

export interface TestVhost extends AsyncDisposable {
	url: string;
	name: string;
	/** Has the broker close every connection to this virtual host. */
	closeConnections(): Promise<void>;
}

/** A virtual host of its own on RabbitMQ; about a second. */
export async function testVhost(): Promise<TestVhost> {
	if (!found.rabbitmq) throw new Error(found.notRun);
	const tool = toolOf(found.rabbitmq);
	const name = ownName();
	await tool.add(name);
	return {
		url: vhostUrl(found.rabbitmq.url, name),
		name,
		closeConnections: () => tool.closeConnections(name),
		[Symbol.asyncDispose]: () => tool.remove(name),
	};
}

/** An empty numbered database of its own on Redis. */
export async function testRedis(): Promise<{ url: string } & AsyncDisposable> {
	if (!found.redis) throw new Error(found.notRun);
	const server = found.redis.url;
	const url = await claimRedisDatabase(server);
	return { url, [Symbol.asyncDispose]: () => releaseRedisDatabase(server, url) };
}
