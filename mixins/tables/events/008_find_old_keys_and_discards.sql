-- Keys and discards are cleared away by age.

-- By the kind of request, which is what a scope begins with: kinds that are kept for ever are not in the way of the others.
CREATE INDEX idempotency_keys_age ON idempotency_keys (split_part(scope, '/', 1), created_at);

CREATE INDEX dead_letters_discarded_age ON dead_letters_discarded (discarded_at);
CREATE INDEX outbox_discarded_age ON outbox_discarded (discarded_at);
