import type { IncomingMessage, ServerResponse } from "node:http";
import { Errors } from "moleculer";
import { HOST, type Approach, type Proxies } from "./proxies";

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

/** Which pages may open a socket, or use the cookie. */
export interface Origins {
	/** Our own, one that is allowed by name, or a client that is no browser. */
	allows(approach: Approach): boolean;
	/** Where the page is that asks, if it is our own. */
	own(approach: Approach): URL | undefined;
}

export interface OriginsOptions {
	proxies: Proxies;
	/** Where people find the shop, if that is known. */
	publicUrl: string | undefined;
	/** Other origins that a browser may call from. */
	others: readonly string[];
}

export function origins({ proxies, publicUrl, others }: OriginsOptions): Origins {
	const publicOrigin = publicUrl && new URL(publicUrl).origin;
	const own: Origins["own"] = (approach) => {
		const { origin } = approach.headers;
		if (origin === undefined || !URL.canParse(origin)) return undefined;
		const page = new URL(origin);
		const isOurs = origin === publicOrigin || proxies.hostsOf(approach).some((host) => isHostOf(page, host));
		return isOurs ? page : undefined;
	};
	return {
		own,
		allows(approach) {
			const { origin } = approach.headers;
			return origin === undefined || others.includes(origin) || own(approach) !== undefined;
		},
	};
}

/** A browser leaves the usual port out of an origin, a proxy may name it: `shop.example:443`. */
function isHostOf({ protocol, host }: URL, asked: string): boolean {
	const address = `${protocol}//${asked}`;
	return HOST.test(asked) && URL.canParse(address) && new URL(address).host === host;
}
