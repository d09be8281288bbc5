import { IncomingMessage, type IncomingHttpHeaders } from "node:http";

/** A handshake of a WebSocket, and no other upgrade. */
export function asksForWebSocket({ upgrade }: IncomingHttpHeaders): boolean {
	return upgrade?.trim().toLowerCase() === "websocket";
}

/**
 * A request, also where its client offers to go on with another protocol than WebSocket, as `curl --http2` and Java's
 * HttpClient do each time: a server may answer it as if it had not (RFC 9110, 7.8). Node asks `upgrade` whether to hand the
 * connection to those who listen for upgrades (lib/_http_server.js, `parserOnIncoming`); Node 24 has
 * `shouldUpgradeCallback` for it.
 */
export class Asked extends IncomingMessage {
	/** As Node has found it; no field of its own, since Node sets it before there could be one. */
	declare private found: boolean | null;

	set upgrade(found: boolean | null) {
		this.found = found;
	}

	get upgrade(): boolean | null {
		return this.found && (this.method === "CONNECT" || asksForWebSocket(this.headers));
	}
}
