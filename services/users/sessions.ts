import { createHash, randomBytes, randomUUID } from "node:crypto";
import type { Database, Transaction } from "../../mixins/database/database";
import { sql } from "../../mixins/database/statement";

const REFRESH_TOKEN_TTL_DAYS = 30;
/** Two refreshes at once are a browser with two tabs, not a thief: the loser is refused, the session goes on. */
const REUSE_GRACE_S = 1;

const insertToken = sql(
	"users.sessions.insert",
	`INSERT INTO users.refresh_tokens (token_hash, family_id, user_id, expires_at)
	VALUES ($1, $2, $3, now() + $4 * interval '1 day')`,
);
const replaceToken = sql(
	"users.sessions.replace",
	`UPDATE users.refresh_tokens SET replaced_at = now()
	WHERE token_hash = $1 AND replaced_at IS NULL AND revoked_at IS NULL AND expires_at > now()
	RETURNING family_id, user_id`,
);
// A token that was replaced a while ago has been stolen, or its successor has: the whole family ends.
const revokeReused = sql(
	"users.sessions.reused",
	`UPDATE users.refresh_tokens SET revoked_at = now()
	WHERE revoked_at IS NULL AND family_id = (
		SELECT family_id FROM users.refresh_tokens
		WHERE token_hash = $1 AND replaced_at < now() - $2 * interval '1 second'
	)`,
);
const revokeFamily = sql(
	"users.sessions.revoke",
	`UPDATE users.refresh_tokens SET revoked_at = now()
	WHERE revoked_at IS NULL AND family_id = (SELECT family_id FROM users.refresh_tokens WHERE token_hash = $1)`,
);
const revokeUser = sql(
	"users.sessions.revoke_all",
	"UPDATE users.refresh_tokens SET revoked_at = now() WHERE revoked_at IS NULL AND user_id = $1",
);

type Queries = Pick<Transaction, "query">;

/** Opens a session and returns its first refresh token; only its hash is kept. */
export function openSession(db: Queries, userId: string): Promise<string> {
	return addToken(db, userId, randomUUID());
}

/**
 * Exchanges a refresh token for its successor. Using one twice ends the session it belongs to.
 * @returns `undefined` when the token is not valid (any more)
 */
export async function rotate(
	db: Database,
	token: string,
): Promise<{ userId: string; refreshToken: string } | undefined> {
	const rotated = await db.transaction(async (tx) => {
		const [row] = await tx.query<{ family_id: string; user_id: string }>(replaceToken, [hashOf(token)]);
		if (!row) return undefined;
		return { userId: row.user_id, refreshToken: await addToken(tx, row.user_id, row.family_id) };
	});
	if (!rotated) await db.query(revokeReused, [hashOf(token), REUSE_GRACE_S]);
	return rotated;
}

export async function closeSession(db: Queries, token: string): Promise<void> {
	await db.query(revokeFamily, [hashOf(token)]);
}

export async function closeAllSessions(db: Queries, userId: string): Promise<void> {
	await db.query(revokeUser, [userId]);
}

async function addToken(db: Queries, userId: string, familyId: string): Promise<string> {
	const token = randomBytes(32).toString("base64url");
	await db.query(insertToken, [hashOf(token), familyId, userId, REFRESH_TOKEN_TTL_DAYS]);
	return token;
}

function hashOf(token: string): Buffer {
	return createHash("sha256").update(token).digest();
}
