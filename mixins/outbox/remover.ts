import { setTimeout as pause } from "node:timers/promises";
import type { Upkeep } from "../database/database";
import { pauseAfter } from "../events/backoff";
import type { Statement } from "../database/statement";

const AGAIN = { firstMs: 50, maxMs: 1_000 };

/** Takes confirmed events out of the outbox, into its history. */
export interface Remover {
	remove(seqs: readonly number[]): void;
	/** Waits until all are out, or until a last try has failed. */
	stop(): Promise<void>;
}

/**
 * Group commit: one statement at a time, and what is confirmed meanwhile shares the next one. A process that dies first
 * leaves confirmed events in the outbox: they are published once more, and each consumer's inbox absorbs it.
 * @param removed is told what is out of the table
 * @param troubled is told each time it fails; it is tried again
 */
export function remover(
	db: Upkeep,
	statement: Statement,
	options: { removed(seqs: readonly number[]): void; troubled(error: Error): void },
): Remover {
	const stopping = new AbortController();
	let waiting: number[] = [];
	let working: Promise<void> | undefined;

	async function work(): Promise<void> {
		for (let failures = 0; waiting.length > 0;) {
			const group = waiting;
			waiting = [];
			try {
				await db.query(statement, [group]);
				options.removed(group);
				failures = 0;
			} catch (error) {
				options.troubled(error as Error);
				if (stopping.signal.aborted) return;
				waiting = [...group, ...waiting];
				// Ended early by the stop, for the last try.
				await pause(pauseAfter(++failures, AGAIN), undefined, { signal: stopping.signal }).catch(() => undefined);
			}
		}
	}

	return {
		remove(seqs) {
			waiting.push(...seqs);
			working ??= work().finally(() => (working = undefined));
		},
		async stop() {
			stopping.abort();
			await working;
		},
	};
}
