import type { Database } from "../../database/database";
import { sql } from "../../database/statement";
import type { DeadLetter } from "../transport";

/** A letter that somebody gave up for good, without its body. */
export interface Discard {
	queue: string;
	id: string;
	eventType: string | null;
	code: string;
	reason: string;
	by: string;
	/** ISO 8601. */
	at: string;
}

/** What was discarded, by whom, when and why; kept in the schema of the service whose queue it was. */
export interface Discards {
	/** Written down before a letter goes: a node that dies in between leaves both, and the next discard completes it. */
	keep(db: Database, letters: readonly DeadLetter[], why: { reason: string; by: string }): Promise<void>;
	/** The latest of each of these letters. */
	of(db: Database, queue: string, ids: readonly string[]): Promise<Map<string, Discard>>;
	/** Newest first. */
	list(db: Database, queue: string, limit: number): Promise<Discard[]>;
}

type Row = Omit<Discard, "at"> & { at: Date };

const COLUMNS = `queue, letter_id AS id, event_type AS "eventType", error_code AS code, reason, discarded_by AS by,
	discarded_at AS at`;

export function discardsIn(schema: string): Discards {
	const keep = sql(
		`${schema}.discards.keep`,
		`INSERT INTO ${schema}.dead_letters_discarded (queue, letter_id, event_id, event_type, exchange, routing_key, body,
			body_bytes, attempts, first_failed_at, died_at, error_code, error_message, error_stack, node, release, reason,
			discarded_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
		ON CONFLICT (queue, letter_id, died_at) DO UPDATE
		SET reason = EXCLUDED.reason, discarded_by = EXCLUDED.discarded_by, discarded_at = EXCLUDED.discarded_at`,
	);
	const of = sql(
		`${schema}.discards.of`,
		`SELECT DISTINCT ON (letter_id) ${COLUMNS} FROM ${schema}.dead_letters_discarded
		WHERE queue = $1 AND letter_id = ANY ($2::text[]) ORDER BY letter_id, discarded_at DESC`,
	);
	const list = sql(
		`${schema}.discards.list`,
		`SELECT ${COLUMNS} FROM ${schema}.dead_letters_discarded WHERE queue = $1 ORDER BY discarded_at DESC, id DESC LIMIT $2`,
	);
	return {
		async keep(db, letters, { reason, by }) {
			if (letters.length === 0) return;
			// Who keeps these has the queue to itself for as long, in a transaction that holds a connection already.
			await db.upkeep.transaction(async (tx) => {
				for (const letter of letters) await tx.query(keep, [...valuesOf(letter), reason, by]);
			});
		},
		async of(db, queue, ids) {
			const rows = await db.query<Row>(of, [queue, ids]);
			return new Map(rows.map((row) => [row.id, { ...row, at: row.at.toISOString() }]));
		},
		async list(db, queue, limit) {
			const rows = await db.query<Row>(list, [queue, limit]);
			return rows.map((row) => ({ ...row, at: row.at.toISOString() }));
		},
	};
}

function valuesOf(letter: DeadLetter): unknown[] {
	const { failure } = letter;
	return [
		letter.queue,
		letter.id,
		letter.eventId,
		letter.eventType,
		letter.exchange,
		letter.routingKey,
		// Bytes: text can't hold all that a stranger may have sent.
		Buffer.from(letter.body),
		letter.bytes,
		letter.attempts,
		letter.firstFailedAt,
		letter.diedAt,
		failure.code,
		failure.message,
		failure.stack,
		letter.node,
		letter.release,
	];
}
