import type { IncomingMessage } from "node:http";
import proxyAddr from "proxy-addr";
import type { CallerMeta } from "../../mixins/access/access";
import { readBearer } from "../../mixins/access/token";

/** Moleculer's meta for a request: who is asking, and until when that holds for a socket. */
export interface GatewayMeta extends CallerMeta {
	/** Milliseconds since 1970. */
	callerExpiresAtMs?: number;
}

/** Who is asking, from where. */
export interface Authenticator {
	/** @throws {InvalidTokenError} for a token that is not ours; nobody is fine */
	meta(authorization: string | undefined, address: string): GatewayMeta;
	/** The client's address; what X-Forwarded-For says of it is believed from trusted proxies alone. */
	addressOf(request: IncomingMessage): string;
}

export function authenticator(jwtSecret: string, trustedProxies: string[]): Authenticator {
	const trust = proxyAddr.compile(trustedProxies);
	return {
		meta(authorization, address) {
			const claims = readBearer(authorization, jwtSecret);
			return { address, ...(claims && { caller: claims.caller, callerExpiresAtMs: claims.expiresAtMs }) };
		},
		addressOf: (request) => proxyAddr(request, trust),
	};
}
