import fs from "node:fs";
import http from "node:http";
import { inspect } from "node:util";
import { buildSchema } from "graphql";
import { Pool } from "pg";
import { WebSocket } from "ws";
import { currentOpenApi, currentSchema } from "../../node/schema";
import { rawRequest } from "../api/raw-request";
import type { Auditor } from "../support/auditor";
import { postgresAuditor } from "../support/postgres-auditor";
import { testDatabase, type TestDatabase } from "../support/servers";
import { shopEnvironment } from "../support/shop";
import { startShopProcess, type ShopProcess } from "../support/shop-process";
import { ADMIN } from "../support/shop-given";
import type { Account } from "../support/shop-types";
import { stageOf, type Stage } from "../support/shop-stage";
import { until } from "../support/until";
import { chanceFrom } from "./chance";
import { wrongIn, wrongInFrame } from "./judge";
import { requestsBy, type Conversation, type HttpRequest, type OpenApi } from "./requests";

/** `npm run fuzz` asks for 20,000; FUZZ_SEED for others than these. */
const COUNT = Number(process.env["FUZZ_REQUESTS"] ?? 600);
const SEED = Number(process.env["FUZZ_SEED"] ?? 1);
const AT_ONCE = 12;
const SIGN_IN_EVERY = 200;
/** How long a socket may take to say all that it has to say. */
const SOCKET_MS = 300;
/** What a socket may be closed with: by us, for a message too large, or for what the protocol forbids. */
const CLOSED_WITH = new Set([1000, 1005, 1006, 1007, 1009, 4400, 4401, 4403, 4406, 4408, 4409, 4429]);

jest.setTimeout(20 * 60_000);

describe("nonsense and half-sense", () => {
	let base: TestDatabase;
	let database: Pool;
	let auditor: Auditor;
	let node: ShopProcess;
	let shop: Stage;
	let log = "";
	const initialStock = new Map<string, number>();

	beforeAll(async () => {
		base = await testDatabase();
		database = new Pool({ connectionString: base.url, max: 2, application_name: "molecart tests" });
		auditor = await postgresAuditor(base.url);
		node = await startShopProcess("fuzzed", {
			...shopEnvironment(base.url, undefined),
			LOG_LEVEL: "warn",
			// A leak would end it, and a heap that may be lazy would hide one.
			NODE_OPTIONS: "--max-old-space-size=160",
		});
		for (const stream of [node.child.stdout!, node.child.stderr!]) stream.on("data", (text: string) => (log += text));
		await node.ready();
		shop = stageOf({ url: () => node.url, database, auditor, initialStock });
	});
	afterAll(async () => {
		await node?.[Symbol.asyncDispose]();
		await auditor?.[Symbol.asyncDispose]();
		await database?.end();
		await base?.[Symbol.asyncDispose]();
	});

	test(`${COUNT} requests of seed ${SEED} are each answered by the contract, and the shop is unharmed`, async () => {
		const things = await thingsIn(shop);
		const openApi = JSON.parse(currentOpenApi()) as OpenApi;
		const requests = requestsBy(chanceFrom(SEED), buildSchema(currentSchema()), openApi, things);
		const agent = new http.Agent({ keepAlive: true, maxSockets: AT_ONCE });
		const offences: string[] = [];
		const answered: Record<string, number> = {};
		const count = (what: string) => (answered[what] = (answered[what] ?? 0) + 1);
		let sent = 0;
		let warmMb: number | undefined;

		const visitor = async (): Promise<void> => {
			while (sent < COUNT && offences.length < 10) {
				const number = ++sent;
				if (number === Math.floor(COUNT / 10)) warmMb = megabytesOf(node);
				if (number % SIGN_IN_EVERY === 0) things.tokens = await tokensOf(shop, things.people);
				const request = requests.next();
				const wrong =
					request.over === "WebSocket"
						? await converse(node.url, request, count)
						: await ask(node.url, request, agent, things.ids.any, count);
				if (wrong) offences.push(`request ${number} of seed ${SEED}: ${wrong}\n${inspect(request, { depth: 4 })}`);
			}
		};
		await Promise.all(Array.from({ length: AT_ONCE }, visitor));
		agent.destroy();

		expect(offences).toEqual([]);
		expect((await node.health()).status).toBe(200);
		await stockAsItWasGiven(database, initialStock);
		await shop.untilSound(60_000);
		expect(await shop.deadLetters()).toEqual([]);
		expect(log).not.toMatch(/unhandled|\b(?:ERROR|FATAL):|(?:Type|Reference|Range)Error/);
		const endMb = megabytesOf(node);
		if (COUNT > 5_000) process.stderr.write(`${inspect({ sent, warmMb, endMb, answered })}\n`);
		// A few requests only warm it up. After many, what grows with them is far more than this.
		if (COUNT > 5_000 && warmMb !== undefined) expect(endMb! - warmMb).toBeLessThan(100);

		await node.end("SIGTERM");
		expect(node.child.exitCode).toBe(0);
	});
});

