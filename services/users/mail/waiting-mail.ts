import { randomUUID } from "node:crypto";
import type { Transaction } from "../../../mixins/database/database";
import { sql } from "../../../mixins/database/statement";

export type MailKind = "RESET_PASSWORD" | "VERIFY_EMAIL";

/** Whoever waits for a link asks again after that; a confirmation can be late. */
const SENT_WITHIN_S: Record<MailKind, number> = { RESET_PASSWORD: 60 * 60, VERIFY_EMAIL: 24 * 60 * 60 };

/** Longer than a mail may take, so that no two nodes send the same one. */
const LEASE_S = 60;
const BATCH_MAX = 10;
const PAUSE_S_MAX = 10 * 60;

const ask = sql(
	"users.mails.ask",
	`INSERT INTO users.mails (id, kind, email_key, expires_at) VALUES ($1, $2, $3, now() + $4 * interval '1 second')`,
);
const take = sql(
	"users.mails.take",
	`UPDATE users.mails SET attempts = attempts + 1, due_at = now() + $1 * interval '1 second'
	WHERE id IN (
		SELECT id FROM users.mails WHERE due_at <= now() ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED
	)
	RETURNING id, kind, email_key AS "emailKey", attempts, expires_at <= now() AS "isOver"`,
);
const putOff = sql(
	"users.mails.put_off",
	"UPDATE users.mails SET due_at = now() + $2 * interval '1 second' WHERE id = $1",
);
const strike = sql("users.mails.strike", "DELETE FROM users.mails WHERE id = $1");

type Queries = Pick<Transaction, "query">;

/** A mail that is due, and nobody else's for a minute. */
export interface WaitingMail {
	id: string;
	kind: MailKind;
	emailKey: string;
	/** This one included. */
	attempts: number;
	/** Nobody waits for it any more. */
	isOver: boolean;
}

/** From its commit on the mail will be sent, whatever happens to this node; twice only if one dies just after sending. */
export async function askForMail(db: Queries, kind: MailKind, emailKey: string): Promise<void> {
	await db.query(ask, [randomUUID(), kind, emailKey, SENT_WITHIN_S[kind]]);
}

export function takeMails(db: Queries): Promise<WaitingMail[]> {
	return db.query<WaitingMail>(take, [LEASE_S, BATCH_MAX]);
}

/** It could not be sent: twice as long a pause each time. */
export async function putOffMail(db: Queries, { id, attempts }: WaitingMail): Promise<void> {
	await db.query(putOff, [id, Math.min(PAUSE_S_MAX, 2 ** attempts)]);
}

/** It has left, or is not to be sent. */
export async function strikeMail(db: Queries, id: string): Promise<void> {
	await db.query(strike, [id]);
}
