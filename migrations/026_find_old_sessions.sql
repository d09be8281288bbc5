-- schema: users
-- Tokens that expired are looked for every hour, and cleared away.
CREATE INDEX refresh_tokens_expired ON users.refresh_tokens (expires_at);
