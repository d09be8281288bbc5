-- schema: orders
CREATE SCHEMA IF NOT EXISTS orders;

CREATE TABLE orders.orders (
	id uuid PRIMARY KEY,
	number text NOT NULL UNIQUE,
	user_id uuid NOT NULL,
	cart_id uuid NOT NULL,
	status text NOT NULL CHECK (status IN (
		'PENDING', 'CART_VALIDATED', 'PAYMENT_PROCESSED', 'CONFIRMED', 'FAILED', 'COMPENSATED', 'CANCELLED', 'SHIPPED', 'DELIVERED'
	)),
	payment_status text NOT NULL DEFAULT 'NONE' CHECK (payment_status IN (
		'NONE', 'AUTHORIZED', 'CAPTURED', 'VOIDED', 'REFUNDED', 'DECLINED'
	)),
	-- As bought: [{productId, sku, name, quantity, unitPrice}]; never changes.
	items jsonb NOT NULL,
	total bigint NOT NULL CHECK (total >= 0),
	currency char(3) NOT NULL,
	failure_reason text,
	shipping_address jsonb,
	-- Grows with each visible change; subscriptions and history go by it.
	version integer NOT NULL DEFAULT 1,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX orders_of_user ON orders.orders (user_id, created_at DESC, id);
CREATE INDEX orders_newest ON orders.orders (created_at DESC, id);

CREATE TABLE orders.order_history (
	order_id uuid NOT NULL REFERENCES orders.orders (id),
	version integer NOT NULL,
	status text NOT NULL,
	at timestamptz NOT NULL DEFAULT now(),
	note text,
	PRIMARY KEY (order_id, version)
);
