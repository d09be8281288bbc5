import type { Server } from "node:http";
import type { Socket } from "node:net";

/** How often they are looked for while a server closes. */
const SWEEP_MS = 50;

/**
 * Browsers open connections before they have a request for them, and Node's `server.close()` waits for the first
 * request of each: such a connection would keep the gateway from stopping for as long as its page is open.
 * Node 20 counts a connection as idle only from its first answer on (lib/_http_server.js, `closeIdleConnections`).
 * @returns to be called when the server is about to close: from then on, connections without a request are ended
 */
export function followConnections(server: Server): () => void {
	const silent = new Set<Socket>();
	server.on("connection", (socket) => {
		silent.add(socket);
		socket.once("close", () => silent.delete(socket));
	});
	server.on("upgrade", ({ socket }) => silent.delete(socket));
	server.on("request", ({ socket }, response) => {
		silent.delete(socket);
		response.once("close", () => {
			if (!socket.destroyed) silent.add(socket);
		});
	});
	return () => {
		const sweep = setInterval(() => {
			if (server.listening) return;
			for (const socket of silent) socket.destroy();
		}, SWEEP_MS);
		server.once("close", () => clearInterval(sweep));
	};
}
