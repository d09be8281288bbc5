import { createHash, randomBytes } from "node:crypto";
import { Errors } from "moleculer";
import type { Transaction } from "../../../mixins/database/database";
import { sql } from "../../../mixins/database/statement";
import { removeOldest, type Rule } from "../../../mixins/retention/clear-away";
import type { MailKind } from "./waiting-mail";

const VALID_S: Record<MailKind, number> = { RESET_PASSWORD: 60 * 60, VERIFY_EMAIL: 7 * 24 * 60 * 60 };

const insert = sql(
	"users.mail_tokens.insert",
	`INSERT INTO users.mail_tokens (token_hash, kind, user_id, expires_at)
	VALUES ($1, $2, $3, now() + $4 * interval '1 second')`,
);
const find = sql(
	"users.mail_tokens.find",
	`SELECT user_id AS "userId" FROM users.mail_tokens WHERE token_hash = $1 AND kind = $2 AND expires_at > now()`,
);
const takeBack = sql("users.mail_tokens.take_back", "DELETE FROM users.mail_tokens WHERE token_hash = $1");
const use = sql(
	"users.mail_tokens.use",
	`DELETE FROM users.mail_tokens WHERE token_hash = $1 AND kind = $2 AND expires_at > now()
	RETURNING user_id AS "userId"`,
);
const forget = sql("users.mail_tokens.forget", "DELETE FROM users.mail_tokens WHERE user_id = $1 AND kind = $2");
const forgetOld = sql(
	"users.mail_tokens.forget_old",
	removeOldest("users.mail_tokens", "expires_at", "expires_at <= now()"),
);

type Queries = Pick<Transaction, "query">;

/** Unknown, too old, or of a password that was reset with it: which one is nobody's business. */
export class InvalidMailTokenError extends Errors.ValidationError {
	constructor() {
		const message = "This link is not valid any more, please ask for another one";
		super(message, "VALIDATION_ERROR", [{ field: "token", message }]);
	}
}

/**
 * A new secret for a mail; only its hash is kept. The earlier ones of the user stay good: those that confirm an address for
 * their week, those that reset a password until one of them is used.
 */
export async function issueToken(db: Queries, kind: MailKind, userId: string): Promise<string> {
	const token = randomBytes(32).toString("base64url");
	await db.query(insert, [hashOf(token), kind, userId, VALID_S[kind]]);
	return token;
}

/** The mail has not left, so nobody has it. */
export async function takeTokenBack(db: Queries, token: string): Promise<void> {
	await db.query(takeBack, [hashOf(token)]);
}

/** Whose it is. It stays good. @throws {InvalidMailTokenError} */
export async function ownerOfToken(db: Queries, kind: MailKind, token: string): Promise<string> {
	return theOwner(await db.query<{ userId: string }>(find, [hashOf(token), kind]));
}

/** Whose it was: it is good for nothing from now on. @throws {InvalidMailTokenError} */
export async function useToken(tx: Transaction, kind: MailKind, token: string): Promise<string> {
	return theOwner(await tx.query<{ userId: string }>(use, [hashOf(token), kind]));
}

export async function forgetTokens(tx: Transaction, kind: MailKind, userId: string): Promise<void> {
	await tx.query(forget, [userId, kind]);
}

/** Secrets that are good for nothing any more. */
export const oldMailTokens: Rule = { what: "secrets of mails", remove: forgetOld };

function theOwner([row]: { userId: string }[]): string {
	if (!row) throw new InvalidMailTokenError();
	return row.userId;
}

function hashOf(token: string): Buffer {
	return createHash("sha256").update(token).digest();
}
