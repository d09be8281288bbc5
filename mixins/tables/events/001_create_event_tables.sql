-- What the outbox, inbox and idempotency mixins keep in each service's schema.

-- Events that are committed and not yet confirmed by the broker.
CREATE TABLE outbox (
	seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	event_id uuid NOT NULL UNIQUE,
	partition smallint NOT NULL,
	aggregate_id uuid NOT NULL,
	aggregate_version integer NOT NULL,
	event_type text NOT NULL,
	version integer NOT NULL,
	exchange text NOT NULL,
	routing_key text NOT NULL,
	correlation_id text NOT NULL,
	causation_id text NOT NULL,
	-- json, not jsonb: it is only passed on, byte for byte.
	data json NOT NULL,
	created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	attempts integer NOT NULL DEFAULT 0,
	next_attempt_at timestamptz,
	last_error text,
	-- After the last attempt: no longer tried, no longer in the way.
	dead_at timestamptz,
	UNIQUE (aggregate_id, aggregate_version)
);
CREATE INDEX outbox_waiting ON outbox (partition, seq) WHERE dead_at IS NULL;

-- The last version given to an event of each aggregate. Locking this row is what keeps an aggregate's events in order.
CREATE TABLE outbox_aggregates (
	aggregate_id uuid PRIMARY KEY,
	version integer NOT NULL
) WITH (fillfactor = 80);

-- Who relays which share of the outbox.
CREATE TABLE outbox_leases (
	partition smallint PRIMARY KEY,
	owner text,
	epoch bigint NOT NULL DEFAULT 0,
	expires_at timestamptz
);
INSERT INTO outbox_leases (partition) SELECT generate_series(0, 15);

-- Relays that are alive, so that each takes no more than its fair share.
CREATE TABLE outbox_relays (
	owner text PRIMARY KEY,
	expires_at timestamptz NOT NULL
);

-- Which consumer has handled which event.
CREATE TABLE inbox (
	consumer text NOT NULL,
	event_id uuid NOT NULL,
	handled_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (consumer, event_id)
);

-- Answers that were given to requests with an idempotency key.
CREATE TABLE idempotency_keys (
	scope text NOT NULL,
	key text NOT NULL,
	request_hash bytea NOT NULL,
	answer jsonb NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (scope, key)
);
