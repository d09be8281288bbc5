-- schema: users
-- An address book. What stands on an order is a copy of its own.
CREATE TABLE users.addresses (
	id uuid PRIMARY KEY,
	user_id uuid NOT NULL REFERENCES users.users (id) ON DELETE CASCADE,
	name text NOT NULL,
	line1 text NOT NULL,
	line2 text NOT NULL DEFAULT '',
	city text NOT NULL,
	postal_code text NOT NULL,
	country text NOT NULL,
	used_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	-- Longer texts than an index takes; the separator is one that nobody types.
	fingerprint text NOT NULL GENERATED ALWAYS AS (
		md5(name || E'\x1f' || line1 || E'\x1f' || line2 || E'\x1f' || city || E'\x1f' || postal_code || E'\x1f' || country)
	) STORED,
	CONSTRAINT addresses_known UNIQUE (user_id, fingerprint)
);
