import type { IncomingMessage, ServerResponse } from "node:http";
import { PICTURE_SOURCES } from "../pictures";
import { HOST, type Proxies } from "./proxies";

/** Nothing from another host but pictures, nothing inline: what an injected script could use is not there. */
const CONTENT_SECURITY_POLICY = [
	"default-src 'self'",
	"script-src 'self'",
	"style-src 'self'",
	`img-src ${PICTURE_SOURCES}`,
	// Older browsers don't count the page's own WebSocket as 'self', so its address is named for each host.
	"connect-src 'self' $SOCKETS",
	"object-src 'none'",
	"base-uri 'none'",
	"form-action 'self'",
	"frame-ancestors 'none'",
].join("; ");

export interface SecurityHeadersOptions {
	proxies: Pick<Proxies, "hostsOf">;
	/** Where people find the shop, if that is known. */
	publicUrl: string | undefined;
	production: boolean;
}

/** @returns sets them on an answer, whatever it is */
export function securityHeaders({ proxies, publicUrl, production }: SecurityHeadersOptions) {
	const pinsHttps = production && !publicUrl?.startsWith("http:");
	return (request: IncomingMessage, response: ServerResponse): void => {
		const sockets = proxies
			.hostsOf(request)
			.filter((host) => HOST.test(host))
			.map((host) => `ws://${host} wss://${host}`);
		response.setHeader("Content-Security-Policy", CONTENT_SECURITY_POLICY.replace("$SOCKETS", sockets.join(" ")));
		response.setHeader("X-Content-Type-Options", "nosniff");
		response.setHeader("Referrer-Policy", "same-origin");
		response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
		if (pinsHttps) response.setHeader("Strict-Transport-Security", "max-age=31536000; includeSubDomains");
	};
}