/** Somebody of each kind with something of each kind. */
async function thingsIn(shop: Stage) {
	const admin = await shop.given.admin();
	const lamps = await Promise.all([1, 2, 3].map(() => shop.given.product({ stock: 100_000 })));
	const [ada, eve] = [await shop.given.customer(), await shop.given.customer()];
	const orders = [
		await shop.when.checksOut(ada, [{ product: lamps[0]!, quantity: 1 }]),
		await shop.when.checksOut(eve, [{ product: lamps[1]!, quantity: 2 }]),
	];
	const carts = [
		await shop.given.cart(ada, { product: lamps[0]!, quantity: 2 }),
		await shop.given.cart(eve, { product: lamps[1]!, quantity: 1 }),
		await shop.given.cart("guest", { product: lamps[2]!, quantity: 1 }),
	];
	const people = [ada, eve, ADMIN];
	const category = await shop.door.graphql<{ id: string }>(
		'mutation { createCategory(input: { name: "Lamps", slug: "lamps" }) { id } }',
		{},
		admin,
	);
	const idsOf = (things: { id: string }[]) => things.map(({ id }) => id);
	const ids = {
		product: idsOf(lamps),
		cart: idsOf(carts),
		checkout: idsOf(carts),
		order: idsOf(orders),
		categor: [category.id],
		parent: [category.id],
		profile: idsOf([ada, eve]),
		user: idsOf([ada, eve]),
		any: idsOf([...lamps, ...orders, ...carts, ada, admin]),
	};
	return { ids, people, tokens: await tokensOf(shop, people) };
}

/** Among so many requests are some that end sessions. */
async function tokensOf(shop: Stage, people: Pick<Account, "email" | "password">[]): Promise<(string | undefined)[]> {
	const accounts = await Promise.all(people.map((each) => shop.when.signsIn(each)));
	return [undefined, ...accounts.map(({ token }) => token)];
}

async function ask(
	url: string,
	{ over, path, ...request }: HttpRequest,
	agent: http.Agent,
	ids: string[],
	count: (what: string) => void,
): Promise<string | undefined> {
	try {
		const answer = await rawRequest(url, path, { ...request, agent }).catch(() => rawRequest(url, path, request));
		count(`${over} ${answer.errors[0]?.extensions.code ?? answer.error?.code ?? answer.status}`);
		// What is there now is worth more questions than what is not.
		const id = /"id":"([\da-f-]{36})"/.exec(answer.text)?.[1];
		if (id !== undefined && !ids.includes(id))
			ids[ids.length < 200 ? ids.length : Number.parseInt(id.slice(0, 2), 16) % 200] = id;
		return wrongIn(answer);
	} catch (error) {
		return `no answer: ${(error as Error).message}`;
	}
}

async function converse(
	url: string,
	{ said }: Conversation,
	count: (what: string) => void,
): Promise<string | undefined> {
	const socket = new WebSocket(`${url.replace("http", "ws")}/graphql`, "graphql-transport-ws");
	let wrong: string | undefined;
	let code: number | undefined;
	socket.on("message", (data: Buffer) => (wrong ??= wrongInFrame(data.toString())));
	socket.on(
		"error",
		(error) => (wrong ??= code === undefined && !/closed before/.test(error.message) ? error.message : wrong),
	);
	socket.on("close", (closedWith) => (code = closedWith));
	await until(() => socket.readyState === socket.OPEN || code !== undefined, { what: "the socket to be open" });
	for (const [index, each] of said.entries()) {
		if (code !== undefined) break;
		if (each === null) socket.terminate();
		else socket.send(each);
		// What follows an init is told before it is acknowledged only by those who mean it.
		if (index === 0) await new Promise((resolve) => void setTimeout(resolve, 20));
	}
	await until(() => code !== undefined, { what: "the end", withinMs: SOCKET_MS }).catch(() => socket.close());
	await until(() => code !== undefined, { what: "the socket to be closed" });
	count(`WebSocket ${code}`);
	return wrong ?? (CLOSED_WITH.has(code!) ? undefined : `closed with ${code}`);
}

/** Administrators among the visitors have put products in, and counted anew. */
async function stockAsItWasGiven(database: Pool, initialStock: Map<string, number>): Promise<void> {
	const { rows } = await database.query<{ id: string; given: number }>(
		`SELECT product_id AS id, sum(on_hand_change)::int AS given FROM catalog.stock_movements
		WHERE kind IN ('OPENED', 'ADJUSTED') GROUP BY product_id`,
	);
	for (const { id, given } of rows) initialStock.set(id, given);
}

/** Resident; undefined where the system does not tell. */
function megabytesOf({ child }: ShopProcess): number | undefined {
	const status = `/proc/${child.pid}/status`;
	if (!fs.existsSync(status)) return undefined;
	return Math.round(Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(status, "utf8"))![1]) / 1_024);
}
