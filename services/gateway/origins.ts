import type { IncomingMessage, ServerResponse } from "node:http";
import { Errors } from "moleculer";

/** A page of another origin wants to act for the session in our cookie. */
export class ForeignOriginError extends Errors.MoleculerClientError {
	constructor() {
		super("This origin may not use the session's cookie", 403, "FORBIDDEN");
	}
}

const CORS_HEADERS = {
	"Access-Control-Allow-Methods": "GET, POST, PUT, PATCH, DELETE, OPTIONS",
	"Access-Control-Allow-Headers": "authorization, content-type, idempotency-key, x-session",
	"Access-Control-Max-Age": "600",
};

type Middleware = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;

/**
 * Lets the pages of other origins call that are allowed by name; a page of any other gets an answer that its browser
 * keeps from it. moleculer-web's own check takes a part of an allowed origin for the whole, and refuses the shop's own
 * pages where any other is allowed.
 */
export function corsFor(origins: readonly string[]): Middleware {
	return (request, response, next) => {
		const { origin } = request.headers;
		response.setHeader("Vary", "Origin");
		if (origin !== undefined && origins.includes(origin)) {
			response.setHeader("Access-Control-Allow-Origin", origin);
			// Only the session's cookie is meant, and it is read from these origins alone.
			response.setHeader("Access-Control-Allow-Credentials", "true");
			response.setHeader("Access-Control-Expose-Headers", "location, retry-after");
		}
		const isPreflight = request.method === "OPTIONS" && request.headers["access-control-request-method"] !== undefined;
		if (!isPreflight) return next();
		response.writeHead(204, response.hasHeader("Access-Control-Allow-Origin") ? CORS_HEADERS : {});
		response.end();
	};
}

/** Whether a page may open a socket, or use the cookie: our own, one that is allowed by name, or a client that is no browser. */
export function isAllowedOrigin(
	origin: string | undefined,
	host: string | undefined,
	allowed: readonly string[],
): boolean {
	if (origin === undefined || allowed.includes(origin)) return true;
	return URL.canParse(origin) && new URL(origin).host === host;
}
