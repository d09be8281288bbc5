-- schema: events
-- The release of the program that gave the message up; NULL where the node did not say.
ALTER TABLE events.dead_letters ADD COLUMN release text;
