import { once } from "node:events";
import type { Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

/** How often connections are looked at while a server closes. */
const LOOK_MS = 20;

/** How long the connections of a server that stops are waited for. All of it together is a part of what a stop may take. */
export interface Farewell {
	/** Those who look whether we are ready, or keep connections, learn meanwhile that we are going. */
	drainMs: number;
	/** Whoever has just connected is about to ask for something, or it is a browser that has connected for later. */
	silentMs: number;
	/** From the closing on: for what has been asked in part. */
	unheardMs: number;
	/** From the closing on: for everything, as Node's own time-outs end with `server.close()`. */
	closeMs: number;
}

const FAREWELL: Farewell = { drainMs: 1_000, silentMs: 200, unheardMs: 1_000, closeMs: 1_500 };

/** The connections of a server that has to stop without losing an answer. */
export interface Connections {
	/**
	 * Before anything stops: answers everything for another second, each time with `Connection: close`, so that nobody sends
	 * another request on a connection that is about to go. Then takes no new connections, and ends those without a request.
	 */
	drain(): Promise<void>;
	/**
	 * Ends those that stay without a request. @returns when all have gone: those that had a request with their answers, unless
	 * it does not come to its end, or the answer does not, in time
	 */
	close(): Promise<void>;
	/** Somebody else takes leave of it: it has become a WebSocket. */
	handOver(socket: Socket): void;
}

interface Connection {
	/** In the order in which they were asked for: a client may ask several times without waiting. */
	answering: Set<ServerResponse>;
	/** Since when it has been without a request, if it is. */
	silentSinceMs: number;
}

/**
 * Node's `server.close()` resets the connections that balancers keep, also when a request is on its way, and waits for the
 * first request of those that browsers open for later: Node 20 counts a connection as idle only from its first answer on
 * (lib/_http_server.js, `closeIdleConnections`).
 *
 * Nothing here listens for upgrades: where nobody does, Node answers them as the requests that they are as well, and where
 * somebody does, whoever listens has to answer.
 */
export function followConnections(server: Server, farewell: Farewell = FAREWELL): Connections {
	const connections = new Map<Socket, Connection>();
	let isLeaving = false;
	let closed: Promise<unknown> | undefined;

	/** The last answer of a connection says that it is, and no other: whatever follows would be lost. */
	const sayLast = ({ answering }: Connection): void => {
		const last = [...answering].at(-1);
		for (const response of answering) {
			if (response.headersSent) continue;
			if (response === last) response.setHeader("Connection", "close");
			else response.removeHeader("Connection");
		}
	};
	const leave = (): void => {
		isLeaving = true;
		for (const connection of connections.values()) sayLast(connection);
	};
	const takeNoMore = (): void => {
		leave();
		if (closed || !server.listening) return;
		closed = once(server, "close");
		// It is for us to say who is idle.
		server.closeIdleConnections = () => undefined;
		server.close();
	};
	const isSilent = ({ answering, silentSinceMs }: Connection): boolean =>
		answering.size === 0 && performance.now() - silentSinceMs > farewell.silentMs;
	/** After a stall of this process, what was asked meanwhile has yet to be read. It is, before what is said here is done. */
	const endSilent = (): void => {
		const silent = [...connections].filter(([, connection]) => isSilent(connection));
		setImmediate(() => {
			for (const [socket, connection] of silent) if (isSilent(connection)) socket.destroy();
		});
	};
	const endUnheard = (): void => {
		for (const [socket, { answering }] of connections)
			if ([...answering].some(({ req }) => !req.complete)) socket.destroy();
	};

	server.on("connection", (socket) => {
		connections.set(socket, { answering: new Set(), silentSinceMs: performance.now() });
		socket.once("close", () => connections.delete(socket));
	});
	// Before whoever answers, who might do so at once.
	server.prependListener("request", ({ socket }, response) => {
		const connection = connections.get(socket);
		if (!connection) return;
		connection.answering.add(response);
		if (isLeaving) sayLast(connection);
		response.once("close", () => {
			connection.answering.delete(response);
			connection.silentSinceMs = performance.now();
		});
	});

	return {
		handOver: (socket) => void connections.delete(socket),
		async drain() {
			leave();
			await pause(farewell.drainMs, undefined, { ref: false });
			takeNoMore();
			endSilent();
		},
		async close() {
			takeNoMore();
			const look = setInterval(endSilent, LOOK_MS);
			const patience = setTimeout(endUnheard, farewell.unheardMs);
			const end = setTimeout(() => connections.forEach((_, socket) => socket.destroy()), farewell.closeMs);
			await closed;
			clearInterval(look);
			clearTimeout(patience);
			clearTimeout(end);
		},
	};
}
