-- What was published is kept for a while, and what was handled is remembered, both by days: a day that is over its time
-- is dropped whole, which costs nothing and leaves nothing to vacuum.

-- Rows live for milliseconds: clear away what is dead soon, whatever the table's size, and without pausing.
ALTER TABLE outbox SET (
	autovacuum_vacuum_scale_factor = 0,
	autovacuum_vacuum_threshold = 1000,
	autovacuum_vacuum_insert_threshold = -1,
	autovacuum_vacuum_cost_delay = 0
);
-- The few that hold their aggregate up.
CREATE INDEX outbox_postponed ON outbox (aggregate_id) WHERE next_attempt_at IS NOT NULL AND dead_at IS NULL;

-- Events that the broker has confirmed.
CREATE TABLE outbox_history (
	event_id uuid NOT NULL,
	aggregate_id uuid NOT NULL,
	aggregate_version integer NOT NULL,
	event_type text NOT NULL,
	version integer NOT NULL,
	exchange text NOT NULL,
	routing_key text NOT NULL,
	correlation_id text NOT NULL,
	causation_id text NOT NULL,
	data json NOT NULL,
	created_at timestamptz NOT NULL,
	-- Failed attempts before it was confirmed.
	attempts integer NOT NULL,
	published_at timestamptz NOT NULL DEFAULT clock_timestamp()
) PARTITION BY RANGE (published_at);
CREATE INDEX outbox_history_story ON outbox_history (correlation_id);
-- Rows come in the order of this column, so that one entry for many pages finds a stretch of time.
CREATE INDEX outbox_history_published ON outbox_history USING brin (published_at) WITH (pages_per_range = 16);
-- For a moment for which there is no day yet: nothing must keep a confirmed event from leaving the outbox.
CREATE TABLE outbox_history_default PARTITION OF outbox_history DEFAULT;

-- The same inbox, by the day in which the event was made: a UUIDv7 begins with its milliseconds (RFC 9562, section 5.7).
ALTER TABLE inbox RENAME TO inbox_before_partitions;
ALTER INDEX inbox_pkey RENAME TO inbox_before_partitions_pkey;
CREATE TABLE inbox (
	consumer text NOT NULL,
	event_id uuid NOT NULL,
	handled_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (consumer, event_id)
) PARTITION BY RANGE (event_id);
-- For ids that tell no time.
CREATE TABLE inbox_default PARTITION OF inbox DEFAULT;

-- Makes the days to come and drops those that are over. Call it at each start and every hour; several at once are one.
-- It belongs to whoever migrates, so that a service needs no right to change tables. Answers for how many days that could
-- not be done, because a long transaction looks at their table: the next call tries again.
CREATE FUNCTION keep_event_days(history_days integer, inbox_days integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
-- A waiting lock makes everybody wait behind it: give up at once instead.
SET lock_timeout = '200ms'
AS $$
DECLARE
	today date := (now() AT TIME ZONE 'UTC')::date;
	parent text;
	days integer;
	day date;
	name text;
	starts text;
	ends text;
	undone integer := 0;
BEGIN
	IF NOT pg_try_advisory_xact_lock(hashtext('keep_event_days ' || current_schema())) THEN RETURN 0; END IF;

	FOR parent, days IN VALUES ('outbox_history', history_days), ('inbox', inbox_days) LOOP
		FOR day IN SELECT today + ahead FROM generate_series(0, 2) AS ahead LOOP
			name := parent || '_' || to_char(day, 'YYYYMMDD');
			CONTINUE WHEN to_regclass(format('%I.%I', current_schema(), name)) IS NOT NULL;
			IF parent = 'inbox' THEN
				starts := first_uuid_of(day);
				ends := first_uuid_of(day + 1);
			ELSE
				starts := day || ' 00:00:00+00';
				ends := day + 1 || ' 00:00:00+00';
			END IF;
			BEGIN
				-- Attaching lets others read and write meanwhile; CREATE TABLE … PARTITION OF would not.
				EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', name, parent);
				EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, name, starts, ends);
			EXCEPTION
				-- Rows of that day are in the default partition already, and stay there.
				WHEN check_violation THEN CONTINUE;
				WHEN lock_not_available THEN undone := undone + 1;
			END;
		END LOOP;

		FOR name IN
			SELECT child.relname FROM pg_inherits
			JOIN pg_class child ON child.oid = inhrelid
			WHERE inhparent = to_regclass(format('%I.%I', current_schema(), parent))
				AND child.relname ~ '_\d{8}$' AND to_date(right(child.relname, 8), 'YYYYMMDD') < today - days
		LOOP
			BEGIN
				EXECUTE format('DROP TABLE %I', name);
			EXCEPTION
				WHEN lock_not_available THEN undone := undone + 1;
			END;
		END LOOP;
	END LOOP;

	DELETE FROM outbox_history_default WHERE published_at < now() - history_days * interval '1 day';
	DELETE FROM inbox_default WHERE handled_at < now() - inbox_days * interval '1 day';
	RETURN undone;
END
$$;

CREATE FUNCTION first_uuid_of(day date) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
	SELECT rpad(lpad(to_hex((extract(epoch FROM day::timestamp) * 1000)::bigint), 12, '0'), 32, '0')::uuid
$$;

-- With the rights of its owner it must find its own tables and nobody else's.
DO $$
BEGIN
	EXECUTE format('ALTER FUNCTION keep_event_days SET search_path = %I, pg_temp', current_schema());
END
$$;

SELECT keep_event_days(14, 14);
INSERT INTO inbox SELECT consumer, event_id, handled_at FROM inbox_before_partitions;
DROP TABLE inbox_before_partitions;
