import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import path from "node:path";
import { Pool } from "pg";
import { startNode, type Node } from "../../node/node";
import { readSettings } from "../../node/settings";
import { postgresAuditor } from "./postgres-auditor";
import { rabbitmqAuditor } from "./rabbitmq-auditor";
import { testDatabase, testVhost, type TransportKind } from "./servers";
import { ADMIN } from "./shop-given";
import { stageOf, type Stage } from "./shop-stage";

export interface ShopOptions {
	events: TransportKind;
	/** Variables of the environment, e.g. RESERVATION_TTL_S. */
	settings?: Record<string, string>;
}

/** A whole shop of its own, with a database and queues that nobody else uses. */
export interface Shop extends Stage, AsyncDisposable {
	/** Its virtual host, for what an operator may do there. */
	amqpUrl: string | undefined;
	/** The node under test; another one after `restart`. */
	node(): Node;
	/** Stops the node and starts another one on the same database. */
	restart(): Promise<void>;
}

/** Opens a shop in this process: PostgreSQL and, where wanted, RabbitMQ are real, its port is any free one. */
export async function openShop({ events, settings = {} }: ShopOptions): Promise<Shop> {
	const closing: (() => Promise<void>)[] = [];
	try {
		return await open(events, settings, closing);
	} catch (error) {
		await closeAll(closing);
		throw error;
	}
}

async function open(
	events: TransportKind,
	settings: Record<string, string>,
	closing: (() => Promise<void>)[],
): Promise<Shop> {
	const base = await testDatabase();
	closing.push(async () => base[Symbol.asyncDispose]());
	const vhost = events === "rabbitmq" ? await testVhost() : undefined;
	if (vhost) closing.push(async () => vhost[Symbol.asyncDispose]());
	const database = new Pool({ connectionString: base.url, max: 4, application_name: "molecart tests" });
	closing.push(() => database.end());
	const auditor = await (vhost ? rabbitmqAuditor(vhost.url) : postgresAuditor(base.url));
	closing.push(async () => auditor[Symbol.asyncDispose]());

	const environment = { ...shopEnvironment(base.url, vhost?.url), PORT: "0", ...settings };
	const fatal: string[] = [];
	const start = (): Promise<Node> => startNode(readSettings(environment), (reason) => fatal.push(reason));
	let node = await start();
	closing.push(() => stop(node));

	return {
		...stageOf({ url: () => node.url!, database, auditor }),
		amqpUrl: vhost?.url,
		node: () => node,
		async restart() {
			await stop(node);
			node = await start();
		},
		async [Symbol.asyncDispose]() {
			await closeAll(closing);
			if (fatal.length > 0) throw new Error(`The node could not go on: ${fatal.join("; ")}`);
		},
	};
}

/** A second later Moleculer would tell the others that the services have gone, and Jest waits only half of that. */
async function stop(node: Node): Promise<void> {
	await node.stop();
	const { localServiceChanged } = node.broker as unknown as { localServiceChanged: { cancel?(): void } };
	localServiceChanged.cancel?.();
}

/** In reverse order; all of them, and only then the first failure. */
async function closeAll(closing: readonly (() => Promise<void>)[]): Promise<void> {
	const failures: unknown[] = [];
	for (const close of closing.toReversed()) await close().catch((error: unknown) => failures.push(error));
	if (failures.length > 0) throw failures[0];
}

/** What a node under test is started with. */
export function shopEnvironment(databaseUrl: string | undefined, amqpUrl: string | undefined): Record<string, string> {
	return {
		NODE_ENV: "test",
		...(databaseUrl !== undefined && { DATABASE_URL: databaseUrl }),
		...(amqpUrl !== undefined && { AMQP_URL: amqpUrl }),
		DATA_DIR: path.join(tmpdir(), "molecart-tests-without-data"),
		JWT_SECRET: SECRET,
		ADMIN_EMAIL: ADMIN.email,
		ADMIN_PASSWORD: ADMIN.password,
		SEED: "none",
		BCRYPT_COST: "4",
		RATE_LIMIT_FACTOR: "0",
		LOG_LEVEL: process.env["TEST_LOG_LEVEL"] ?? "error",
	};
}

const SECRET = randomBytes(48).toString("base64url");
