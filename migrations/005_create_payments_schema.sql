-- schema: payments
CREATE SCHEMA IF NOT EXISTS payments;

CREATE TABLE payments.payments (
	id uuid PRIMARY KEY,
	order_id uuid NOT NULL CONSTRAINT one_payment_for_an_order UNIQUE,
	amount bigint NOT NULL CHECK (amount >= 0),
	currency char(3) NOT NULL,
	status text NOT NULL CHECK (status IN (
		'AUTHORIZING', 'AUTHORIZED', 'DECLINED', 'CAPTURED', 'VOIDED', 'REFUNDED'
	)),
	-- The provider knows each of our requests by the id that we gave it.
	authorize_operation_id uuid NOT NULL,
	failure_reason text,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now()
);
