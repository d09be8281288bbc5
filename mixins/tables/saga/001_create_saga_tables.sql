-- The saga engine's own: one row for each saga, one line for each step, attempt, answer and undo.

CREATE TABLE saga_state (
	saga_id uuid PRIMARY KEY,
	saga text NOT NULL,
	status text NOT NULL CHECK (status IN ('RUNNING', 'COMPENSATING', 'COMPLETED', 'COMPENSATED', 'NEEDS_OPERATOR')),
	-- Index of the step that is being done or undone.
	step integer NOT NULL,
	-- Attempts of that step that counted; a service that was away costs none.
	attempts integer NOT NULL DEFAULT 0,
	data jsonb NOT NULL,
	failure_reason text,
	version integer NOT NULL DEFAULT 1,
	owner text,
	epoch bigint NOT NULL DEFAULT 1,
	lease_until timestamptz,
	wake_at timestamptz NOT NULL DEFAULT now(),
	-- Before the pivot: from then on it is no longer tried, but undone.
	deadline_at timestamptz NOT NULL,
	correlation_id text NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX saga_state_unfinished ON saga_state (wake_at) WHERE status IN ('RUNNING', 'COMPENSATING');

CREATE TABLE saga_log (
	saga_id uuid NOT NULL REFERENCES saga_state (saga_id),
	seq bigint GENERATED ALWAYS AS IDENTITY,
	step text NOT NULL,
	direction text NOT NULL CHECK (direction IN ('do', 'undo')),
	attempt integer NOT NULL,
	operation_id uuid NOT NULL,
	outcome text NOT NULL CHECK (outcome IN ('STARTED', 'SUCCEEDED', 'REFUSED', 'FAILED', 'AWAY')),
	detail jsonb,
	node text NOT NULL,
	at timestamptz NOT NULL DEFAULT clock_timestamp(),
	PRIMARY KEY (saga_id, seq)
);
