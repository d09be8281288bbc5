import { createHash, randomBytes, randomUUID } from "node:crypto";
import type { Database, Transaction } from "../../mixins/database/database";
import { sql } from "../../mixins/database/statement";
import { removeOldest, type Rule } from "../../mixins/retention/clear-away";

const REFRESH_TOKEN_TTL_DAYS = 30;
export const REFRESH_TOKEN_TTL_S = REFRESH_TOKEN_TTL_DAYS * 24 * 60 * 60;

/** Two refreshes at once are a browser with two tabs, not a thief: the loser is refused, the session goes on. */
const REUSE_GRACE_S = 1;

const insertToken = sql(
	"users.sessions.insert",
	`INSERT INTO users.refresh_tokens (token_hash, family_id, user_id, expires_at, user_agent)
	VALUES ($1, $2, $3, now() + $4 * interval '1 day', $5)`,
);
// An exchange and an end of the same user's sessions go one after the other: the end would not see, and so not revoke,
// a successor that is being made. The user is locked before any token, so that they can't wait for each other.
const shareOwner = sql(
	"users.sessions.share_owner",
	`SELECT u.id FROM users.users u WHERE id = (SELECT user_id FROM users.refresh_tokens WHERE token_hash = $1)
	FOR KEY SHARE`,
);
const lockOwner = sql(
	"users.sessions.lock_owner",
	`SELECT u.id FROM users.users u WHERE id = (SELECT user_id FROM users.refresh_tokens WHERE token_hash = $1)
	FOR UPDATE`,
);
const lockUser = sql("users.sessions.lock_user", "SELECT id FROM users.users WHERE id = $1 FOR UPDATE");
const replaceToken = sql(
	"users.sessions.replace",
	`UPDATE users.refresh_tokens SET replaced_at = now()
	WHERE token_hash = $1 AND replaced_at IS NULL AND revoked_at IS NULL AND expires_at > now()
	RETURNING family_id AS "sessionId", user_id AS "userId", user_agent AS "userAgent"`,
);
// A token that was replaced a while ago has been stolen, or its successor has: the whole family ends.
const revokeReused = sql(
	"users.sessions.reused",
	`UPDATE users.refresh_tokens SET revoked_at = now()
	WHERE revoked_at IS NULL AND family_id = (
		SELECT family_id FROM users.refresh_tokens
		WHERE token_hash = $1 AND replaced_at < now() - $2 * interval '1 second'
	)
	RETURNING family_id AS "sessionId"`,
);
const revokeFamily = sql(
	"users.sessions.revoke",
	`UPDATE users.refresh_tokens SET revoked_at = now()
	WHERE revoked_at IS NULL AND family_id = (SELECT family_id FROM users.refresh_tokens WHERE token_hash = $1)
	RETURNING family_id AS "sessionId"`,
);
const revokeOwn = sql(
	"users.sessions.revoke_own",
	`UPDATE users.refresh_tokens SET revoked_at = now()
	WHERE revoked_at IS NULL AND family_id = $1 AND user_id = $2
	RETURNING family_id AS "sessionId"`,
);
const revokeUser = sql(
	"users.sessions.revoke_all",
	`UPDATE users.refresh_tokens SET revoked_at = now() WHERE revoked_at IS NULL AND user_id = $1
	RETURNING family_id AS "sessionId"`,
);
const endedLately = sql(
	"users.sessions.ended",
	`SELECT DISTINCT family_id AS "sessionId" FROM users.refresh_tokens
	WHERE revoked_at > now() - $1 * interval '1 second'`,
);
// Each refresh adds a row, so the newest tells when the session was used last.
const ofUser = sql(
	"users.sessions.of_user",
	`SELECT family_id AS id, min(created_at) AS "openedAt", max(created_at) AS "usedAt",
		(array_agg(user_agent ORDER BY created_at))[1] AS "userAgent"
	FROM users.refresh_tokens WHERE user_id = $1
	GROUP BY family_id
	HAVING bool_or(replaced_at IS NULL AND revoked_at IS NULL AND expires_at > now())
	ORDER BY max(created_at) DESC, family_id LIMIT 100`,
);

