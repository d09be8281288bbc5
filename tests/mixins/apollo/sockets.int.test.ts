import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { WebSocket } from "ws";
import { until } from "../../support/until";
import { openCluster, type Cluster, type Gateway } from "./cluster";
import { counter, options } from "./counter";
import { ask } from "./hearing";

let cluster: Cluster;
let gateway: Gateway;

beforeAll(async () => {
	cluster = openCluster();
	await cluster.node("n1", counter());
	gateway = await cluster.gateway(options);
	await gateway.untilServed("{ count }");
});

afterAll(() => cluster[Symbol.asyncDispose]());

async function closed(socket: WebSocket): Promise<number> {
	socket.on("error", () => {});
	const [code] = (await once(socket, "close")) as [number];
	return code;
}

async function opened(socket: WebSocket): Promise<WebSocket> {
	await once(socket, "open");
	return socket;
}

const send = (socket: WebSocket, message: object) => socket.send(JSON.stringify(message));

/** The status of the answer to a handshake. */
function handshake(of: Gateway, headers: Record<string, string> = {}): Promise<number> {
	const socket = of.socket("graphql-transport-ws", headers);
	return new Promise((resolve, reject) => {
		socket.on("open", () => resolve(101));
		socket.on("unexpected-response", (_request, { statusCode }) => resolve(statusCode!));
		socket.on("error", reject);
	}).finally(() => socket.terminate()) as Promise<number>;
}

describe("who may connect", () => {
	test("nobody in particular may", async () => {
		expect(await ask(gateway.client(), "{ whoami }")).toEqual({ data: { whoami: "nobody" } });
	});

	test("a bad token closes the socket with 4403", async () => {
		const socket = await opened(gateway.socket());

		send(socket, { type: "connection_init", payload: { authorization: "Bearer bad" } });

		expect(await closed(socket)).toBe(4403);
	});

	test("a token that nobody can check right now closes it with 1013, to try again later", async () => {
		const socket = await opened(gateway.socket());

		send(socket, { type: "connection_init", payload: { authorization: "Bearer late" } });

		expect(await closed(socket)).toBe(1013);
	});

	test("a session that expires ends its socket", async () => {
		const own = await cluster.gateway({ ...options, expiresAt: () => Date.now() + 100 });
		const socket = await opened(own.socket());

		send(socket, { type: "connection_init" });

		expect(await closed(socket)).toBe(4403);
	});

	test("a session that was ended loses its sockets, and nobody else's", async () => {
		const ada = await opened(gateway.socket());
		const grace = gateway.client("Bearer Grace");
		send(ada, { type: "connection_init", payload: { authorization: "Bearer Ada2" } });
		await once(ada, "message");
		await ask(grace, "{ whoami }");

		const ended = gateway.service.endSockets(({ name }) => name === "Ada2");

		expect(ended).toBe(1);
		expect(await closed(ada)).toBe(4403);
		expect(await ask(grace, "{ whoami }")).toEqual({ data: { whoami: "Grace" } });
	});

	test("a page of another origin is refused with 403, the gateway's own is not", async () => {
		const own = new URL(gateway.url).origin;

		expect(await handshake(gateway, { origin: "https://elsewhere.example" })).toBe(403);
		expect(await handshake(gateway, { origin: "null" })).toBe(403);
		expect(await handshake(gateway, { origin: own })).toBe(101);
	});

	test("a gateway whose own rule fails refuses, and lives on", async () => {
		const failing = await cluster.gateway({
			...options,
			allowOrigin: ({ headers }) => new URL(headers.origin!).port === "",
		});

		expect(await handshake(failing)).toBe(400);
		expect(await handshake(failing, { origin: "https://shop.example" })).toBe(101);
		expect(failing.logged.join()).toContain("Invalid URL");
	});

	test("another path is refused with 404", async () => {
		expect(await rawUpgrade("/elsewhere")).toContain("HTTP/1.1 404 Not Found");
		expect(await rawUpgrade("//")).toContain("HTTP/1.1 404 Not Found");
	});

	test("one address gets only so many sockets, or one network in IPv6, and one gateway too", async () => {
		const narrow = await cluster.gateway({ ...options, subscriptions: { maxSocketsPerAddress: 1 } });
		let asked = 0;
		const addressOf = () => `2001:db8:1:2::${++asked}`;
		const roaming = await cluster.gateway({ ...options, addressOf, subscriptions: { maxSocketsPerAddress: 1 } });
		const full = await cluster.gateway({ ...options, subscriptions: { maxSockets: 1 } });

		const first = await opened(narrow.socket());
		await opened(roaming.socket());
		await opened(full.socket());

		expect(await handshake(narrow)).toBe(429);
		expect(await handshake(roaming)).toBe(429);
		expect(await handshake(full)).toBe(503);
		first.close();
		await closed(first);
		await until(async () => (await handshake(narrow)) === 101, { what: "the address to have room again" });
	});
});

