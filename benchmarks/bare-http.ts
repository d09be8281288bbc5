import http from "node:http";
import type { AddressInfo } from "node:net";

/** What one Node process can answer at most: the request's JSON is parsed, and the answer is ready made. */
process.once("message", ({ page }: { page: string }) => {
	const headers = { "content-type": "application/json; charset=utf-8", "content-length": Buffer.byteLength(page) };
	const server = http.createServer((request, response) => {
		const chunks: Buffer[] = [];
		request.on("data", (chunk: Buffer) => chunks.push(chunk));
		request.on("end", () => {
			JSON.parse(Buffer.concat(chunks).toString());
			response.writeHead(200, headers).end(page);
		});
	});
	server.listen(0, "127.0.0.1", () => process.send!({ port: (server.address() as AddressInfo).port }));
});
