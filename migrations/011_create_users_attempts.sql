-- schema: users
-- How often something was tried, for each key and window: what a rate limit goes by.
CREATE TABLE users.attempts (
	key text PRIMARY KEY,
	count integer NOT NULL,
	window_ends_at timestamptz NOT NULL
);
