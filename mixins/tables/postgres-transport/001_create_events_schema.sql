-- Where events travel when there is no RabbitMQ. One process works on them; what it has in hand it knows in its memory,
-- so nothing here has to be undone when it dies.
CREATE SCHEMA IF NOT EXISTS events;

-- What a queue listens to. Stays when its consumer is away, so that its messages wait.
CREATE TABLE events.bindings (
	queue text NOT NULL,
	exchange text NOT NULL,
	-- As in AMQP: "*" is one word, "#" any number.
	pattern text NOT NULL,
	-- The same as a regular expression.
	matches text NOT NULL,
	PRIMARY KEY (queue, exchange, pattern)
);

-- One row for each message and queue; deleted when it is done.
CREATE TABLE events.messages (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	queue text NOT NULL,
	exchange text NOT NULL,
	routing_key text NOT NULL,
	event_id text,
	body text NOT NULL,
	-- Failed so far.
	attempts integer NOT NULL DEFAULT 0,
	first_failed_at timestamptz,
	-- NULL: at once.
	delayed_until timestamptz
) WITH (
	-- Rows live for milliseconds: clear away what is dead soon, whatever the table's size, and without pausing.
	autovacuum_vacuum_scale_factor = 0,
	autovacuum_vacuum_threshold = 1000,
	autovacuum_vacuum_insert_threshold = -1,
	autovacuum_vacuum_cost_delay = 0
);
CREATE INDEX messages_ready ON events.messages (queue, id) WHERE delayed_until IS NULL;
CREATE INDEX messages_delayed ON events.messages (queue, delayed_until) WHERE delayed_until IS NOT NULL;

-- What nobody will try again by itself.
CREATE TABLE events.dead_letters (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	queue text NOT NULL,
	exchange text NOT NULL,
	routing_key text NOT NULL,
	event_id text,
	body text NOT NULL,
	attempts integer NOT NULL,
	first_failed_at timestamptz NOT NULL,
	died_at timestamptz NOT NULL,
	error_code text NOT NULL,
	error_message text NOT NULL,
	error_stack text,
	node text NOT NULL
);
CREATE INDEX dead_letters_by_queue ON events.dead_letters (queue, id);
