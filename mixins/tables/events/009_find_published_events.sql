-- Who looks for missed events asks for a page of what came next, and for single events by their ids: without an index for
-- each, both would read days of a busy service's history again and again. Relays wait while these are made, orders don't.
DROP INDEX outbox_history_published;
CREATE INDEX outbox_history_next ON outbox_history (published_at, event_id);
CREATE INDEX outbox_history_event ON outbox_history (event_id);
