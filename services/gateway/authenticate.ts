import type { CallerMeta } from "../../mixins/access/access";
import { readBearer } from "../../mixins/access/token";

/** Moleculer's meta for a request: who is asking, and until when that holds for a socket. */
export interface GatewayMeta extends CallerMeta {
	/** Milliseconds since 1970. */
	callerExpiresAtMs?: number;
}

/** @throws {InvalidTokenError} for a token that is not ours; nobody is fine */
export function authenticate(authorization: string | undefined, jwtSecret: string): GatewayMeta {
	const claims = readBearer(authorization, jwtSecret);
	return claims ? { caller: claims.caller, callerExpiresAtMs: claims.expiresAtMs } : {};
}
