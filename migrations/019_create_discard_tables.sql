-- schema: users, catalog, cart, orders, payments
-- What operators gave up for good: the message, what was wrong with it, and who decided so, when and why.

CREATE TABLE dead_letters_discarded (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	queue text NOT NULL,
	-- The event's id, or a name made of the body where there was none.
	letter_id text NOT NULL,
	event_id text,
	-- As the body claims.
	event_type text,
	exchange text NOT NULL,
	routing_key text NOT NULL,
	-- The first megabyte of it.
	body bytea NOT NULL,
	body_bytes integer NOT NULL,
	attempts integer NOT NULL,
	first_failed_at timestamptz NOT NULL,
	died_at timestamptz NOT NULL,
	error_code text NOT NULL,
	error_message text NOT NULL,
	error_stack text,
	node text NOT NULL,
	release text,
	reason text NOT NULL CHECK (reason <> ''),
	discarded_by text NOT NULL CHECK (discarded_by <> ''),
	discarded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	-- Discarded once more because a node died before the letter was gone: one line, that of who completed it.
	UNIQUE (queue, letter_id, died_at)
);

-- Events that never left the outbox.
CREATE TABLE outbox_discarded (
	event_id uuid PRIMARY KEY,
	aggregate_id uuid NOT NULL,
	aggregate_version integer NOT NULL,
	event_type text NOT NULL,
	version integer NOT NULL,
	exchange text NOT NULL,
	routing_key text NOT NULL,
	correlation_id text NOT NULL,
	causation_id text NOT NULL,
	data json NOT NULL,
	created_at timestamptz NOT NULL,
	attempts integer NOT NULL,
	last_error text,
	dead_at timestamptz NOT NULL,
	reason text NOT NULL CHECK (reason <> ''),
	discarded_by text NOT NULL CHECK (discarded_by <> ''),
	discarded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
