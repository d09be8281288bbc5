import { once } from "node:events";
import { inspect } from "node:util";
import { Pool } from "pg";
import { WebSocket } from "ws";
import { postgresAuditor } from "../support/postgres-auditor";
import type { Auditor } from "../support/auditor";
import { testDatabase, type TestDatabase } from "../support/servers";
import { shopEnvironment } from "../support/shop";
import { startShopProcess, type ShopProcess } from "../support/shop-process";
import { stageOf, type Stage } from "../support/shop-stage";
import type { Account, PlacedOrder, Product } from "../support/shop-types";
import { until } from "../support/until";

/** `npm run subscribers` has 1,000. */
const COUNT = Number(process.env["SUBSCRIBERS"] ?? 60);
const CUSTOMERS = Math.min(COUNT, 20);
/** Changes that are made at the same time, over and over: more than one shop's staff would. */
const AT_ONCE = 8;
/** By the contract, on a machine that has nothing else to do. */
const P99_MS_MAX = 500;
/** The gateway lets one address have a hundred. */
const SOCKETS_OF_AN_ADDRESS = 80;

jest.setTimeout(10 * 60_000);

interface Heard {
	id: string;
	status: string;
	atMs: number;
}

/** Somebody who follows one order over a socket of their own. */
interface Subscriber {
	order: PlacedOrder;
	socket: WebSocket;
	heard: Heard[];
	completed: boolean;
}

describe(`${COUNT} who follow an order each`, () => {
	let base: TestDatabase;
	let database: Pool;
	let auditor: Auditor;
	let node: ShopProcess;
	let shop: Stage;
	const subscribers: Subscriber[] = [];

	beforeAll(async () => {
		base = await testDatabase();
		database = new Pool({ connectionString: base.url, max: 2, application_name: "molecart tests" });
		auditor = await postgresAuditor(base.url);
		// Each subscriber says where it comes from, as a proxy would.
		node = await startShopProcess("followed", { ...shopEnvironment(base.url, undefined), TRUST_PROXY: "127.0.0.1" });
		await node.ready();
		shop = stageOf({ url: () => node.url, database, auditor });
	});
	afterAll(async () => {
		for (const { socket } of subscribers) socket.terminate();
		await node?.[Symbol.asyncDispose]();
		await auditor?.[Symbol.asyncDispose]();
		await database?.end();
		await base?.[Symbol.asyncDispose]();
	});

	async function open({ token }: Account, index: number): Promise<WebSocket> {
		const address = `10.0.0.${1 + Math.floor(index / SOCKETS_OF_AN_ADDRESS)}`;
		const headers = { "x-forwarded-for": address };
		const socket = new WebSocket(`${node.url.replace("http", "ws")}/graphql`, "graphql-transport-ws", { headers });
		await once(socket, "open");
		socket.send(JSON.stringify({ type: "connection_init", payload: { authorization: `Bearer ${token}` } }));
		await once(socket, "message");
		return socket;
	}

	const say = (socket: WebSocket, id: string, query: string, variables: object = {}) =>
		socket.send(JSON.stringify({ id, type: "subscribe", payload: { query, variables } }));
	const follow = (socket: WebSocket, orderId: string, id = "1") =>
		say(socket, id, "subscription ($id: ID!) { orderUpdated(orderId: $id) { id status } }", { id: orderId });

	async function subscribe(order: PlacedOrder, index: number): Promise<void> {
		const subscriber: Subscriber = { order, socket: await open(order.by, index), heard: [], completed: false };
		subscribers.push(subscriber);
		subscriber.socket.on("message", (data: Buffer) => {
			const { type, payload } = JSON.parse(data.toString()) as {
				type: string;
				payload?: { data?: { orderUpdated: { id: string; status: string } } };
			};
			if (type === "complete") subscriber.completed = true;
			if (type === "next") subscriber.heard.push({ ...payload!.data!.orderUpdated, atMs: performance.now() });
		});
		follow(subscriber.socket, order.id);
		await until(() => subscriber.heard.length > 0, { what: "the current state", withinMs: 60_000 });
	}

	/** Asks for more than any socket holds, and takes none of it. */
	async function openDeafOne(lamp: Product): Promise<WebSocket> {
		const socket = await open(subscribers[0]!.order.by, COUNT + SOCKETS_OF_AN_ADDRESS);
		(socket as unknown as { _socket: { pause(): void } })._socket.pause();
		socket.on("error", () => undefined);
		for (let id = 0; id < 20; id++) follow(socket, subscribers[0]!.order.id, `f${id}`);
		const large = `{ ${Array.from({ length: 20 }, (_, i) => `p${i}: product(id: "${lamp.id}") { description }`).join(" ")} }`;
		for (let id = 0; id < 25; id++) say(socket, `q${id}`, large);
		return socket;
	}

	async function atOnce<Item>(items: readonly Item[], work: (item: Item, index: number) => Promise<void>) {
		let next = 0;
		const worker = async (): Promise<void> => {
			for (let index = next++; index < items.length; index = next++) await work(items[index]!, index);
		};
		await Promise.all(Array.from({ length: AT_ONCE }, worker));
	}

	test("each hear of their own order and of no other, in time, beside one who never reads", async () => {
		const lamp = await shop.given.product({ stock: COUNT });
		await shop.when.updatesProduct(lamp, { description: "d".repeat(5_000) });
		const customers = await Promise.all(Array.from({ length: CUSTOMERS }, () => shop.given.customer()));
		const orders: PlacedOrder[] = [];
		await atOnce(customers, async (customer) => {
			while (orders.length < COUNT) {
				const place = orders.push(undefined as never) - 1;
				orders[place] = await shop.when.checksOut(customer, [{ product: lamp, quantity: 1 }]);
				await shop.until(orders[place]).is("CONFIRMED", { paymentStatus: "CAPTURED" }, 60_000);
			}
		});
		await atOnce(orders, subscribe);
		const deaf = await openDeafOne(lamp);

		const changedAtMs = new Map<string, number>();
		for (const change of ["ships", "delivers"] as const) {
			await atOnce(orders, async ({ id }) => {
				changedAtMs.set(`${id} ${change === "ships" ? "SHIPPED" : "DELIVERED"}`, performance.now());
				await shop.when[change]({ id });
			});
		}
		await until(() => subscribers.every(({ completed }) => completed), {
			what: "each subscription to end",
			withinMs: 60_000,
		});

		for (const { order, heard } of subscribers) {
			expect(heard.map(({ id, status }) => `${id} ${status}`)).toEqual(
				["CONFIRMED", "SHIPPED", "DELIVERED"].map((status) => `${order.id} ${status}`),
			);
		}
		// From before the change was asked for, so the change itself is in it.
		const delaysMs = subscribers
			.flatMap(({ heard }) => heard.slice(1).map(({ id, status, atMs }) => atMs - changedAtMs.get(`${id} ${status}`)!))
			.toSorted((a, b) => a - b);
		const part = (share: number) => Math.round(delaysMs[Math.floor(delaysMs.length * share)]!);
		const figures = {
			subscribers: COUNT,
			p50Ms: part(0.5),
			p95Ms: part(0.95),
			p99Ms: part(0.99),
			maxMs: Math.round(delaysMs.at(-1)!),
		};
		expect(delaysMs).toHaveLength(2 * COUNT);
		if (COUNT >= 1_000) {
			process.stderr.write(`${inspect(figures)}\n`);
			expect(figures.p99Ms).toBeLessThanOrEqual(P99_MS_MAX);
		}
		deaf.terminate();
	});
});
