-- The desk's books, and the notices that are written to members: two services, a schema each.
CREATE TABLE desk.books (
	id uuid PRIMARY KEY,
	title text NOT NULL,
	lent_to text,
	due date,
	CHECK ((lent_to IS NULL) = (due IS NULL))
);

CREATE TABLE notices.notices (
	event_id uuid PRIMARY KEY,
	member text NOT NULL,
	text text NOT NULL,
	written_at timestamptz NOT NULL DEFAULT now()
);