// The first token of a session that goes on stays: it tells since when, and where it was opened.
const forgetOld = sql(
	"users.sessions.forget_old",
	removeOldest(
		"users.refresh_tokens",
		"expires_at",
		`expires_at < now() - interval '1 day' AND (
			EXISTS (
				SELECT FROM users.refresh_tokens earlier
				WHERE earlier.family_id = old.family_id AND earlier.created_at < old.created_at
			) OR NOT EXISTS (
				SELECT FROM users.refresh_tokens later
				WHERE later.family_id = old.family_id AND later.expires_at >= now() - interval '1 day'
			)
		)`,
	),
);
/** First tokens of sessions that go on are looked at each time: so many at once are still a fraction of a second. */
const FORGET_MAX = 5_000;

type Queries = Pick<Transaction, "query">;

/** A session's newest refresh token; only its hash is kept. */
export interface OpenSession {
	sessionId: string;
	refreshToken: string;
}

/** What GraphQL calls Session, but for which one is the caller's. */
export interface SessionRow {
	id: string;
	openedAt: Date;
	usedAt: Date;
	userAgent: string | null;
}

export function openSession(db: Database, userId: string, userAgent: string | null): Promise<OpenSession> {
	// A change, since it waits where the user is locked.
	return addToken({ query: db.change }, { userId, sessionId: randomUUID(), userAgent });
}

/** What became of a refresh token that was to be exchanged. */
export type Rotation =
	| (OpenSession & { userId: string })
	/** `ended`: it was used before, so its sessions end; none where somebody else was a moment faster. */
	| { refused: true; ended: string[] };

/** Exchanges a refresh token for its successor. Using one twice ends the session it belongs to. */
export async function rotate(db: Database, token: string): Promise<Rotation> {
	const rotated = await db.transaction(async (tx) => {
		await tx.query(shareOwner, [hashOf(token)]);
		const [row] = await tx.query<Owner>(replaceToken, [hashOf(token)]);
		return row && { userId: row.userId, ...(await addToken(tx, row)) };
	});
	if (rotated) return rotated;
	return db.transaction(async (tx) => {
		await tx.query(lockOwner, [hashOf(token)]);
		return { refused: true, ended: await ended(tx, revokeReused, [hashOf(token), REUSE_GRACE_S]) };
	});
}

/** @returns the ids of the sessions that were open until now, as the others do */
export function closeSession(db: Database, token: string): Promise<string[]> {
	return db.transaction(async (tx) => {
		await tx.query(lockOwner, [hashOf(token)]);
		return ended(tx, revokeFamily, [hashOf(token)]);
	});
}

/** One of the user's own: another's is not touched. */
export function closeOwnSession(db: Database, sessionId: string, userId: string): Promise<string[]> {
	return db.transaction(async (tx) => {
		await tx.query(lockUser, [userId]);
		return ended(tx, revokeOwn, [sessionId, userId]);
	});
}

/** First of all that `tx` does with the user. */
export async function closeAllSessions(tx: Transaction, userId: string): Promise<string[]> {
	await tx.query(lockUser, [userId]);
	return ended(tx, revokeUser, [userId]);
}

export function sessionsEndedWithin(db: Queries, seconds: number): Promise<string[]> {
	return ended(db, endedLately, [seconds]);
}

/** What expired more than a day ago. To use such a token again ends no session any more: it is as unknown as any other. */
export const oldSessions: Rule = { what: "tokens of sessions", remove: forgetOld, batchMax: FORGET_MAX };

export function sessionsOf(db: Queries, userId: string): Promise<SessionRow[]> {
	return db.query<SessionRow>(ofUser, [userId]);
}

interface Owner {
	userId: string;
	sessionId: string;
	userAgent: string | null;
}

async function addToken(db: Queries, { userId, sessionId, userAgent }: Owner): Promise<OpenSession> {
	const token = randomBytes(32).toString("base64url");
	await db.query(insertToken, [hashOf(token), sessionId, userId, REFRESH_TOKEN_TTL_DAYS, userAgent]);
	return { sessionId, refreshToken: token };
}

async function ended(db: Queries, statement: Parameters<Queries["query"]>[0], values: unknown[]): Promise<string[]> {
	const rows = await db.query<{ sessionId: string }>(statement, values);
	return [...new Set(rows.map(({ sessionId }) => sessionId))];
}

function hashOf(token: string): Buffer {
	return createHash("sha256").update(token).digest();
}
