import { createServer, type RequestListener, type Server } from "node:http";

/** How long a client may take to say what it wants. Nobody who means it needs more, also on a bad line. */
export interface Patience {
	headersMs: number;
	/** The body included. */
	requestMs: number;
	checkEveryMs: number;
}

const PATIENCE: Patience = { headersMs: 10_000, requestMs: 30_000, checkEveryMs: 2_000 };

/** A server that cuts off clients who dribble: each would hold a connection for as long as it likes. They get a 408. */
export function httpServer(listener: RequestListener, patience: Patience = PATIENCE): Server {
	return createServer(
		{
			headersTimeout: patience.headersMs,
			requestTimeout: patience.requestMs,
			connectionsCheckingInterval: patience.checkEveryMs,
		},
		listener,
	);
}
