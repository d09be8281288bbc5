import path from "node:path";
import { currentHost, type Host } from "./host";
import { dashed } from "./random";

/** What the last one was made of, for each process that makes some. */
interface Last {
	ms: number;
	counter: number;
}

const COUNTER_START_MAX = 2 ** 30;
/** Where the package `uuid` makes its bytes and its ids of version 7, in whichever copy. */
const RNG = /node_modules.uuid.dist.*\brng\.js$/;
const VERSION_7 = /node_modules.uuid.dist.*\bv7\.js$/;

const replaced = new Set<string>();
let lasts = new Map<Host | undefined, Last>();

/**
 * The package `uuid` keeps random bytes, and a counter, from one simulation to the next in one process. Here each id is
 * made of the current one's chance alone. Called at the beginning of each: it finds the copies that were loaded since.
 */
export function forgetUuids(): void {
	lasts = new Map();
	for (const [file, module] of Object.entries(require.cache)) {
		if (replaced.has(file) || !file.includes(`${path.sep}uuid${path.sep}`)) continue;
		replaced.add(file);
		if (RNG.test(file)) (module!.exports as { default: unknown }).default = sixteenBytes;
		if (VERSION_7.test(file)) (module!.exports as { default: unknown }).default = version7;
	}
}

function sixteenBytes(): Uint8Array {
	return Uint8Array.from({ length: 16 }, () => Math.floor(Math.random() * 256));
}

function version7(): string {
	return uuidOf(Date.now());
}

/**
 * Of version 7, with a counter for each host, as RFC 9562 wants it for each process (section 6.2, method 1).
 * @param nowMs what the host's clock says
 */
export function uuidOf(nowMs: number): string {
	const host = currentHost();
	const before = lasts.get(host);
	const isNewer = !before || nowMs > before.ms;
	const last = isNewer
		? { ms: nowMs, counter: Math.floor(Math.random() * COUNTER_START_MAX) }
		: { ms: before.ms, counter: before.counter + 1 };
	lasts.set(host, last);
	const bytes = Buffer.from(sixteenBytes());
	bytes.writeUIntBE(last.ms, 0, 6);
	// 12 bits beside the version, 20 beside the variant.
	bytes.writeUInt16BE(0x7000 | (last.counter >>> 20), 6);
	bytes.writeUInt32BE((0x80000000 | ((last.counter & 0xfffff) << 10) | (bytes.readUInt32BE(8) & 0x3ff)) >>> 0, 8);
	return dashed(bytes);
}
