import { isIP, isIPv4, SocketAddress } from "node:net";

/** Proxies append a port, or what RFC 7239 lets them write in its place: `:40001`, `:_port`. */
const PORT = String.raw`(?::(?:\d{1,5}|_[\w.-]+))?$`;
const IN_BRACKETS = new RegExp(String.raw`^\[(.*)\]${PORT}`);
const BEFORE_PORT = new RegExp(`^(.*?)${PORT}`);

/**
 * The address in what a proxy, or the system, calls somebody, in one form whatever it came in: with a port, in brackets or
 * quotes, with a zone, in capitals, IPv4 as IPv6 has it (`::ffff:203.0.113.7`).
 * @returns undefined for what is none: `unknown`, `_hidden`, a name, nothing
 */
export function addressIn(text: string): string | undefined {
	const bare = text
		.trim()
		.replace(/^"(.*)"$/, "$1")
		.trim();
	const forms = [bare, IN_BRACKETS.exec(bare)?.[1] ?? "", BEFORE_PORT.exec(bare)![1]!];
	const address = forms.map((form) => form.split("%")[0]!).find((form) => isIP(form) !== 0);
	if (address === undefined || isIPv4(address)) return address;
	const written = new SocketAddress({ address, family: "ipv6" }).address;
	return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(written)?.[1] ?? written;
}

/**
 * Whose attempts count together: an IPv4 address, or the 64 bits that name one customer's network in IPv6, who has more
 * addresses in it than anybody could count.
 */
export function networkOf(text: string): string {
	const address = addressIn(text);
	if (address === undefined || isIPv4(address)) return address ?? text;
	const [head = "", tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split("::");
	const left = head === "" ? [] : head.split(":");
	const right = tail ? tail.split(":") : [];
	const groups =
		tail === undefined ? left : [...left, ...Array<string>(8 - left.length - right.length).fill("0"), ...right];
	return `${groups.slice(0, 4).join(":")}::/64`;
}
