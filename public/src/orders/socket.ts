import { createClient, type Client } from "graphql-ws";
import { pause } from "../graphql/pause";
import { freshToken } from "../session/session";

/** A connection that says nothing for so long is dead, whatever the network believes. */
const PING_MS = 10_000;

export type SocketState = "connected" | "closed";

const listeners = new Set<(state: SocketState) => void>();
let client: Client | undefined;

/** One WebSocket for all that is followed. It opens with the first, reconnects for ever, and closes after the last. */
export function socket(): Client {
	client ??= createClient({
		url: `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/graphql`,
		lazyCloseTimeout: 3_000,
		keepAlive: PING_MS,
		// The retries are bounded by whoever unsubscribes; meanwhile polling goes on.
		retryAttempts: Number.POSITIVE_INFINITY,
		shouldRetry: () => true,
		retryWait: pause,
		connectionParams: async () => {
			const token = await freshToken();
			return token === undefined ? {} : { authorization: `Bearer ${token}` };
		},
		on: {
			connected: () => tell("connected"),
			closed: () => tell("closed"),
		},
	});
	return client;
}

export function onSocketState(hear: (state: SocketState) => void): () => void {
	listeners.add(hear);
	return () => listeners.delete(hear);
}

function tell(state: SocketState): void {
	for (const hear of listeners) hear(state);
}
