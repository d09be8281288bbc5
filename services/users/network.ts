import { isIPv6 } from "node:net";

/**
 * Whose attempts count together: an IPv4 address, or the 64 bits that name one customer's network in IPv6, who has more
 * addresses in it than anybody could count.
 */
export function networkOf(address: string): string {
	const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
	if (mapped) return mapped;
	const [bare] = address.split("%");
	if (!isIPv6(bare!)) return address;
	const [head = "", tail] = new URL(`http://[${bare}]`).hostname.slice(1, -1).split("::");
	const left = head === "" ? [] : head.split(":");
	const right = tail ? tail.split(":") : [];
	const groups =
		tail === undefined ? left : [...left, ...Array<string>(8 - left.length - right.length).fill("0"), ...right];
	return `${groups.slice(0, 4).join(":")}::/64`;
}
