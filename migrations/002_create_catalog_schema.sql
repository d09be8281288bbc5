-- schema: catalog
CREATE SCHEMA IF NOT EXISTS catalog;

-- One row: the currency that every price of this catalogue is in.
CREATE TABLE catalog.settings (
	is_only_row boolean PRIMARY KEY DEFAULT true CHECK (is_only_row),
	currency char(3) NOT NULL
);

CREATE TABLE catalog.categories (
	id uuid PRIMARY KEY,
	slug text NOT NULL CONSTRAINT categories_slug_taken UNIQUE,
	name text NOT NULL,
	parent_id uuid REFERENCES catalog.categories (id),
	created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE catalog.products (
	id uuid PRIMARY KEY,
	sku text NOT NULL CONSTRAINT products_sku_taken UNIQUE,
	slug text NOT NULL CONSTRAINT products_slug_taken UNIQUE,
	name text NOT NULL,
	description text NOT NULL DEFAULT '',
	image_url text,
	price bigint NOT NULL CHECK (price >= 0),
	category_id uuid REFERENCES catalog.categories (id),
	active boolean NOT NULL DEFAULT true,
	version integer NOT NULL DEFAULT 1,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX products_newest ON catalog.products (created_at DESC, id) WHERE active;
CREATE INDEX products_by_name ON catalog.products (name, id) WHERE active;
CREATE INDEX products_by_price ON catalog.products (price, id) WHERE active;
CREATE INDEX products_by_category ON catalog.products (category_id);

-- Apart from products: this small row is what every checkout updates.
-- Overselling is impossible because these checks make it so.
CREATE TABLE catalog.stock (
	product_id uuid PRIMARY KEY REFERENCES catalog.products (id),
	on_hand integer NOT NULL CHECK (on_hand >= 0),
	reserved integer NOT NULL DEFAULT 0 CHECK (reserved >= 0),
	sold bigint NOT NULL DEFAULT 0 CHECK (sold >= 0),
	CHECK (reserved <= on_hand)
) WITH (fillfactor = 70);

-- What an order holds. EXPIRED may be reserved again by its order, RELEASED never. expires_at is NULL once the order is about to be confirmed: from then on nothing takes it away.
CREATE TABLE catalog.reservations (
	order_id uuid PRIMARY KEY,
	cart_id uuid NOT NULL,
	state text NOT NULL CHECK (state IN ('RESERVED', 'EXPIRED', 'RELEASED', 'SOLD', 'RESTOCKED')),
	expires_at timestamptz,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX reservations_expiring ON catalog.reservations (expires_at) WHERE state = 'RESERVED' AND expires_at IS NOT NULL;

CREATE TABLE catalog.reservation_lines (
	order_id uuid NOT NULL REFERENCES catalog.reservations (order_id),
	product_id uuid NOT NULL REFERENCES catalog.products (id),
	quantity integer NOT NULL CHECK (quantity > 0),
	PRIMARY KEY (order_id, product_id)
);
