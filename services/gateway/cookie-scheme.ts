import { Errors } from "moleculer";
import { isLoopback } from "../../mixins/http/loopback";
import type { Origins } from "./origins";
import type { Approach, Proxies } from "./proxies";

/** A browser drops the cookie without a word, so the words are ours: in the answer, and in the log. */
export class NoCookieOverHttpError extends Errors.MoleculerClientError {
	constructor(page: string, wayOut: string) {
		super(`No session can be kept at ${page}: its cookie is for HTTPS alone, and ${wayOut}`, 403, "FORBIDDEN");
	}
}

/** Strangers may name as many pages as they like. */
const TOLD_MAX = 20;
/** So that they have not silenced it for good. */
const FORGOTTEN_MS = 3_600_000;

export interface CookieSchemeOptions {
	proxies: Proxies;
	origins: Origins;
	/** Where people find the shop, if that is known. */
	publicUrl(): string | undefined;
	/** For the operator's log. */
	warn(message: string): void;
	/** Milliseconds that pass evenly. */
	nowMs?: () => number;
}

/**
 * Whether the session's cookie is for HTTPS alone: where the browser says that our page has it, where PUBLIC_URL or a
 * trusted proxy says that the shop has, and where nobody knows.
 *
 * @returns asks that of a request
 * @throws {NoCookieOverHttpError} where it is, and the page is plain http at a name that is not this machine's own
 */
export function cookieScheme({
	proxies,
	origins,
	publicUrl,
	warn,
	nowMs = () => performance.now(),
}: CookieSchemeOptions): (approach: Approach) => boolean {
	const told = new Set<string>();
	let toldSinceMs = nowMs();
	const tell = (page: string, message: string): void => {
		if (nowMs() - toldSinceMs >= FORGOTTEN_MS) {
			told.clear();
			toldSinceMs = nowMs();
		}
		if (told.has(page) || told.size >= TOLD_MAX) return;
		told.add(page);
		warn(message);
	};

	return (approach) => {
		const page = origins.own(approach);
		if (page?.protocol === "https:") return true;
		const scheme = proxies.schemeOf(approach);
		const shop = publicUrl();
		const isShopAtHttps = shop?.startsWith("https:") ?? scheme === undefined;
		const httpsAlone = isShopAtHttps || scheme === "https";
		if (!httpsAlone || page === undefined || isLoopback(page)) return httpsAlone;
		const error = new NoCookieOverHttpError(page.origin, wayOut(shop, scheme));
		tell(page.origin, error.message);
		throw error;
	};
}

/** Never with the page's name, which strangers choose, and which would be an operator's setting next. */
function wayOut(shop: string | undefined, scheme: "http" | "https" | undefined): string {
	if (shop?.startsWith("https:")) return `please open ${shop}`;
	if (scheme === "https")
		return "its proxy says https of it, which the page does not have: X-Forwarded-Proto has to be true";
	return "the shop needs HTTPS in front of it, or a PUBLIC_URL with http:// if it is to have none";
}
