import { createServer, type RequestListener, type Server } from "node:http";
import { Asked } from "./asked";

/** How long a client may take to say what it wants. Nobody who means it needs more, also on a bad line. */
export interface Patience {
	headersMs: number;
	/** The body included. */
	requestMs: number;
	checkEveryMs: number;
}

const PATIENCE: Patience = { headersMs: 10_000, requestMs: 30_000, checkEveryMs: 2_000 };

export interface HttpServerOptions {
	/**
	 * How long a connection stays open between two requests. A balancer in front keeps its own for later and has to be the
	 * one who gives them up: one that is closed just when it sends a request on it has lost that request.
	 */
	keepAliveMs: number;
	patience?: Patience;
}

/** A server that cuts off clients who dribble: each would hold a connection for as long as it likes. They get a 408. */
export function httpServer(listener: RequestListener, { keepAliveMs, patience = PATIENCE }: HttpServerOptions): Server {
	return createServer(
		{
			IncomingMessage: Asked,
			keepAliveTimeout: keepAliveMs,
			headersTimeout: patience.headersMs,
			requestTimeout: patience.requestMs,
			connectionsCheckingInterval: patience.checkEveryMs,
		},
		listener,
	);
}
