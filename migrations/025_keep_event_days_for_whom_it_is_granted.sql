-- schema: users, catalog, cart, orders, payments
-- It works with the rights of its owner and drops what is over its time, which is whatever it is told: not for anybody
-- who may look into the schema.
REVOKE EXECUTE ON FUNCTION keep_event_days(integer, integer) FROM PUBLIC;
