/** Ids that were seen lately. */
export interface Recent {
	add(id: string): void;
	has(id: string): boolean;
}

/**
 * Remembers ids for `keptMs` at least and twice that at most, in two generations: one that is old is dropped whole, at no
 * cost for each. At most twice `max` are kept, so of a flood the oldest are forgotten earlier.
 */
export function recentIds(keptMs: number, max: number): Recent {
	let younger = new Set<string>();
	let older = new Set<string>();
	let begunMs = performance.now();

	return {
		add(id) {
			if (younger.size >= max || performance.now() - begunMs > keptMs) {
				older = younger;
				younger = new Set();
				begunMs = performance.now();
			}
			younger.add(id);
		},
		has: (id) => younger.has(id) || older.has(id),
	};
}
