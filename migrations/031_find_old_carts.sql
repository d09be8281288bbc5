-- schema: cart
-- Guests' carts that nobody comes back to, and notes of stock that is held no more, are cleared away.

-- The time in which a cart was made never changes, so that changing a cart changes no index.
CREATE INDEX carts_of_guests ON cart.carts (created_at) WHERE user_id IS NULL;

-- When it was last heard of; for what was noted before, now.
ALTER TABLE cart.held_stock ADD COLUMN noted_at timestamptz NOT NULL DEFAULT now();
CREATE INDEX held_stock_age ON cart.held_stock (noted_at);
