-- schema: users
-- What a user recognises a session by.
ALTER TABLE users.refresh_tokens ADD COLUMN user_agent text;
-- The gateways ask every few seconds which sessions have ended lately.
CREATE INDEX refresh_tokens_revoked ON users.refresh_tokens (revoked_at) WHERE revoked_at IS NOT NULL;
