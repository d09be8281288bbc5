/** Does once, at the end, what several things that happen together ask for. */
export interface Gathering {
	together(work: () => void): void;
	/** At the end of what happens now, or at once. */
	afterwards(work: () => void): void;
}

export function gathering(): Gathering {
	const waiting = new Set<() => void>();
	let depth = 0;
	/** What this asks for is done as well. */
	function settle(): void {
		for (const each of waiting) {
			waiting.delete(each);
			each();
		}
	}

	return {
		together(work) {
			depth++;
			try {
				work();
				if (depth === 1) settle();
			} finally {
				depth--;
			}
		},
		afterwards(work) {
			if (depth === 0) work();
			else waiting.add(work);
		},
	};
}
