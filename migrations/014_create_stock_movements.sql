-- schema: catalog
-- Who changed a product's stock, when, why and for which order. Each line is written by the very statement that changes catalog.stock, so for each product the changes add up to what it has.
CREATE TABLE catalog.stock_movements (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	product_id uuid NOT NULL REFERENCES catalog.products (id),
	kind text NOT NULL CHECK (kind IN (
		'OPENED', 'ADJUSTED', 'RESERVED', 'EXPIRED', 'RESERVED_AGAIN', 'RELEASED', 'SOLD', 'RESTOCKED'
	)),
	on_hand_change integer NOT NULL,
	reserved_change integer NOT NULL,
	order_id uuid,
	-- The administrator, where a person did it.
	user_id uuid,
	reason text,
	at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX stock_movements_of_product ON catalog.stock_movements (product_id, id);

-- What there was before anybody wrote it down.
INSERT INTO catalog.stock_movements (product_id, kind, on_hand_change, reserved_change, reason)
SELECT product_id, 'OPENED', on_hand, reserved, 'before movements were written down' FROM catalog.stock;

-- What the shopper saw: a line that is reserved a second time is compared with it again. NULL in those from before.
ALTER TABLE catalog.reservation_lines ADD COLUMN unit_price bigint;
CREATE INDEX reservation_lines_of_product ON catalog.reservation_lines (product_id);