async function rawUpgrade(path: string): Promise<string> {
	const raw = connect(Number(new URL(gateway.url).port), "127.0.0.1");
	raw.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
	const [answer] = (await once(raw, "data")) as [Buffer];
	raw.destroy();
	return answer.toString();
}

const initialised = async (at = gateway) => {
	const socket = await opened(at.socket());
	send(socket, { type: "connection_init" });
	await once(socket, "message");
	return socket;
};

describe("a client that doesn't keep to the protocol", () => {
	test("is closed with 4408 when it doesn't say who it is in time", async () => {
		const impatient = await cluster.gateway({ ...options, subscriptions: { connectionInitWaitMs: 200 } });

		expect(await closed(impatient.socket())).toBe(4408);
	});

	test("is closed with 4401 when it subscribes before that", async () => {
		const socket = await opened(gateway.socket());

		send(socket, { id: "1", type: "subscribe", payload: { query: "{ count }" } });

		expect(await closed(socket)).toBe(4401);
	});

	test("is closed with 4429 when it says so twice", async () => {
		const socket = await initialised();

		send(socket, { type: "connection_init" });

		expect(await closed(socket)).toBe(4429);
	});

	test("is closed with 4409 when it uses an id twice", async () => {
		const socket = await initialised();

		for (let i = 0; i < 2; i++)
			send(socket, { id: "1", type: "subscribe", payload: { query: "subscription { counted }" } });

		expect(await closed(socket)).toBe(4409);
	});

	test.each(["garbage", "[]", "{}", '{"type":7}', '{"type":"next","id":"1","payload":{"data":{}}}', "[[[["])(
		"is closed with 4400 when it says %j",
		async (text) => {
			const socket = await initialised();

			socket.send(text);

			expect(await closed(socket)).toBe(4400);
		},
	);

	test("is closed with 1009 when a message is too large", async () => {
		const socket = await initialised();

		socket.send("x".repeat(65_000));

		expect(await closed(socket)).toBe(1009);
	});

	test("is closed with 4406 when it doesn't name the protocol", async () => {
		expect(await closed(gateway.socket(""))).toBe(4406);
	});

	test("is ended when it answers no pings", async () => {
		const watchful = await cluster.gateway({ ...options, subscriptions: { keepAliveMs: 500 } });
		const socket = await initialised(watchful);
		socket.pong = () => {};

		expect(await closed(socket)).toBe(1006);
	});

	test("is ended when it doesn't read what it asked for", async () => {
		const patient = await cluster.gateway({ ...options, subscriptions: { keepAliveMs: 600_000 } });
		const accepted = once(patient.service.server!, "connection") as Promise<[Socket]>;
		const socket = await initialised(patient);
		const [serverSide] = await accepted;

		(socket as unknown as { _socket: Socket })._socket.pause();
		const askOnce = (id: number) => {
			send(socket, { id: String(id), type: "subscribe", payload: { query: "{ big(kilobytes: 500) }" } });
			return until(() => serverSide.destroyed || serverSide.bytesRead > 0, { what: "the gateway to read on" });
		};
		for (let id = 0; id < 40; id++) await askOnce(id);

		expect(await until(() => serverSide.destroyed, { what: "the gateway to give up" })).toBe(true);
		expect(serverSide.bytesWritten).toBeLessThan(20_000_000);
		socket.terminate();
	});
});

describe("a gateway that stops", () => {
	test("closes its sockets with 1001 and is gone at once", async () => {
		const own = await cluster.gateway(options);
		const socket = await opened(own.socket());
		send(socket, { type: "connection_init" });
		await once(socket, "message");
		const gone = closed(socket);

		const before = performance.now();
		await own.broker.stop();

		expect(await gone).toBe(1001);
		// It would wait five seconds for queries that are under way.
		expect(performance.now() - before).toBeLessThan(5_000);
	});

	test("lets queries end that were under way", async () => {
		const asked: ((text: string) => void)[] = [];
		const own = await cluster.gateway({
			...options,
			resolvers: { Query: { whoami: () => new Promise((resolve) => void asked.push(resolve)) } },
		});
		const answer = ask(own.client(), "{ whoami }");
		await until(() => asked.length === 1, { what: "the query to begin" });

		const stopped = own.broker.stop();
		await until(async () => (await handshake(own)) === 503, { what: "the gateway to take no more sockets" });
		asked[0]!("at last");

		expect(await answer).toEqual({ data: { whoami: "at last" } });
		await stopped;
	});
});
