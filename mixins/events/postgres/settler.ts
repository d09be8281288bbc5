import { setTimeout as pause } from "node:timers/promises";
import type { Database } from "../../database/database";
import { pauseAfter } from "../backoff";
import { limited } from "../failure";
import type { Failure, Log, Worker } from "../transport";
import { bury, delay, done } from "./statements";

const AGAIN = { firstMs: 50, maxMs: 2_000 };

/** What shall become of a message that was handled. */
export type Settlement =
	| { kind: "done"; id: number }
	| { kind: "delayed"; id: number; attempts: number; delayMs: number }
	| { kind: "dead"; id: number; attempts: number; firstFailedAt: Date | undefined; failure: Failure };

/** Writes down what became of messages. */
export interface Settler {
	/** Resolves when it is committed; rejects only when that fails while the transport is being closed. */
	settle(settlement: Settlement): Promise<void>;
	/** From now on one attempt each: what can't be written down is delivered again at the next start. */
	close(): void;
}

interface Waiting {
	settlement: Settlement;
	resolve(): void;
	reject(error: Error): void;
}

/**
 * Group commit: the first is written at once, and those that come meanwhile share the next statement. So it costs no
 * delay when little happens, and few commits when much does.
 */
export function settler(database: Database, { node, release }: Worker, log: Log): Settler {
	const closing = new AbortController();
	const waiting: Waiting[] = [];
	let writing = false;

	async function write(settlements: readonly Settlement[]): Promise<void> {
		const ids = settlements.flatMap((each) => (each.kind === "done" ? [each.id] : []));
		const delayed = settlements.flatMap((each) => (each.kind === "delayed" ? [each] : []));
		const dead = settlements.flatMap((each) => (each.kind === "dead" ? [{ ...each, ...limited(each.failure) }] : []));
		// Each is repeatable: a message that was settled before is not there any more.
		if (ids.length > 0) await database.query(done, [ids]);
		if (delayed.length > 0) await database.query(delay, columns(delayed, ["id", "attempts", "delayMs"]));
		const columnsOfDead = ["id", "attempts", "firstFailedAt", "code", "message", "stack"] as const;
		if (dead.length > 0) await database.query(bury, [...columns(dead, columnsOfDead), node, release]);
	}

	async function writeAll(): Promise<void> {
		writing = true;
		for (let failures = 0; waiting.length > 0;) {
			const group = waiting.splice(0);
			try {
				await write(group.map(({ settlement }) => settlement));
				for (const { resolve } of group) resolve();
				failures = 0;
			} catch (error) {
				waiting.unshift(...group);
				if (closing.signal.aborted) {
					for (const { reject } of waiting.splice(0)) reject(error as Error);
				} else {
					log.warn(`${group.length} handled messages could not be settled yet: ${(error as Error).message}`);
					await pause(pauseAfter(++failures, AGAIN), undefined, { signal: closing.signal }).catch(() => undefined);
				}
			}
		}
		writing = false;
	}

	return {
		settle(settlement) {
			return new Promise((resolve, reject) => {
				waiting.push({ settlement, resolve, reject });
				if (!writing) void writeAll();
			});
		},
		close: () => closing.abort(),
	};
}

/** Rows as one array for each column, as `unnest` takes them. */
function columns<Row>(rows: readonly Row[], keys: readonly (keyof Row)[]): unknown[][] {
	return keys.map((key) => rows.map((row) => row[key] ?? null));
}
