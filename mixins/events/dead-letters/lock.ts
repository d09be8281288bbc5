import { Errors } from "moleculer";
import type { Database } from "../../database/database";
import { sql } from "../../database/statement";

/** PostgreSQL ends a transaction that says nothing for 5 s. */
const TOUCH_MS = 1_000;
const LOCK_NOT_AVAILABLE = "55P03";

const lock = sql("events.letters.lock", "SELECT pg_advisory_xact_lock(hashtext('dead letters of ' || $1))");
const touch = sql("events.letters.touch", "SELECT 1");

export class LettersBusyError extends Errors.MoleculerClientError {
	constructor(queue: string) {
		super(`Somebody else is going through the dead letters of ${queue}; try again in a moment`, 409, "LETTERS_BUSY");
	}
}

/**
 * One visit of a queue's dead letters at a time, on whatever node: on RabbitMQ, what one holds in its hands another does
 * not see, and would report as not there. A node that dies lets go at once.
 * @throws {LettersBusyError} after the pool's own limit for locks
 */
export async function alone<Result>(db: Database, queue: string, work: () => Promise<Result>): Promise<Result> {
	return db.transaction(async (tx) => {
		await tx.query(lock, [queue]).catch((error: Error & { code?: unknown }) => {
			throw error.code === LOCK_NOT_AVAILABLE ? new LettersBusyError(queue) : error;
		});
		// Lost with its connection: then a second visitor may see less than there is, and nothing worse.
		const touching = setInterval(() => void tx.query(touch).catch(() => undefined), TOUCH_MS);
		try {
			return await work();
		} finally {
			clearInterval(touching);
		}
	});
}
