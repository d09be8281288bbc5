import type { OutgoingHttpHeaders, ServerResponse } from "node:http";

/**
 * Sends an answer in one piece, with its length: to HEAD, Node leaves the body out, and with it the length, unless it is
 * told. What GET is answered with, HEAD is, but for the body.
 */
export function sendWhole(
	response: ServerResponse,
	status: number,
	{ headers, body }: { headers: OutgoingHttpHeaders; body: string | Buffer },
): void {
	response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(body) });
	response.end(body);
}

export function sendJson(response: ServerResponse, status: number, body: object): void {
	const headers = { "content-type": "application/json; charset=utf-8", "cache-control": "no-store" };
	sendWhole(response, status, { headers, body: JSON.stringify(body) });
}
