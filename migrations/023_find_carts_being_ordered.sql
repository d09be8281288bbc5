-- schema: cart
-- Few at a time: an order is through within seconds.
CREATE INDEX carts_being_ordered ON cart.carts (user_id) WHERE status = 'CHECKING_OUT';
