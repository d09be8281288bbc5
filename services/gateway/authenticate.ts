import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import proxyAddr from "proxy-addr";
import type { CallerMeta } from "../../mixins/access/access";
import { browserSessionOf } from "../../mixins/access/session-cookie";
import { InvalidTokenError, readBearer } from "../../mixins/access/token";
import type { EndedSessions } from "./ended-sessions";
import { ForeignOriginError, isAllowedOrigin } from "./origins";

/** Moleculer's meta for a request: who is asking, and until when that holds for a socket. */
export interface GatewayMeta extends CallerMeta {
	/** Milliseconds since 1970. */
	callerExpiresAtMs?: number;
}

/** Enough to tell one browser from another in the list of one's sessions. */
const USER_AGENT_CHARACTERS_MAX = 200;

/** Who is asking, from where. */
export interface Authenticator {
	/**
	 * @param authorization the header, or what a socket said in its place
	 * @throws {InvalidTokenError} for a token that is not ours, or whose session has ended; nobody is fine
	 * @throws {ForeignOriginError} for a page of another origin that wants to use our cookie
	 */
	meta(authorization: string | undefined, headers: IncomingHttpHeaders, address: string): GatewayMeta;
	/** The client's address; what X-Forwarded-For says of it is believed from trusted proxies alone. */
	addressOf(request: IncomingMessage): string;
}

export interface AuthenticatorOptions {
	jwtSecret: string;
	trustedProxies: string[];
	/** Other origins that a browser may call from. */
	origins: readonly string[];
	ended: Pick<EndedSessions, "has">;
	production: boolean;
}

export function authenticator(options: AuthenticatorOptions): Authenticator {
	const { jwtSecret, trustedProxies, origins, ended, production } = options;
	const trust = proxyAddr.compile(trustedProxies);
	return {
		meta(authorization, headers, address) {
			const claims = readBearer(authorization, jwtSecret);
			const sessionId = claims?.sessionId;
			if (sessionId !== undefined && ended.has(sessionId)) throw new InvalidTokenError();
			const browserSession = browserSessionOf(headers, { production });
			if (browserSession && !isAllowedOrigin(headers.origin, headers.host, origins)) throw new ForeignOriginError();
			const userAgent = headers["user-agent"]?.slice(0, USER_AGENT_CHARACTERS_MAX);
			return {
				address,
				...(claims && { caller: claims.caller, callerExpiresAtMs: claims.expiresAtMs }),
				...(sessionId !== undefined && { sessionId }),
				...(browserSession && { browserSession }),
				...(userAgent !== undefined && { userAgent }),
			};
		},
		addressOf: (request) => proxyAddr(request, trust),
	};
}
