import type { IncomingHttpHeaders } from "node:http";

/**
 * A browser that keeps its refresh token where no script can read it. It travels as Moleculer's meta: an action that
 * finds it reads the token from here, and hands out a new one by {@link giveCookie}.
 */
export interface BrowserSession {
	/** What the cookie is called; missing where a gateway of before has read it. */
	cookie?: string;
	/** What the cookie held; missing for a browser that has none yet. */
	refreshToken?: string;
	/** The cookie goes without HTTPS, too: what faces the browser is known to have none. */
	plainHttp?: true;
}

/** Browsers keep cookies by host and not by port: two shops on one machine would end each other's sessions. */
function nameOf(shopId: string | undefined): string {
	return shopId === undefined ? COOKIE : `${COOKIE}_${shopId}`;
}

const COOKIE = "molecart_session";

/** The cookie goes where sessions are opened, refreshed and ended, and nowhere else. */
const COOKIE_PATH = "/graphql";

/** The header forces a preflight, so that no other page can make a browser send the cookie unnoticed. */
export function asksForCookie(headers: IncomingHttpHeaders): boolean {
	// A socket's handshake can be given no cookie back, so nothing may be hidden in one there.
	return headers["x-session"] === "cookie" && headers.upgrade === undefined;
}

/** Of a browser that asks for the cookie. @param options.httpsAlone it is not to go without HTTPS */
export function browserSessionOf(
	headers: IncomingHttpHeaders,
	{ httpsAlone, shopId }: { httpsAlone: boolean; shopId: string | undefined },
): BrowserSession {
	const pairs = (headers.cookie ?? "").split(";").map((pair) => pair.trim().split("="));
	const cookie = nameOf(shopId);
	const value = pairs.find(([name]) => name === cookie)?.[1];
	return { cookie, ...(value && { refreshToken: value }), ...(!httpsAlone && { plainHttp: true }) };
}

export interface CookieOptions {
	refreshToken: string;
	/** Seconds that the browser keeps it; 0 takes it away. */
	maxAgeS: number;
}

/** The header for the answer, as meta that moleculer-web and the apollo mixin send. */
export function giveCookie(
	meta: object,
	{ cookie: name = COOKIE, plainHttp }: BrowserSession,
	{ refreshToken, maxAgeS }: CookieOptions,
): void {
	const attributes = [`Max-Age=${maxAgeS}`, `Path=${COOKIE_PATH}`, "HttpOnly", "SameSite=Strict"];
	const cookie = [`${name}=${refreshToken}`, ...attributes, ...(plainHttp ? [] : ["Secure"])].join("; ");
	Object.assign(meta, { $responseHeaders: { "Set-Cookie": cookie } });
}
