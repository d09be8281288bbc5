-- schema: users
-- Windows of rate limits, and secrets of mails, that are over are cleared away by an index instead of the whole table.
CREATE INDEX attempts_over ON users.attempts (window_ends_at);
CREATE INDEX mail_tokens_over ON users.mail_tokens (expires_at);
