import type { Asides } from "./asides";
import type { Lanes } from "./lanes";
import type { OutboxRow } from "./row";

/** Hundreds share one wait for the broker's disk. */
export const BATCH_MAX = 1_000;
/** Batches for one route that wait for their confirms at once. While so many do, what comes meanwhile shares the next one. */
const UNDER_WAY_MAX = 8;

/** Each batch goes to one exchange with one routing key, so that no confirm waits for one of another queue. */
export interface Batches {
	/** Starts as many as may be under way. */
	start(): void;
	/** Waits for those that are. */
	ended(): Promise<void>;
}

export interface BatchesOptions {
	held: Lanes;
	aside: Asides;
	publish(route: string, rows: readonly OutboxRow[]): Promise<void>;
	/** A batch has ended: there may be room for another one. */
	onEnd(): void;
	/** It is time to try a route, and there is nothing in memory to try it with. */
	onNothingToTry(route: string): void;
}

export function batches({ held, aside, publish, onEnd, onNothingToTry }: BatchesOptions): Batches {
	const underWay = new Map<string, Set<Promise<void>>>();

	function begin(route: string, rows: readonly OutboxRow[]): void {
		const there = underWay.get(route) ?? new Set();
		underWay.set(route, there);
		const batch = publish(route, rows).finally(() => {
			there.delete(batch);
			if (there.size === 0) underWay.delete(route);
			onEnd();
		});
		there.add(batch);
	}

	function startOn(route: string): void {
		while ((underWay.get(route)?.size ?? 0) < UNDER_WAY_MAX) {
			const rows = held.take(route, BATCH_MAX);
			if (rows.length === 0) return;
			begin(route, rows);
		}
	}

	/** One event is kept for the next try; the others wait in the table, since memory is for what can leave. */
	function tryOn(route: string): void {
		const isFree = !underWay.has(route);
		held.forgetWaiting(route, isFree ? 1 : 0);
		if (!isFree || !aside.isTried(route)) return;
		const rows = held.take(route, 1);
		if (rows.length > 0) begin(route, rows);
		else onNothingToTry(route);
	}

	return {
		start() {
			for (const route of aside.routes()) tryOn(route);
			for (const route of held.routes()) if (!aside.has(route)) startOn(route);
		},
		async ended() {
			await Promise.all([...underWay.values()].flatMap((there) => [...there]));
		},
	};
}
