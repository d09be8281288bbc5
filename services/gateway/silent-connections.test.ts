import { once } from "node:events";
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { followConnections } from "./silent-connections";

const servers: Server[] = [];
afterEach(() => servers.splice(0).forEach((server) => server.closeAllConnections()));

async function listening(answer: (response: ServerResponse) => void) {
	const server = createServer((_request, response) => answer(response)).listen(0, "127.0.0.1");
	servers.push(server);
	const closing = followConnections(server);
	await once(server, "listening");
	const { port } = server.address() as AddressInfo;
	return { server, closing, port };
}

test("a connection that has not asked for anything does not keep the server from closing", async () => {
	const { server, closing, port } = await listening((response) => response.end());
	const silent = connect(port, "127.0.0.1");
	await once(server, "connection");
	const gone = once(silent, "close");

	closing();
	server.close();
	await Promise.all([once(server, "close"), gone]);

	expect(silent.destroyed).toBe(true);
});

test("a request that is under way gets its answer, and its connection ends with it", async () => {
	let finish: () => void = () => undefined;
	const { server, closing, port } = await listening((response) => (finish = () => void response.end("at last")));
	const asking = request({ port, host: "127.0.0.1" }).end();
	await once(server, "request");

	closing();
	server.close();
	const closed = once(server, "close");
	const answered = once(asking, "response") as Promise<[IncomingMessage]>;
	// Several looks at who is silent.
	setTimeout(finish, 200);
	const [answer] = await answered;

	await expect(text(answer)).resolves.toBe("at last");
	await closed;
});
