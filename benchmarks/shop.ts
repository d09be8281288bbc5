import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { doorOf } from "./door";

const READY_MS_MAX = 60_000;
const PRODUCTS = 100;
const ADMIN = { email: "admin@example.com", password: randomUUID() };

export interface ShopOptions {
	databaseUrl: string;
	/** `undefined`: events travel over PostgreSQL. */
	amqpUrl?: string;
	dataDir: string;
}

/** A shop as `npm start` runs it, in one process of its own. */
export interface Shop extends AsyncDisposable {
	url: string;
	process: ChildProcess;
}

/** What a shop under test gets from the environment. */
export async function environmentOf({ databaseUrl, amqpUrl, dataDir }: ShopOptions): Promise<Record<string, string>> {
	return {
		DATABASE_URL: databaseUrl,
		...(amqpUrl !== undefined && { AMQP_URL: amqpUrl }),
		DATA_DIR: dataDir,
		PORT: String(await freePort()),
		// As an operator runs it, but that it must not spend its time on hashing passwords.
		NODE_ENV: "test",
		LOG_LEVEL: "warn",
		JWT_SECRET: randomBytes(48).toString("base64url"),
		ADMIN_EMAIL: ADMIN.email,
		ADMIN_PASSWORD: ADMIN.password,
		BCRYPT_COST: "4",
		RATE_LIMIT_FACTOR: "0",
	};
}

export async function startShop(options: ShopOptions): Promise<Shop> {
	const env = await environmentOf(options);
	return readyShop(startProcess(env), env);
}

/** The same shop as six processes, one for each service, over RabbitMQ. */
export async function startNodes(options: ShopOptions & { amqpUrl: string }): Promise<Shop> {
	const env = await environmentOf(options);
	const others = ["users", "products", "cart", "orders", "payments"].map((service) =>
		startProcess({ ...env, SERVICES: service, NODE_ID: `bench-${service}` }),
	);
	const stopOthers = (): Promise<unknown> => Promise.all(others.map(stop));
	try {
		const gateway = { ...env, SERVICES: "gateway", NODE_ID: "bench-gateway" };
		const shop = await readyShop(startProcess(gateway), env);
		return {
			...shop,
			async [Symbol.asyncDispose]() {
				await shop[Symbol.asyncDispose]();
				await stopOthers();
			},
		};
	} catch (error) {
		await stopOthers();
		throw error;
	}
}

function startProcess(env: Record<string, string>): ChildProcess {
	const program = path.join(__dirname, "../dist/node/start.js");
	return spawn(process.execPath, ["--enable-source-maps", program], {
		env: { PATH: process.env["PATH"], HOME: process.env["HOME"], ...env },
		stdio: ["ignore", "ignore", "inherit"],
	});
}

/** Waits for the shop in `child` to be ready. */
export async function readyShop(child: ChildProcess, { PORT }: Record<string, string>): Promise<Shop> {
	const url = `http://127.0.0.1:${PORT}`;
	const shop = { url, process: child, [Symbol.asyncDispose]: () => stop(child) };
	const deadline = Date.now() + READY_MS_MAX;
	while (!(await isReady(url))) {
		if (child.exitCode !== null) throw new Error(`The shop ended at its start with exit code ${child.exitCode}`);
		if (Date.now() > deadline) {
			await stop(child);
			throw new Error(`The shop was not ready within ${READY_MS_MAX} ms`);
		}
		await pause(100);
	}
	return shop;
}

/** Fills the catalogue: things of one price, of which there are enough for every measurement. @returns their ids */
export async function stockProducts(url: string): Promise<string[]> {
	const door = doorOf(url);
	const { loginUser } = await door.ask<{ loginUser: { accessToken: string } }>(
		"mutation ($input: LoginUserInput!) { loginUser(input: $input) { accessToken } }",
		{ input: ADMIN },
	);
	const ids: string[] = [];
	for (let n = 1; n <= PRODUCTS; n++) {
		const input = { sku: `BENCH-${n}`, name: `Thing ${n}`, description: "Made to be counted.", price: 1_999 };
		const { createProduct } = await door.ask<{ createProduct: { id: string } }>(
			"mutation ($input: CreateProductInput!) { createProduct(input: $input) { id } }",
			{ input: { ...input, initialStock: 1_000_000 } },
			loginUser.accessToken,
		);
		ids.push(createProduct.id);
	}
	return ids;
}

async function stop(child: ChildProcess): Promise<void> {
	if (child.exitCode !== null || child.signalCode !== null) return;
	const exited = once(child, "exit");
	child.kill("SIGTERM");
	await exited;
}

async function isReady(url: string): Promise<boolean> {
	try {
		const response = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(1_000) });
		const { absentServices } = (await response.json()) as { absentServices?: string[] };
		return response.status === 200 && absentServices?.length === 0;
	} catch {
		return false;
	}
}

async function freePort(): Promise<number> {
	const server = createServer();
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	const { port } = server.address() as AddressInfo;
	server.close();
	await once(server, "close");
	return port;
}
