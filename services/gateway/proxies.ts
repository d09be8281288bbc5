import type { IncomingHttpHeaders } from "node:http";
import { parse } from "forwarded-parse";
import proxyAddr from "proxy-addr";
import { addressIn } from "../../mixins/access/network";

/** What a host may look like; whatever else is sent must not get into a header, nor be taken for one. */
export const HOST = /^[\w.-]+(?::\d{1,5})?$|^\[[\da-f:]+\](?::\d{1,5})?$/i;

/** Of a request, or of a socket's handshake. */
export interface Approach {
	headers: IncomingHttpHeaders;
	socket: { remoteAddress?: string | undefined };
}

/** Where a request has come from. What proxies say of that is believed from trusted ones alone. */
export interface Proxies {
	/** The client's: the nearest address that is no trusted proxy's, and of which all proxies in between are. */
	addressOf(approach: Approach): string;
	/** What the client itself speaks; undefined where nobody who is trusted says so. */
	schemeOf(approach: Approach): "http" | "https" | undefined;
	/** What the client may know the gateway by: hosts, with their ports. */
	hostsOf(approach: Approach): string[];
}

/** Those who have gone before they were asked who they are. They are counted together, or they would not be at all. */
const GONE = "unknown";

/**
 * X-Forwarded-For, -Proto, -Host and -Port come first; the Forwarded of RFC 7239 is read where the one asked for is not
 * there. A proxy that sends the first lets a client's own Forwarded through, and it must count for nothing.
 *
 * @param trusted addresses and networks, as proxy-addr has them
 */
export function believing(trusted: readonly string[]): Proxies {
	const isTrusted = proxyAddr.compile([...trusted]);
	const believed = ({ headers, socket }: Approach): IncomingHttpHeaders =>
		isTrusted(addressIn(socket.remoteAddress ?? "") ?? "", 0) ? headers : {};

	return {
		addressOf({ headers, socket }) {
			let address = addressIn(socket.remoteAddress ?? "") ?? GONE;
			for (const [index, hop] of hopsIn(headers).toReversed().entries()) {
				const next = isTrusted(address, index) ? addressIn(hop) : undefined;
				// A proxy that knows no address, or hides it, is as far as anybody can see.
				if (next === undefined) break;
				address = next;
			}
			return address;
		},
		schemeOf(approach) {
			const headers = believed(approach);
			const said = first(headers["x-forwarded-proto"]) ?? forwardedIn(headers)[0]?.["proto"];
			// Of a WebSocket some proxies say wss.
			const [, , secure] = /^(http|ws)(s?)$/i.exec(said ?? "") ?? [];
			return secure === undefined ? undefined : secure === "" ? "http" : "https";
		},
		hostsOf(approach) {
			const headers = believed(approach);
			const { host = "" } = approach.headers;
			const shown = first(headers["x-forwarded-host"]) ?? forwardedIn(headers)[0]?.["host"] ?? host;
			const port = first(headers["x-forwarded-port"]);
			return [...new Set([host, shown, ...(port ? [`${shown.replace(/:\d+$/, "")}:${port}`] : [])])];
		},
	};
}

/** As the proxies have appended them: the nearest one last. */
function hopsIn(headers: IncomingHttpHeaders): string[] {
	const listed = headers["x-forwarded-for"];
	if (listed === undefined) return forwardedIn(headers).map((hop) => hop["for"] ?? "");
	return parts(listed).filter((part) => part !== "");
}

/**
 * Proxies forget the quotes that a port or a colon needs, and leave a comma or a semicolon at the end. Where there are
 * quotes, what is not well-formed may have been a client's to swallow what its proxy says, and tells nothing.
 */
function forwardedIn({ forwarded }: IncomingHttpHeaders): Record<string, string>[] {
	if (!forwarded?.includes('"')) return forwarded === undefined ? [] : hopsWithoutQuotes(forwarded);
	try {
		return parse(forwarded);
	} catch {
		return [];
	}
}

function hopsWithoutQuotes(forwarded: string): Record<string, string>[] {
	const hops = parts(forwarded).filter((hop) => hop !== "");
	return hops.map((hop) => {
		const pairs = hop.split(";").map((pair) => pair.split("="));
		return Object.fromEntries(pairs.map(([name = "", value = ""]) => [name.trim().toLowerCase(), value.trim()]));
	});
}

/** What the outermost proxy has said, which the client speaks to. */
function first(value: string | string[] | undefined): string | undefined {
	return value === undefined ? undefined : parts(value)[0];
}

function parts(value: string | string[]): string[] {
	return [value]
		.flat()
		.flatMap((each) => each.split(","))
		.map((part) => part.trim());
}
