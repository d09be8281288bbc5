import type { ServerResponse } from "node:http";

/** Nothing from another host, nothing inline: what an injected script could use is not there. */
const CONTENT_SECURITY_POLICY = [
	"default-src 'self'",
	"img-src 'self' data:",
	"object-src 'none'",
	"base-uri 'none'",
	"form-action 'self'",
	"frame-ancestors 'none'",
].join("; ");

/** On every answer, whatever it is. */
export function setSecurityHeaders(response: ServerResponse, production: boolean): void {
	response.setHeader("Content-Security-Policy", CONTENT_SECURITY_POLICY);
	response.setHeader("X-Content-Type-Options", "nosniff");
	response.setHeader("Referrer-Policy", "same-origin");
	response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
	if (production) response.setHeader("Strict-Transport-Security", "max-age=31536000; includeSubDomains");
}
