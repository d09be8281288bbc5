import { Errors } from "moleculer";
import { isLoopback } from "../../mixins/http/loopback";
import type { Origins } from "./origins";
import type { Approach, Proxies } from "./proxies";

/** A browser drops the cookie without a word, so the words are ours: in the answer, and in the log. */
export class NoCookieOverHttpError extends Errors.MoleculerClientError {
	constructor({ page, publicUrl }: { page: string; publicUrl: string | undefined }) {
		const wayOut = publicUrl?.startsWith("https:")
			? `please open ${publicUrl}`
			: `the shop needs HTTPS in front of it, or PUBLIC_URL=${page}`;
		super(`No session can be kept at ${page}: its cookie is for HTTPS alone, and ${wayOut}`, 403, "FORBIDDEN");
	}
}

/** Strangers may name as many as they like. */
const TOLD_MAX = 20;

export interface CookieSchemeOptions {
	proxies: Proxies;
	origins: Origins;
	/** Where people find the shop, if that is known. */
	publicUrl: string | undefined;
	/** For the operator's log. */
	warn(message: string): void;
}

/**
 * Whether the session's cookie is for HTTPS alone: where PUBLIC_URL or a trusted proxy says that the shop has it, and where
 * nobody knows.
 *
 * @returns asks that of a request
 * @throws {NoCookieOverHttpError} where it is, and the page is plain http at a name that is not this machine's own
 */
export function cookieScheme({
	proxies,
	origins,
	publicUrl,
	warn,
}: CookieSchemeOptions): (approach: Approach) => boolean {
	const publicScheme = publicUrl && new URL(publicUrl).protocol;
	const told = new Set<string>();

	return (approach) => {
		const scheme = proxies.schemeOf(approach);
		const httpsAlone =
			publicScheme === "https:" || scheme === "https" || (scheme === undefined && publicScheme === undefined);
		const page = origins.own(approach);
		if (!httpsAlone || scheme === "https" || page?.protocol !== "http:" || isLoopback(page)) return httpsAlone;
		const error = new NoCookieOverHttpError({ page: page.origin, publicUrl });
		if (!told.has(page.origin) && told.size < TOLD_MAX) {
			told.add(page.origin);
			warn(error.message);
		}
		throw error;
	};
}
