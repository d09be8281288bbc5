import { once } from "node:events";
import { Agent, createServer, request, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { followConnections, type Farewell } from "./connections";

const servers: Server[] = [];
afterEach(() => servers.splice(0).forEach((server) => server.closeAllConnections()));

/** Longer than any test takes. */
const NEVER_MS = 600_000;
const patient: Farewell = { drainMs: NEVER_MS, silentMs: 200, unheardMs: NEVER_MS, closeMs: NEVER_MS };

async function listening(answer: (response: ServerResponse) => void, farewell: Partial<Farewell> = {}) {
	const server = createServer({ keepAliveTimeout: 60_000 }, (_request, response) => answer(response));
	servers.push(server.listen(0, "127.0.0.1"));
	const connections = followConnections(server, { ...patient, ...farewell });
	await once(server, "listening");
	const { port } = server.address() as AddressInfo;
	return { server, connections, port };
}

/** Asks as a balancer does, over connections that it keeps. */
function balancer(port: number) {
	const agent = new Agent({ keepAlive: true });
	return async () => {
		const asking = request({ port, host: "127.0.0.1", agent }).end();
		const [answer] = (await once(asking, "response")) as [IncomingMessage];
		return { said: await text(answer), connection: answer.headers.connection, reused: asking.reusedSocket };
	};
}

/** A connection on which nothing has been said yet. */
async function connected(server: Server, port: number): Promise<Socket> {
	const socket = connect(port, "127.0.0.1");
	await Promise.all([once(server, "connection"), once(socket, "connect")]);
	return socket;
}

const GET = "GET / HTTP/1.1\r\nHost: shop\r\n\r\n";

describe("a server that closes", () => {
	test("does not wait for a connection that has not asked for anything", async () => {
		const { server, connections, port } = await listening((response) => response.end());
		const silent = await connected(server, port);
		const gone = once(silent, "close");

		await Promise.all([connections.close(), gone]);

		expect(silent.destroyed).toBe(true);
	});

	test("answers who asks just then", async () => {
		const { server, connections, port } = await listening((response) => response.end("in time"));
		const late = await connected(server, port);

		const closed = connections.close();
		late.write(GET);

		expect(await text(late)).toMatch(/^HTTP\/1\.1 200 OK[^]*Connection: close[^]*in time/);
		await closed;
	});

	test("answers what was asked while its process stood still", async () => {
		const { server, connections, port } = await listening((response) => response.end("in time"), { silentMs: 0 });
		const late = await connected(server, port);

		const closed = connections.close();
		late.write(GET);
		const endMs = performance.now() + 100;
		while (performance.now() < endMs);

		expect(await text(late)).toMatch(/^HTTP\/1\.1 200 OK[^]*in time/);
		await closed;
	});

	test("answers what is under way, and says that the connection ends with it", async () => {
		let finish: () => void = () => undefined;
		const { server, connections, port } = await listening((response) => (finish = () => void response.end("at last")));
		const answered = balancer(port)();
		await once(server, "request");

		const closed = connections.close();
		// Several looks at who is silent.
		setTimeout(finish, 300);

		expect(await answered).toEqual({ said: "at last", connection: "close", reused: false });
		await closed;
	});

	test("answers everything that was asked at once on one connection, and only the last answer says that it ends", async () => {
		const asked: ServerResponse[] = [];
		const { server, connections, port } = await listening((response) => void asked.push(response), { silentMs: 0 });
		const client = await connected(server, port);
		const heard = text(client);
		const all = new Promise<void>((resolve) => server.on("request", () => asked.length === 3 && resolve()));
		client.write(GET.repeat(3));
		await all;
		const [first, second, third] = asked;

		first!.end("first");
		await once(first!, "close");
		const closed = connections.close();
		second!.end("second");
		await once(second!, "close");
		// Several looks at who is silent.
		setTimeout(() => third!.end("third"), 100);

		expect(await heard).toMatch(/first[^]*second[^]*Connection: close[^]*third/);
		await closed;
	});

	test("gives up what has been asked in part, and an answer that does not come to its end", async () => {
		const { server, connections, port } = await listening(() => undefined, { unheardMs: 50 });
		const dribbling = await connected(server, port);
		dribbling.write("POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: 1000\r\n\r\n{");
		await once(server, "request");
		const endless = await listening((response) => response.write("and so on"), { closeMs: 50 });
		const reading = request({ port: endless.port, host: "127.0.0.1" }).on("error", () => undefined);
		reading.end();
		await once(reading, "response");

		await Promise.all([connections.close(), endless.connections.close()]);

		expect([server.listening, endless.server.listening]).toEqual([false, false]);
	});
});

describe("a server that drains", () => {
	test("answers on every connection, kept or new, and says on each that it is the last time", async () => {
		const { connections, port } = await listening((response) => response.end("heard"));
		const ask = balancer(port);
		await Promise.all([ask(), ask(), ask()]);

		void connections.drain();
		const kept = await Promise.all([ask(), ask(), ask()]);
		const later = await ask();
		await connections.close();

		for (const answer of kept) expect(answer).toEqual({ said: "heard", connection: "close", reused: true });
		expect(later).toEqual({ said: "heard", connection: "close", reused: false });
	});

	test("takes no new connection in the end, and has closed what was not used", async () => {
		const { server, connections, port } = await listening((response) => response.end("heard"), {
			drainMs: 50,
			silentMs: 0,
		});
		const kept = await connected(server, port);
		const heard = once(kept.resume(), "close");

		await connections.drain();

		await expect(balancer(port)()).rejects.toThrow("ECONNREFUSED");
		await heard;
		await connections.close();
	});

	test("leaves a connection alone that has become a WebSocket", async () => {
		const { server, connections, port } = await listening((response) => response.end(), { drainMs: 0, silentMs: 0 });
		const client = await connected(server, port);
		client.write(`GET / HTTP/1.1\r\nHost: shop\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
		server.on("upgrade", ({ socket }) => connections.handOver(socket));
		const [, socket] = (await once(server, "upgrade")) as [IncomingMessage, Socket];

		await connections.drain();
		const closed = connections.close();
		socket.write("farewell");
		const [said] = (await once(client, "data")) as [Buffer];
		socket.destroy();
		await closed;

		expect(String(said)).toBe("farewell");
	});
});
