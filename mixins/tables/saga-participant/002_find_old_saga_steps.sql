-- What was done for sagas is cleared away by age. The log only grows at its end, so an index by blocks is enough.

CREATE INDEX saga_log_age ON saga_log USING brin (at);
