import { once } from "node:events";
import { Agent, createServer, request, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { followConnections } from "./connections";

const servers: Server[] = [];
afterEach(() => servers.splice(0).forEach((server) => server.closeAllConnections()));

async function listening(answer: (response: ServerResponse) => void) {
	const server = createServer({ keepAliveTimeout: 60_000 }, (_request, response) => answer(response));
	servers.push(server.listen(0, "127.0.0.1"));
	const connections = followConnections(server);
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

test("a connection that has not asked for anything does not keep the server from closing", async () => {
	const { server, connections, port } = await listening((response) => response.end());
	const silent = connect(port, "127.0.0.1");
	await once(server, "connection");
	const gone = once(silent, "close");

	await Promise.all([connections.close(), gone]);

	expect(silent.destroyed).toBe(true);
});

test("one that asks just when the server closes is answered", async () => {
	const { server, connections, port } = await listening((response) => response.end("in time"));
	const late = connect(port, "127.0.0.1");
	await once(server, "connection");

	const closed = connections.close();
	late.write("GET / HTTP/1.1\r\nHost: shop\r\n\r\n");

	expect(await text(late)).toMatch(/^HTTP\/1\.1 200 OK[^]*Connection: close[^]*in time/);
	await closed;
});

test("a request that is under way gets its answer, which says that its connection ends with it", async () => {
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

test("a server that drains takes no new connection, and answers once more on each that is kept", async () => {
	const { server, connections, port } = await listening((response) => response.end("heard"));
	const ask = balancer(port);
	await Promise.all([ask(), ask(), ask()]);

	const drained = connections.drain();
	const last = await Promise.all([ask(), ask(), ask()]);
	await drained;

	for (const answer of last) expect(answer).toEqual({ said: "heard", connection: "close", reused: true });
	expect(server.listening).toBe(false);
	await expect(ask()).rejects.toThrow("ECONNREFUSED");
	await connections.close();
});

test("a connection that is kept and not used does not keep a server from draining, nor from closing", async () => {
	const { connections, port } = await listening((response) => response.end("heard"));
	await balancer(port)();

	await connections.drain();
	await connections.close();

	await expect(balancer(port)()).rejects.toThrow("ECONNREFUSED");
});
