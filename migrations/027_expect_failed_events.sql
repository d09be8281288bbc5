-- schema: users, catalog, cart, orders, payments
-- Whoever is trying again is not missed, but for how long? A failure says until when its event is expected back in its
-- queue, so that one that is overdue is found, whatever took it along on its way. What was sent again is expected too.

ALTER TABLE inbox_failures
	-- Where it was first published: only who listens there looks for it. Unknown where an older node has noted it.
	ADD COLUMN exchange text,
	ADD COLUMN routing_key text,
	-- From then on it is in its queue, or in a consumer's hands. NULL: it is a dead letter. An older node does not say it;
	-- by the default its whole schedule of retries, 226 s, is over.
	ADD COLUMN due_at timestamptz DEFAULT now() + interval '5 minutes',
	-- Each copy that was in vain makes the pause to the next one longer.
	ADD COLUMN sent_again integer NOT NULL DEFAULT 0;
CREATE INDEX inbox_failures_due ON inbox_failures (consumer, due_at);

-- What somebody gave up for good is not to come back.
UPDATE inbox_failures SET due_at = NULL
FROM dead_letters_discarded discarded
WHERE discarded.queue = consumer AND discarded.letter_id = inbox_failures.event_id::text;
