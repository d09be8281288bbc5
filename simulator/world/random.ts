import crypto from "node:crypto";

/** One stream of numbers that a seed decides. */
export interface Random {
	/** At least 0, less than 1. */
	next(): number;
	/** At least 0, less than `end`. */
	below(end: number): number;
	/** `from` to `to`, both included. */
	between(from: number, to: number): number;
	/** True with this probability. */
	chance(probability: number): boolean;
	pick<Item>(items: readonly Item[]): Item;
	/** A stream of its own: what is drawn there changes nothing here. */
	fork(name: string): Random;
}

/** mulberry32 (Tommy Ettinger, public domain): 32 bits of state are enough for some million draws. */
export function randomOf(seed: number): Random {
	let state = seed | 0;
	const next = (): number => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
	const below = (end: number): number => Math.floor(next() * end);
	return {
		next,
		below,
		between: (from, to) => from + below(to - from + 1),
		chance: (probability) => next() < probability,
		pick: (items) => items[below(items.length)]!,
		fork: (name) => randomOf(hashOf(`${seed} ${name}`)),
	};
}

/** FNV-1a, 32 bits. */
export function hashOf(text: string): number {
	let hash = 0x811c9dc5;
	for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
	return hash >>> 0;
}

const originalRandom = Math.random;

/**
 * Makes everything in this process draw from `current`: Math.random, and what node:crypto makes up. Called before
 * anything is imported that keeps a function of these.
 */
export function replaceChance(current: () => Random): void {
	const fill = <Bytes extends NodeJS.ArrayBufferView>(into: Bytes): Bytes => {
		const bytes = new Uint8Array(into.buffer, into.byteOffset, into.byteLength);
		for (let at = 0; at < bytes.length; at++) bytes[at] = current().below(256);
		return into;
	};
	const uuid = (): string => {
		const bytes = fill(Buffer.alloc(16));
		bytes[6] = (bytes[6]! & 0x0f) | 0x40;
		bytes[8] = (bytes[8]! & 0x3f) | 0x80;
		return dashed(bytes);
	};
	Math.random = () => current().next();
	replace(crypto, "randomUUID", uuid);
	replace(crypto, "randomFillSync", fill);
	replace(crypto, "randomBytes", (length: number, told?: (error: null, bytes: Buffer) => void) => {
		const bytes = fill(Buffer.alloc(length));
		if (!told) return bytes;
		return process.nextTick(told, null, bytes);
	});
	replace(crypto, "randomInt", (from: number, to?: number) =>
		to === undefined ? current().below(from) : from + current().below(to - from),
	);
	for (const web of [crypto.webcrypto, globalThis.crypto]) {
		replace(web, "getRandomValues", fill);
		replace(web, "randomUUID", uuid);
	}
}

/** For what must differ from process to process, such as the name of a folder. */
export const realRandom = (): number => originalRandom();

/** A UUID's bytes as it is written. */
export function dashed(bytes: Buffer): string {
	return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

function replace(target: object, name: string, value: unknown): void {
	Object.defineProperty(target, name, { value, configurable: true, writable: true });
}
