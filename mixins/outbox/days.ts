import type { Logger } from "moleculer";
import type { Database } from "../database/database";
import { sql } from "../database/statement";
import { INBOX_MEMORY_DAYS } from "../inbox/inbox";

/** Days are made two ahead. */
const KEEP_EVERY_MS = 3_600_000;

/** Keeps the day partitions of a schema's outbox history and inbox: makes those to come, drops those that are over. */
export interface Days {
	/** Now, and from then on every hour. A failure is logged and costs nothing: the default partition takes what has no day. */
	start(): Promise<void>;
	stop(): void;
}

export function eventDays(db: Database, schema: string, historyDays: number, log: Logger): Days {
	const statement = sql(`${schema}.outbox.days`, `SELECT ${schema}.keep_event_days($1, $2) AS undone`);
	let timer: NodeJS.Timeout | undefined;

	async function keep(): Promise<void> {
		try {
			const [row] = await db.query<{ undone: number }>(statement, [historyDays, INBOX_MEMORY_DAYS]);
			if (row!.undone > 0) log.debug(`${row!.undone} days of events are in use: made or dropped at the next try`);
		} catch (error) {
			log.warn("The days of the outbox history and the inbox could not be kept:", (error as Error).message);
		}
	}

	return {
		async start() {
			timer = setInterval(() => void keep(), KEEP_EVERY_MS).unref();
			await keep();
		},
		stop: () => clearInterval(timer),
	};
}
