import { domainToASCII } from "node:url";

/** What DNS and a hosts file know: an IP address is one of them, or stands in brackets. */
const HOST_NAME = /^(?:[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?|\[[0-9a-f:.]+\])$/i;

/** URL takes `*` and `${HOST}` for hosts, and nobody can open them. */
export function isHostName({ hostname }: URL): boolean {
	return HOST_NAME.test(hostname);
}

/**
 * The host as DNS knows it, `xn--mil-qla.example` for `mäil.example`: URL does that for the protocols of browsers alone,
 * and makes escapes for others, which nobody can look up. What is no name, such as the path of a socket, stays as it is.
 */
export function asciiHost({ hostname }: URL): string {
	const host = decodeURIComponent(hostname);
	return /[^\p{ASCII}]/u.test(host) && !/[/\\?#@:]/.test(host) ? domainToASCII(host) : hostname;
}
