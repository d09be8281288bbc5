import type { CallerMeta } from "../../mixins/access/access";
import { asksForCookie, browserSessionOf } from "../../mixins/access/session-cookie";
import { ForeignTokenError, InvalidTokenError, readBearer } from "../../mixins/access/token";
import type { cookieScheme } from "./cookie-scheme";
import type { EndedSessions } from "./ended-sessions";
import { ForeignOriginError, type Origins } from "./origins";
import type { Approach, Proxies } from "./proxies";

/** Moleculer's meta for a request: who is asking, and until when that holds for a socket. */
export interface GatewayMeta extends CallerMeta {
	/** Milliseconds since 1970. */
	callerExpiresAtMs?: number;
}

/** Enough to tell one browser from another in the list of one's sessions. */
const USER_AGENT_CHARACTERS_MAX = 200;

/**
 * Who is asking, from where.
 * @param authorization the header, or what a socket said in its place
 * @throws {InvalidTokenError} for a token that is not ours, or whose session has ended; nobody is fine
 * @throws {ForeignOriginError} for a page of another origin that wants to use our cookie
 * @throws {NoCookieOverHttpError} where the browser would not keep it
 */
export type Authenticate = (authorization: string | undefined, approach: Approach) => GatewayMeta;

export interface AuthenticateOptions {
	/** Any of them may have signed a token. */
	secrets: readonly string[];
	/** Hears of each token that none of them has signed. */
	foreign(): void;
	/** Names the cookie, and whose tokens are good. */
	shopId(): string | undefined;
	proxies: Proxies;
	origins: Origins;
	isCookieForHttpsAlone: ReturnType<typeof cookieScheme>;
	ended: Pick<EndedSessions, "has">;
}

export function authenticating(options: AuthenticateOptions): Authenticate {
	const { secrets, foreign, shopId, proxies, origins, isCookieForHttpsAlone, ended } = options;

	const browserSession = (approach: Approach) => {
		if (!asksForCookie(approach.headers)) return undefined;
		if (!origins.allows(approach)) throw new ForeignOriginError();
		return browserSessionOf(approach.headers, { httpsAlone: isCookieForHttpsAlone(approach), shopId: shopId() });
	};

	const readToken = (authorization: string | undefined) => {
		try {
			const claims = readBearer(authorization, ...secrets);
			const known = shopId();
			const isOthers = claims?.shopId !== undefined && known !== undefined && claims.shopId !== known;
			if (isOthers) throw new ForeignTokenError();
			return claims;
		} catch (error) {
			if (error instanceof ForeignTokenError) foreign();
			throw error;
		}
	};

	return (authorization, approach) => {
		const { headers } = approach;
		const claims = readToken(authorization);
		const sessionId = claims?.sessionId;
		if (sessionId !== undefined && ended.has(sessionId)) throw new InvalidTokenError();
		const session = browserSession(approach);
		const userAgent = headers["user-agent"]?.slice(0, USER_AGENT_CHARACTERS_MAX);
		return {
			address: proxies.addressOf(approach),
			...(claims && { caller: claims.caller, callerExpiresAtMs: claims.expiresAtMs }),
			...(sessionId !== undefined && { sessionId }),
			...(session && { browserSession: session }),
			...(userAgent !== undefined && { userAgent }),
		};
	};
}
