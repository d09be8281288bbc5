import { once } from "node:events";
import type { Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

/** How often connections are looked at while a server stops. */
const LOOK_MS = 20;

/** Whoever has just connected is about to ask for something, or it is a browser that has connected for later. */
const SILENT_MS = 200;

/** How long those who keep connections may take to use each once more: a balancer under load needs a fraction of it. */
const DRAIN_MS_MAX = 1_000;

/** The connections of a server that has to stop without losing an answer. */
export interface Connections {
	/**
	 * Before anything stops: takes no new connections and answers whatever comes on those that there are, each time with
	 * `Connection: close`, so that nobody sends another request on a connection that is about to go. Over when none is left
	 * that was used, or after a second.
	 */
	drain(): Promise<void>;
	/** Ends those that stay without a request. @returns when all have gone, those with their answers that had a request */
	close(): Promise<void>;
}

/**
 * Node's `server.close()` resets the connections that balancers keep, also when a request is on its way, and waits for the
 * first request of those that browsers open for later: Node 20 counts a connection as idle only from its first answer on
 * (lib/_http_server.js, `closeIdleConnections`).
 */
export function followConnections(server: Server): Connections {
	/** Since when. */
	const silent = new Map<Socket, number>();
	const used = new Set<Socket>();
	const answering = new Set<ServerResponse>();
	let closed: Promise<unknown> | undefined;

	const sayLast = (response: ServerResponse): void => {
		if (!response.headersSent) response.setHeader("Connection", "close");
	};
	const takeNoMore = (): void => {
		if (closed || !server.listening) return;
		closed = once(server, "close");
		for (const response of answering) sayLast(response);
		// It is for us to say who is idle.
		server.closeIdleConnections = () => undefined;
		server.close();
	};

	server.on("connection", (socket) => {
		silent.set(socket, performance.now());
		socket.once("close", () => {
			silent.delete(socket);
			used.delete(socket);
		});
	});
	server.on("upgrade", ({ socket }) => {
		silent.delete(socket);
		used.delete(socket);
	});
	// Before whoever answers, who might do so at once.
	server.prependListener("request", ({ socket }, response) => {
		silent.delete(socket);
		used.add(socket);
		answering.add(response);
		if (closed) sayLast(response);
		response.once("close", () => {
			answering.delete(response);
			if (!socket.destroyed) silent.set(socket, performance.now());
		});
	});

	return {
		async drain() {
			takeNoMore();
			const endMs = performance.now() + DRAIN_MS_MAX;
			while (used.size > 0 && performance.now() < endMs) await pause(LOOK_MS);
		},
		async close() {
			takeNoMore();
			const look = setInterval(() => {
				for (const [socket, sinceMs] of silent) if (performance.now() - sinceMs > SILENT_MS) socket.destroy();
			}, LOOK_MS);
			await closed;
			clearInterval(look);
		},
	};
}
