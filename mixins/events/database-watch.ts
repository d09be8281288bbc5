import { setTimeout as pause } from "node:timers/promises";
import type { Database } from "../database/database";
import { pauseAfter } from "./backoff";
import type { Log } from "./transport";

const LOOK_MS = 1_000;
/** Letting somebody in takes milliseconds; on a machine that is very busy it takes its time. */
const ANSWER_MS = 1_500;
/** A restart of the server or a change-over to its standby is sat out; after that another node shall have the events. */
const SILENCE_MS_MAX = 5_000;
const AGAIN = { firstMs: 100, maxMs: 2_000 };

export interface DatabaseWatchOptions {
	db: Pick<Database, "answers">;
	/** Whether anything waits for the database. While nothing does, nobody asks it. */
	isBusy(): boolean;
	/** It has not answered for so long that others, who may reach it, shall do the work. */
	away(): void;
	/** It answers again. */
	back(): void;
	log: Log;
}

/** Watches whether the database answers. */
export interface DatabaseWatch {
	/** The database has just answered somebody. */
	heard(): void;
	stop(): Promise<void>;
}

/**
 * A node that is cut off from its database alone, and not from the broker, would be given one event after another to keep
 * them all. So it has to find out. A lock that is waited for is no silence, and neither is a pool that is all in use.
 */
export function watchDatabase({ db, isBusy, away, back, log }: DatabaseWatchOptions): DatabaseWatch {
	const stopping = new AbortController();
	let heardAt = performance.now();

	async function rest(ms: number): Promise<void> {
		await pause(ms, undefined, { signal: stopping.signal, ref: false }).catch(() => undefined);
	}

	/** @returns false when it has been silent for too long, or the watch is over */
	async function isThere(): Promise<boolean> {
		if (performance.now() - heardAt < LOOK_MS) return true;
		if (!isBusy() || (await db.answers(ANSWER_MS))) heardAt = performance.now();
		return performance.now() - heardAt < SILENCE_MS_MAX;
	}

	async function comesBack(): Promise<void> {
		for (let failures = 1; !stopping.signal.aborted; failures++) {
			if (await db.answers(ANSWER_MS)) return;
			await rest(pauseAfter(failures, AGAIN));
		}
	}

	async function watch(): Promise<void> {
		while (!stopping.signal.aborted) {
			await rest(LOOK_MS);
			if (stopping.signal.aborted || (await isThere()) || stopping.signal.aborted) continue;
			log.warn(`The database has not answered for ${SILENCE_MS_MAX / 1_000} s: events are left to other nodes`);
			away();
			await comesBack();
			if (stopping.signal.aborted) return;
			heardAt = performance.now();
			log.info("The database answers again, and events are taken again");
			back();
		}
	}

	const watching = watch();

	return {
		heard: () => void (heardAt = performance.now()),
		async stop() {
			stopping.abort();
			await watching;
		},
	};
}
