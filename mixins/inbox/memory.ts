import type { Logger } from "moleculer";
import type { Database } from "../database/database";
import { sql } from "../database/statement";
import { daysOf } from "../events/days";
import { clearAway, removeOldest, type Rule } from "../retention/clear-away";
import { INBOX_MEMORY_DAYS } from "./inbox";

const FORGET_EVERY_MS = 3_600_000;

/** What a consumer remembers, kept in bounds by whoever consumes: not every consumer publishes as well. */
export interface InboxMemory {
	/** Now, and from then on every hour. A failure is logged, and the next time makes up for it. */
	start(): Promise<void>;
	/** Ends after the statement that is under way. */
	stop(): Promise<void>;
}

/** The inbox goes by whole days, and with it what was noted of events that nobody would take any more. */
export function inboxMemory(db: Database, schema: string, log: Logger): InboxMemory {
	const days = daysOf(db, schema, "inbox", INBOX_MEMORY_DAYS, log);
	const notes = [oldNotes(schema, "inbox_failures", "failed_at"), oldNotes(schema, "inbox_suspects", "begun_at")];
	const stopping = new AbortController();
	let timer: NodeJS.Timeout | undefined;
	let forgetting: Promise<void> | undefined;

	async function forget(): Promise<void> {
		try {
			for (const rule of notes) await clearAway(db, rule, stopping.signal);
		} catch (error) {
			log.warn(`Old notes about events in ${schema} could not be cleared away:`, (error as Error).message);
		}
	}
	const wake = (): void => {
		forgetting ??= forget().finally(() => (forgetting = undefined));
	};

	return {
		async start() {
			await days.start();
			timer = setInterval(wake, FORGET_EVERY_MS).unref();
			wake();
		},
		async stop() {
			stopping.abort();
			clearInterval(timer);
			days.stop();
			await forgetting;
		},
	};
}

function oldNotes(schema: string, table: string, by: string): Rule {
	const isOld = `${by} < now() - interval '${INBOX_MEMORY_DAYS} days'`;
	return { what: table, remove: sql(`${schema}.${table}.forget`, removeOldest(`${schema}.${table}`, by, isOld)) };
}
