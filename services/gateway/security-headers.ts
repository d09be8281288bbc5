import type { IncomingMessage, ServerResponse } from "node:http";

/** Nothing from another host, nothing inline: what an injected script could use is not there. */
const CONTENT_SECURITY_POLICY = [
	"default-src 'self'",
	"script-src 'self'",
	"style-src 'self'",
	"img-src 'self' data:",
	// Older browsers don't count the page's own WebSocket as 'self', so its address is named for each host.
	"connect-src 'self' $SOCKET",
	"object-src 'none'",
	"base-uri 'none'",
	"form-action 'self'",
	"frame-ancestors 'none'",
].join("; ");

/** On every answer, whatever it is. */
export function setSecurityHeaders(request: IncomingMessage, response: ServerResponse, production: boolean): void {
	response.setHeader("Content-Security-Policy", CONTENT_SECURITY_POLICY.replace("$SOCKET", socketOf(request)));
	response.setHeader("X-Content-Type-Options", "nosniff");
	response.setHeader("Referrer-Policy", "same-origin");
	response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
	if (production) response.setHeader("Strict-Transport-Security", "max-age=31536000; includeSubDomains");
}

/** What a host may look like; whatever else a client sends must not get into a header. */
const HOST = /^[\w.-]+(?::\d{1,5})?$|^\[[\da-f:]+\](?::\d{1,5})?$/i;

function socketOf({ headers: { host } }: IncomingMessage): string {
	return host !== undefined && HOST.test(host) ? `ws://${host} wss://${host}` : "";
}
