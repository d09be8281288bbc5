-- What this service did, and undid, for which saga and step.

-- UNDONE may come first: a tombstone, so that a late doing is refused.
CREATE TABLE saga_state (
	saga_id uuid NOT NULL,
	step text NOT NULL,
	state text NOT NULL CHECK (state IN ('DOING', 'DONE', 'UNDONE')),
	answer jsonb,
	updated_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (saga_id, step)
);

CREATE TABLE saga_log (
	operation_id uuid NOT NULL,
	saga_id uuid NOT NULL,
	step text NOT NULL,
	direction text NOT NULL CHECK (direction IN ('do', 'undo')),
	outcome text NOT NULL CHECK (outcome IN ('DONE', 'UNDONE', 'NEVER_HAPPENED')),
	answer jsonb,
	at timestamptz NOT NULL DEFAULT clock_timestamp(),
	PRIMARY KEY (operation_id)
);
CREATE INDEX saga_log_of_saga ON saga_log (saga_id);
