-- schema: users, catalog, cart, orders, payments
-- A queue or a binding that somebody deletes takes events along that the broker had confirmed. So consumers compare their
-- inbox with what was published, and ask for what they have missed.

-- What a consumer has failed at: it is on its way through retries or is a dead letter, and so is not missed.
CREATE TABLE inbox_failures (
	consumer text NOT NULL,
	event_id uuid NOT NULL,
	failed_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (consumer, event_id)
);

-- How far a consumer has compared what a producer published, by the producer's clock, and when it is time to go on.
CREATE TABLE inbox_checks (
	consumer text NOT NULL,
	producer text NOT NULL,
	published_at timestamptz NOT NULL,
	event_id uuid NOT NULL,
	due_at timestamptz NOT NULL,
	PRIMARY KEY (consumer, producer)
);
