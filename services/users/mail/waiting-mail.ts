import { randomUUID } from "node:crypto";
import type { Transaction } from "../../../mixins/database/database";
import { sql } from "../../../mixins/database/statement";
import { removeOldest, type Rule } from "../../../mixins/retention/clear-away";

export type MailKind = "RESET_PASSWORD" | "VERIFY_EMAIL";

/** Whoever waits for a link asks again after that; a confirmation can be late. */
const SENT_WITHIN_S: Record<MailKind, number> = { RESET_PASSWORD: 60 * 60, VERIFY_EMAIL: 24 * 60 * 60 };

/** Longer than a mail may take, so that no two nodes send the same one. */
const LEASE_S = 60;
/** A server that wants a mail later means minutes; one that is away may be back at any moment. */
const PAUSE_S_MAX = { later: 10 * 60, away: 60 };
/** Whoever sends mail gives up what nobody waits for, and says so; this is for a shop in which nobody does. */
const OVER_FOR_S = 60 * 60;

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
const removeOld = sql(
	"users.mails.remove_old",
	removeOldest("users.mails", "expires_at", `expires_at < now() - ${OVER_FOR_S} * interval '1 second'`),
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

/**
 * From its commit on the mail will be sent, whatever happens to this node. A node that dies between the server's yes and
 * striking it out costs one more of it, under the same id.
 */
export async function askForMail(db: Queries, kind: MailKind, emailKey: string): Promise<void> {
	await db.query(ask, [randomUUID(), kind, emailKey, SENT_WITHIN_S[kind]]);
}

export function takeMails(db: Queries, limit: number): Promise<WaitingMail[]> {
	return db.query<WaitingMail>(take, [LEASE_S, limit]);
}

/** It could not be sent: twice as long a pause each time. */
export async function putOffMail(
	db: Queries,
	{ id, attempts }: WaitingMail,
	why: keyof typeof PAUSE_S_MAX,
): Promise<void> {
	await db.query(putOff, [id, Math.min(PAUSE_S_MAX[why], 2 ** attempts)]);
}

/** It has left, or is not to be sent. */
export async function strikeMail(db: Queries, id: string): Promise<void> {
	await db.query(strike, [id]);
}

/** Mail that nobody has sent, and nobody waits for any more. */
export const oldMails: Rule = { what: "mails that nobody could send", remove: removeOld };
