import type { IncomingHttpHeaders } from "node:http";
import { asksForWebSocket } from "../http/asked";

/**
 * A browser that keeps its refresh token where no script can read it. It travels as Moleculer's meta: an action that
 * finds it reads the token from here, and hands out a new one by {@link giveCookie}.
 */
export interface BrowserSession {
	/** What the cookie is called; missing where a gateway of before has read it. */
	cookie?: string;
	/** What the cookie held; missing for a browser that has none yet. */
	refreshToken?: string;
	/** The browser has sent one under the name of before, too: either it was `read`, or `left` for what may be another shop. */
	former?: "read" | "left";
	/** The cookie goes without HTTPS, too: what faces the browser is known to have none. */
	plainHttp?: true;
}

/** Browsers keep cookies by host and not by port: two shops on one machine would end each other's sessions. */
function nameOf(shopId: string | undefined): string {
	return shopId === undefined ? COOKIE : `${COOKIE}_${shopId}`;
}

/** All shops had the same name once. Browsers keep it for thirty days, and nodes of before still give it. */
const COOKIE = "molecart_session";

/** The cookie goes where sessions are opened, refreshed and ended, and nowhere else. */
const COOKIE_PATH = "/graphql";

/** The header forces a preflight, so that no other page can make a browser send the cookie unnoticed. */
export function asksForCookie(headers: IncomingHttpHeaders): boolean {
	// A socket's handshake can be given no cookie back, so nothing may be hidden in one there.
	return headers["x-session"] === "cookie" && !asksForWebSocket(headers);
}

/** Of a browser that asks for the cookie. @param options.httpsAlone it is not to go without HTTPS */
export function browserSessionOf(
	headers: IncomingHttpHeaders,
	{ httpsAlone, shopId }: { httpsAlone: boolean; shopId: string | undefined },
): BrowserSession {
	const pairs = (headers.cookie ?? "").split(";").map((pair) => pair.trim().split("="));
	const cookie = nameOf(shopId);
	const find = (wanted: string): string | undefined => pairs.find(([name]) => name === wanted)?.[1] || undefined;
	const own = find(cookie);
	const former = cookie === COOKIE ? undefined : find(COOKIE);
	const refreshToken = own ?? former;
	return {
		cookie,
		...(refreshToken && { refreshToken }),
		...(former && { former: own ? "left" : "read" }),
		...(!httpsAlone && { plainHttp: true }),
	};
}

export interface CookieOptions {
	refreshToken: string;
	/** Seconds that the browser keeps it; 0 takes it away. */
	maxAgeS: number;
}

/**
 * The header for the answer, as meta that moleculer-web and the apollo mixin send. One that was read under the name of
 * before goes: what it holds has been exchanged, and to use it again would end the session. At a logout it goes in any case.
 */
export function giveCookie(
	meta: object,
	{ cookie: name = COOKIE, former, plainHttp }: BrowserSession,
	{ refreshToken, maxAgeS }: CookieOptions,
): void {
	const attributes = [`Path=${COOKIE_PATH}`, "HttpOnly", "SameSite=Strict", ...(plainHttp ? [] : ["Secure"])];
	const cookie = (called: string, value: string, keptS: number): string =>
		[`${called}=${value}`, `Max-Age=${keptS}`, ...attributes].join("; ");
	const cookies = [cookie(name, refreshToken, maxAgeS)];
	if (former === "read" || (former && maxAgeS === 0)) cookies.push(cookie(COOKIE, "", 0));
	Object.assign(meta, { $responseHeaders: { "Set-Cookie": cookies } });
}
