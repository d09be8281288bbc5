import { pauseAfter } from "../events/backoff";

/** Between tries of one route: soon after a blip, and not long after a queue is back. */
const PAUSE = { firstMs: 100, maxMs: 3_000 };

/** Routes that take nothing at present, while others do. What goes there waits in the table; one event is tried at a time. */
export interface Asides {
	/** Names of all. */
	routes(): string[];
	has(route: string): boolean;
	/** It is time for the next try, or that is under way. */
	isTried(route: string): boolean;
	/** A message was refused there. @returns milliseconds until the next try, undefined where that was known already */
	refused(route: string): number | undefined;
	/** It is time. */
	tryNow(route: string): void;
	/** @returns whether it was aside */
	takeBack(route: string): boolean;
}

export function asides(): Asides {
	const aside = new Map<string, { failures: number; isTried: boolean }>();
	return {
		routes: () => [...aside.keys()],
		has: (route) => aside.has(route),
		isTried: (route) => aside.get(route)?.isTried === true,
		refused(route) {
			const known = aside.get(route);
			// Batches that were under way together tell the same.
			if (known && !known.isTried) return undefined;
			const failures = (known?.failures ?? 0) + 1;
			aside.set(route, { failures, isTried: false });
			return pauseAfter(failures, PAUSE);
		},
		tryNow(route) {
			const known = aside.get(route);
			if (known) known.isTried = true;
		},
		takeBack: (route) => aside.delete(route),
	};
}
