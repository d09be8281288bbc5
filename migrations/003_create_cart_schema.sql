-- schema: cart
CREATE SCHEMA IF NOT EXISTS cart;

CREATE TABLE cart.carts (
	id uuid PRIMARY KEY,
	-- The name of the cart in events and logs. A guest's cart is opened by its id, so there it is derived one-way.
	reference uuid NOT NULL UNIQUE,
	user_id uuid,
	status text NOT NULL DEFAULT 'ACTIVE' CHECK (status IN ('ACTIVE', 'CHECKING_OUT', 'CHECKED_OUT', 'MERGED')),
	version integer NOT NULL DEFAULT 1,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX one_active_cart_for_a_user ON cart.carts (user_id) WHERE status = 'ACTIVE' AND user_id IS NOT NULL;

-- name, sku and unit_price are what the shopper saw when the line was added or accepted.
CREATE TABLE cart.items (
	cart_id uuid NOT NULL REFERENCES cart.carts (id) ON DELETE CASCADE,
	product_id uuid NOT NULL,
	sku text NOT NULL,
	name text NOT NULL,
	unit_price bigint NOT NULL CHECK (unit_price >= 0),
	quantity integer NOT NULL CHECK (quantity > 0),
	added_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (cart_id, product_id)
);

-- What the cart has heard of products: a checkout is decided by it, also while the products service is away.
CREATE TABLE cart.known_products (
	product_id uuid PRIMARY KEY,
	sku text NOT NULL,
	name text NOT NULL,
	price bigint NOT NULL,
	active boolean NOT NULL,
	version integer NOT NULL
);

CREATE SEQUENCE cart.order_numbers START 100001;

-- A checkout that was accepted. The token is forgotten when the order is settled.
CREATE TABLE cart.checkouts (
	order_id uuid PRIMARY KEY,
	-- For people.
	order_number text NOT NULL UNIQUE DEFAULT 'M-' || nextval('cart.order_numbers'),
	cart_id uuid NOT NULL REFERENCES cart.carts (id),
	user_id uuid NOT NULL,
	items jsonb NOT NULL,
	total bigint NOT NULL CHECK (total >= 0),
	currency char(3) NOT NULL,
	shipping_address jsonb,
	payment_token text,
	accepted_at timestamptz NOT NULL DEFAULT now(),
	settled_at timestamptz
);
CREATE INDEX checkouts_by_cart ON cart.checkouts (cart_id);

-- The cart's own record of what is held for which cart, from the events of products.
CREATE TABLE cart.held_stock (
	order_id uuid PRIMARY KEY,
	cart_reference uuid NOT NULL,
	items jsonb NOT NULL,
	held boolean NOT NULL,
	expires_at timestamptz,
	aggregate_version integer NOT NULL
);
