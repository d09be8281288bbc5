-- schema: users
CREATE SCHEMA IF NOT EXISTS users;

CREATE TABLE users.users (
	id uuid PRIMARY KEY,
	email text NOT NULL,
	-- One account for an address however it is written.
	email_key text NOT NULL CONSTRAINT users_email_taken UNIQUE,
	name text NOT NULL,
	password_hash text NOT NULL,
	role text NOT NULL DEFAULT 'CUSTOMER' CHECK (role IN ('CUSTOMER', 'ADMIN')),
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now()
);

-- A family is one sign-in; its tokens follow each other, one valid at a time.
CREATE TABLE users.refresh_tokens (
	token_hash bytea PRIMARY KEY,
	family_id uuid NOT NULL,
	user_id uuid NOT NULL REFERENCES users.users (id) ON DELETE CASCADE,
	created_at timestamptz NOT NULL DEFAULT now(),
	expires_at timestamptz NOT NULL,
	replaced_at timestamptz,
	revoked_at timestamptz
);
CREATE INDEX refresh_tokens_family ON users.refresh_tokens (family_id);
CREATE INDEX refresh_tokens_user ON users.refresh_tokens (user_id);
