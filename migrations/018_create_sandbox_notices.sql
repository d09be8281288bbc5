-- schema: sandbox_provider
-- What the sandbox provider still has to tell the shop, as a real one's webhooks would: an authorisation that it has approved late, or tells of once more.
CREATE TABLE sandbox_provider.notices (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	operation_id uuid NOT NULL,
	order_id uuid NOT NULL,
	amount bigint NOT NULL CHECK (amount >= 0),
	currency char(3) NOT NULL,
	due_at timestamptz NOT NULL,
	-- Counts the doubles: an authorisation that is asked for again promises nothing new.
	nth integer NOT NULL,
	UNIQUE (operation_id, nth)
);
CREATE INDEX notices_due ON sandbox_provider.notices (due_at);
