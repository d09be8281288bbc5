import type { Message } from "./message";

/** A message in a queue. */
export interface Entry {
	readonly message: Message;
	/** Its place in a classic queue, to which it returns. */
	readonly place: number;
	readonly expiresAtMs: number | undefined;
	/** How often it was returned. */
	returns: number;
}

/** What is ready to be delivered, in its order. */
export interface Store {
	size(): number;
	first(): Entry | undefined;
	all(): readonly Entry[];
	shift(): Entry | undefined;
	add(entry: Entry): void;
	/** Where it was. */
	returnToPlace(entry: Entry): void;
	/** In front, behind what was returned before it. */
	returnToFront(entry: Entry): void;
	/** @returns how many there were */
	clear(): number;
	keep(isKept: (entry: Entry) => boolean): void;
}

export function store(): Store {
	let returned: Entry[] = [];
	let fresh: Entry[] = [];
	return {
		size: () => returned.length + fresh.length,
		first: () => returned[0] ?? fresh[0],
		all: () => [...returned, ...fresh],
		shift: () => returned.shift() ?? fresh.shift(),
		add: (entry) => void fresh.push(entry),
		returnToPlace(entry) {
			let at = returned.length;
			while (at > 0 && returned[at - 1]!.place > entry.place) at--;
			returned.splice(at, 0, entry);
		},
		returnToFront: (entry) => void returned.push(entry),
		clear() {
			const size = returned.length + fresh.length;
			returned = [];
			fresh = [];
			return size;
		},
		keep(isKept) {
			returned = returned.filter(isKept);
			fresh = fresh.filter(isKept);
		},
	};
}
