import { sql } from "./statement";

/** READ ONLY SQL TRANSACTION: how PostgreSQL refuses to write on a standby, or where `default_transaction_read_only` is on. */
export const READ_ONLY = "25006";

/** The server lets one in, and can only be read. */
export class ReadOnlyServerError extends Error {
	override readonly name = "ReadOnlyServerError";
	readonly code = READ_ONLY;

	constructor() {
		super("It can only be read: it is a standby, or its transactions are read-only by default");
	}
}

/** What the server said when it was written to. */
export interface WriteProof {
	/** `null` when it can only be read. */
	written: string | null;
	/** By its clock. */
	at: Date;
}

/**
 * Writes where no table is needed: a message into the log, which nobody takes out and the next checkpoint forgets. When it
 * has been answered, the server hands out transaction numbers, and its log is on the disk.
 */
export const PROVE = sql(
	"database.prove",
	`SELECT CASE WHEN current_setting('transaction_read_only')::boolean THEN NULL
		ELSE pg_logical_emit_message(true, 'molecart', '')::text END AS written, clock_timestamp() AS at`,
);
