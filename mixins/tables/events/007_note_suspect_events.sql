-- An event that came back from its consumers again and again may have killed them. Each process notes here that it begins
-- such a one, and takes the note back when it has survived it: the notes that remain are those of the dead.
CREATE TABLE inbox_suspects (
	consumer text NOT NULL,
	event_id uuid NOT NULL,
	-- The node's id and, since a node that is started again bears the same, that of its process.
	process text NOT NULL,
	begun_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	PRIMARY KEY (consumer, event_id, process)
);
