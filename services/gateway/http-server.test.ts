import { once } from "node:events";
import type { Server } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { httpServer } from "./http-server";

const answer: Parameters<typeof httpServer>[0] = (request, response) => {
	request.resume().on("end", () => response.end("heard"));
};
const impatient = httpServer(answer, { headersMs: 200, requestMs: 400, checkEveryMs: 50 });
const patient = httpServer(answer, { headersMs: 60_000, requestMs: 60_000, checkEveryMs: 50 });
const servers = [impatient, patient];

beforeAll(() => Promise.all(servers.map((server) => once(server.listen(0, "127.0.0.1"), "listening"))));
afterAll(() => servers.forEach((server) => server.close()));

/** What comes back for this text and nothing after it, until the server ends the connection. */
async function answerTo(text: string, server: Server): Promise<string> {
	const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
	let said = "";
	socket.setEncoding("utf8").on("data", (part: string) => (said += part));
	socket.write(text);
	await once(socket, "close");
	return said;
}

test.each([
	["half a header", "GET / HTTP/1.1\r\nHost: sh"],
	["half a body", "POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: 100\r\n\r\n{"],
])("a client that stops after %s is cut off with 408", async (_what, text) => {
	expect(await answerTo(text, impatient)).toMatch(/^HTTP\/1\.1 408 /);
});

test("one that says all that it has to say is answered", async () => {
	const text = "POST / HTTP/1.1\r\nHost: shop\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}";

	expect(await answerTo(text, patient)).toMatch(/^HTTP\/1\.1 200 OK[^]*heard/);
});
