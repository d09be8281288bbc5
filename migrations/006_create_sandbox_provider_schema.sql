-- schema: sandbox_provider
-- The books of the sandbox provider: somebody else's, as a real provider's would be. No service reads or writes them.
CREATE SCHEMA IF NOT EXISTS sandbox_provider;

CREATE TABLE sandbox_provider.ledger (
	operation_id uuid NOT NULL,
	order_id uuid NOT NULL,
	kind text NOT NULL CHECK (kind IN ('authorize', 'capture', 'void', 'refund')),
	amount bigint NOT NULL CHECK (amount >= 0),
	currency char(3) NOT NULL,
	at timestamptz NOT NULL DEFAULT now(),
	-- The id is the caller's idempotency key: the same request twice is one entry.
	PRIMARY KEY (operation_id)
);
CREATE INDEX ledger_of_order ON sandbox_provider.ledger (order_id);

-- The first word on each authorisation: it was approved, or called off before it arrived; then a late one is refused.
CREATE TABLE sandbox_provider.authorisations (
	operation_id uuid PRIMARY KEY,
	approved boolean NOT NULL,
	at timestamptz NOT NULL DEFAULT now()
);

-- How often an authorisation was asked for, for the tokens that fail the first time only.
CREATE TABLE sandbox_provider.attempts (
	operation_id uuid PRIMARY KEY,
	attempts integer NOT NULL
);
