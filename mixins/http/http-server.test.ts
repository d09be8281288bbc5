import { once } from "node:events";
import { Agent, request, type IncomingMessage, type Server } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { followConnections } from "./connections";
import { httpServer } from "./http-server";

const answer: Parameters<typeof httpServer>[0] = (asked, response) => {
	asked.resume().on("end", () => response.end("heard"));
};
const impatient = httpServer(answer, {
	keepAliveMs: 60_000,
	patience: { headersMs: 200, requestMs: 400, checkEveryMs: 50 },
});
const patient = httpServer(answer, {
	keepAliveMs: 60_000,
	patience: { headersMs: 60_000, requestMs: 60_000, checkEveryMs: 50 },
});
const servers = [impatient, patient];

beforeAll(() => Promise.all(servers.map((server) => once(server.listen(0, "127.0.0.1"), "listening"))));
afterAll(() => servers.forEach((server) => server.close()));

const portOf = (server: Server) => (server.address() as AddressInfo).port;

/** What comes back for this text and nothing after it, until the server ends the connection. */
async function answerTo(said: string, server: Server): Promise<string> {
	const socket = connect(portOf(server), "127.0.0.1");
	let heard = "";
	socket.setEncoding("utf8").on("data", (part: string) => (heard += part));
	socket.write(said);
	await once(socket, "close");
	return heard;
}

test.each([
	["half a header", "GET / HTTP/1.1\r\nHost: sh"],
	["half a body", "POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: 100\r\n\r\n{"],
])("a client that stops after %s is cut off with 408", async (_what, said) => {
	expect(await answerTo(said, impatient)).toMatch(/^HTTP\/1\.1 408 /);
});

test("one that says all that it has to say is answered", async () => {
	const said = "POST / HTTP/1.1\r\nHost: shop\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}";

	expect(await answerTo(said, patient)).toMatch(/^HTTP\/1\.1 200 OK[^]*heard/);
});

test("a connection that is kept for later outlives the patience with those who dribble, and says how long", async () => {
	const agent = new Agent({ keepAlive: true, maxSockets: 1 });
	const ask = async () => {
		const asking = request({ port: portOf(impatient), host: "127.0.0.1", agent }).end();
		const [response] = (await once(asking, "response")) as [IncomingMessage];
		return { reused: asking.reusedSocket, keepAlive: response.headers["keep-alive"], said: await text(response) };
	};

	const first = await ask();
	// Twice as long as that patience: who begins after it is cut off for it, and so is the next one.
	for (let time = 0; time < 2; time++) await answerTo("GET / HTTP/1.1\r\nHost: sh", impatient);
	const second = await ask();
	agent.destroy();

	expect(first).toEqual({ reused: false, keepAlive: "timeout=60", said: "heard" });
	expect(second).toEqual({ reused: true, keepAlive: "timeout=60", said: "heard" });
});

test("a connection that nobody uses any more is closed in its time", async () => {
	const brief = httpServer(answer, { keepAliveMs: 100 });
	await once(brief.listen(0, "127.0.0.1"), "listening");

	const heard = await answerTo("GET / HTTP/1.1\r\nHost: shop\r\n\r\n", brief);
	brief.close();

	expect(heard).toMatch(/^HTTP\/1\.1 200 OK[^]*heard/);
});

describe("a client that offers another protocol", () => {
	const OFFER = "Host: shop\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n";

	async function opened(speaksWebSocket: boolean): Promise<Server> {
		const server = httpServer(answer, { keepAliveMs: 60_000 });
		followConnections(server);
		if (speaksWebSocket)
			server.on("upgrade", (_asked, socket) => socket.end("HTTP/1.1 101 Switching Protocols\r\n\r\n"));
		await once(server.listen(0, "127.0.0.1"), "listening");
		servers.push(server);
		return server;
	}

	test.each([
		["GET", false, ""],
		["GET", true, ""],
		["POST", false, "{}"],
		["POST", true, "{}"],
	])(
		"by %s is answered as if it had not, and asks again (where somebody speaks WebSocket: %s)",
		async (method, webSocket, body) => {
			const socket = connect(portOf(await opened(webSocket)), "127.0.0.1").setEncoding("utf8");

			socket.write(`${method} / HTTP/1.1\r\n${OFFER}Content-Length: ${body.length}\r\n\r\n${body}`);
			const [first] = (await once(socket, "data")) as [string];
			socket.write("GET / HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n");
			const [second] = (await once(socket, "data")) as [string];

			expect([first, second]).toEqual([
				expect.stringMatching(/^HTTP\/1\.1 200 /),
				expect.stringMatching(/^HTTP\/1\.1 200 /),
			]);
		},
	);

	test("which is WebSocket finds who speaks it", async () => {
		const said = "GET / HTTP/1.1\r\nHost: shop\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\n\r\n";

		expect(await answerTo(said, await opened(true))).toMatch(/^HTTP\/1\.1 101 /);
	});
});
