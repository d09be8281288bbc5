import type { Logger } from "moleculer";
import type { Database } from "../database/database";
import { sql } from "../database/statement";

/** Days are made two ahead. */
const KEEP_EVERY_MS = 3_600_000;

/** The tables of a schema that have a partition for each day, each kept by the mixin that fills it. */
export type DailyTable = "inbox" | "outbox_history";

/** Keeps the day partitions of one table: makes those to come, drops those that are over. */
export interface Days {
	/** Now, and from then on every hour. A failure is logged and costs nothing: the default partition takes what has no day. */
	start(): Promise<void>;
	stop(): void;
}

/** @param days how many are kept, beside today */
export function daysOf(db: Database, schema: string, table: DailyTable, days: number, log: Logger): Days {
	const statement = sql(`${schema}.${table}.days`, `SELECT ${schema}.keep_event_days($1, $2) AS undone`);
	const [historyDays, inboxDays] = table === "outbox_history" ? [days, null] : [null, days];
	let timer: NodeJS.Timeout | undefined;

	async function keep(): Promise<void> {
		try {
			const [row] = await db.query<{ undone: number }>(statement, [historyDays, inboxDays]);
			if (row!.undone > 0) log.debug(`${row!.undone} days of ${table} are in use: made or dropped at the next try`);
		} catch (error) {
			log.warn(`The days of ${schema}.${table} could not be kept:`, (error as Error).message);
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
