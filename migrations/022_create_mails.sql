-- schema: users
ALTER TABLE users.users ADD COLUMN email_verified_at timestamptz;

-- What is to be sent, written in the transaction that makes it due: an outbox for mail. A row goes when its mail has left.
CREATE TABLE users.mails (
	id uuid PRIMARY KEY,
	kind text NOT NULL CHECK (kind IN ('RESET_PASSWORD', 'VERIFY_EMAIL')),
	-- Perhaps nobody's: whoever asks must not learn that from how long it takes to look.
	email_key text NOT NULL,
	attempts integer NOT NULL DEFAULT 0,
	due_at timestamptz NOT NULL DEFAULT now(),
	expires_at timestamptz NOT NULL
);
CREATE INDEX mails_due ON users.mails (due_at);

-- What a mail proves: that whoever has it reads that address. Used once, so there is no state but being there.
CREATE TABLE users.mail_tokens (
	token_hash bytea PRIMARY KEY,
	kind text NOT NULL,
	user_id uuid NOT NULL REFERENCES users.users (id) ON DELETE CASCADE,
	expires_at timestamptz NOT NULL
);
CREATE INDEX mail_tokens_user ON users.mail_tokens (user_id);
