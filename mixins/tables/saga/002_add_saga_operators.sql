-- What operators decide about sagas is a part of their log, and lists of sagas have their indexes.

ALTER TABLE saga_log
	DROP CONSTRAINT saga_log_outcome_check,
	ADD CONSTRAINT saga_log_outcome_check CHECK (outcome IN (
		'STARTED', 'SUCCEEDED', 'REFUSED', 'FAILED', 'AWAY', 'UNKNOWN', 'RETRIED', 'SKIPPED', 'COMPLETED_BY_HAND'
	));

-- Those that wait for an operator are few, and wanted first.
CREATE INDEX saga_state_waiting ON saga_state (created_at) WHERE status = 'NEEDS_OPERATOR';

-- What is cleared away is the oldest of what has ended.
CREATE INDEX saga_state_ended ON saga_state (updated_at) WHERE status IN ('COMPLETED', 'COMPENSATED');
