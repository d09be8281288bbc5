import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import { CloseCode, handleProtocols, makeServer } from "graphql-ws";
import type { Logger } from "moleculer";
import { WebSocketServer, type RawData, type WebSocket } from "ws";
import { networkOf } from "../access/network";
import type { Settings } from "./options";
import { socketOperations, type Connection, type SocketParts } from "./operations";

/**
 * How long queries and mutations that are under way may still take when the gateway stops: after all that the node has
 * waited for already, and with the rest of it well within what a stop may take.
 */
const DRAIN_MS = 2_000;

/** How long a client may take to say goodbye when the gateway stops. */
const FAREWELL_MS = 1_000;

export interface Sockets {
	/** Closes those whose meta, as `authenticate` made it, fits: after a logout, say. @returns how many */
	end(whose: (meta: Record<string, unknown>) => boolean): number;
	/** Takes no more sockets and closes those there are with 1001. They are gone when it resolves. */
	stop(): Promise<void>;
}

/** Serves GraphQL's WebSockets on the gateway's HTTP server; they stay open while schemas come and go. */
export function openSockets(server: Server, parts: SocketParts): Sockets {
	const { settings, service } = parts;
	const { subscriptions: limits } = settings;
	const operations = socketOperations(parts);
	const protocol = makeServer(operations.options);
	const sockets = new WebSocketServer({ noServer: true, maxPayload: limits.maxPayloadBytes, handleProtocols });
	const connections = new Map<WebSocket, Connection>();
	const perNetwork = new Map<string, number>();
	const answered = new WeakSet<WebSocket>();

	const open = (socket: WebSocket, request: IncomingMessage) => {
		const connection: Connection = { socket, request };
		const network = networkOf(settings.addressOf(request));
		connections.set(socket, connection);
		perNetwork.set(network, (perNetwork.get(network) ?? 0) + 1);
		answered.add(socket);
		const closed = protocol.opened(adapt(socket, limits.maxBufferedBytes, service.logger), connection);
		socket.on("pong", () => answered.add(socket));
		// ws closes the socket itself, with the right code; without a listener the error would end the process.
		socket.on("error", (error) => service.logger.debug("A WebSocket failed:", { error: error.message }));
		socket.once("close", (code, reason) => {
			connections.delete(socket);
			const left = perNetwork.get(network)! - 1;
			if (left > 0) perNetwork.set(network, left);
			else perNetwork.delete(network);
			closed(code, String(reason)).catch((error: unknown) =>
				service.logger.error("A closed socket left something behind:", error),
			);
		});
	};

	const onUpgrade = (request: IncomingMessage, raw: Duplex, head: Buffer) => {
		const refusal = refusalOf(request, parts, connections.size, perNetwork);
		if (refusal) return refuse(raw, refusal);
		sockets.handleUpgrade(request, raw, head, open);
	};
	server.on("upgrade", onUpgrade);

	const keepAlive = setInterval(() => {
		for (const socket of connections.keys()) {
			if (answered.delete(socket)) socket.ping();
			else socket.terminate();
		}
	}, limits.keepAliveMs);

	return {
		end(whose) {
			const ended = [...connections.values()].filter(({ meta }) => meta && whose(meta));
			for (const { socket } of ended) socket.close(CloseCode.Forbidden, "Session ended");
			return ended.length;
		},
		async stop() {
			server.off("upgrade", onUpgrade);
			server.on("upgrade", (_request, raw: Duplex) => refuse(raw, "503 Service Unavailable"));
			await Promise.race([operations.drain(), pause(DRAIN_MS, undefined, { ref: false })]);
			// Drained answers are written in the turns that follow, and before the farewell.
			await pause(0);
			clearInterval(keepAlive);
			const all = [...connections.keys()];
			const gone = all.map((socket) => new Promise((resolve) => void socket.once("close", resolve)));
			for (const socket of all) socket.close(1001, "Going away");
			const impatience = setTimeout(() => all.forEach((socket) => socket.terminate()), FAREWELL_MS);
			await Promise.all(gone);
			clearTimeout(impatience);
		},
	};
}

/** graphql-ws' view of a socket. A client that doesn't read is not waited for: what it leaves lying is bounded. */
function adapt(socket: WebSocket, maxBufferedBytes: number, logger: Logger) {
	return {
		protocol: socket.protocol,
		send: (text: string) =>
			new Promise<void>((resolve) => {
				if (socket.bufferedAmount > maxBufferedBytes) socket.terminate();
				if (socket.readyState !== socket.OPEN) resolve();
				// A failed send closes the socket, which ends what is going on there.
				else socket.send(text, () => resolve());
			}),
		close: (code: number, reason: string) => socket.close(code, reason),
		onMessage: (receive: (text: string) => Promise<void>) => {
			socket.on("message", (data: RawData) => {
				// A client that has been sent away might go on as if it hadn't.
				if (socket.readyState !== socket.OPEN) return;
				receive((data as Buffer).toString()).catch((error: unknown) => {
					logger.warn("A WebSocket message could not be handled:", { error: (error as Error).message });
					socket.close(CloseCode.BadRequest, "Invalid message received");
				});
			});
		},
	};
}

function refusalOf(
	request: IncomingMessage,
	{ settings, report }: SocketParts,
	open: number,
	perNetwork: ReadonlyMap<string, number>,
): string | undefined {
	try {
		return reasonToRefuse(request, settings, open, perNetwork);
	} catch (error) {
		// What the gateway's own functions throw would end the process here.
		report(error);
		return "400 Bad Request";
	}
}

function reasonToRefuse(
	request: IncomingMessage,
	settings: Settings,
	open: number,
	perNetwork: ReadonlyMap<string, number>,
): string | undefined {
	if (request.url?.split("?")[0] !== settings.path) return "404 Not Found";
	if (!settings.allowOrigin(request)) return "403 Forbidden";
	if (open >= settings.subscriptions.maxSockets) return "503 Service Unavailable";
	const { maxSocketsPerAddress } = settings.subscriptions;
	if ((perNetwork.get(networkOf(settings.addressOf(request))) ?? 0) >= maxSocketsPerAddress)
		return "429 Too Many Requests";
	return undefined;
}

function refuse(raw: Duplex, status: string): void {
	// Nobody else listens any more, and an unheard error would end the process.
	raw.on("error", () => raw.destroy());
	const retry = status.startsWith("429") || status.startsWith("503") ? "Retry-After: 1\r\n" : "";
	raw.end(`HTTP/1.1 ${status}\r\n${retry}Connection: close\r\nContent-Length: 0\r\n\r\n`, () => raw.destroy());
}
