-- Who publishes keeps the days of the history, and who listens those of the inbox, each for itself: a service may do only
-- one of the two. NULL days leave a table as it is. Each table has a lock of its own, so that neither is passed over because
-- the other is being kept. The rest is as it was.
CREATE OR REPLACE FUNCTION keep_event_days(history_days integer, inbox_days integer) RETURNS integer
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
	FOR parent, days IN VALUES ('outbox_history', history_days), ('inbox', inbox_days) LOOP
		CONTINUE WHEN days IS NULL;
		CONTINUE WHEN NOT pg_try_advisory_xact_lock(hashtext('keep_event_days ' || current_schema() || '.' || parent));

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

		IF parent = 'inbox' THEN
			DELETE FROM inbox_default WHERE handled_at < now() - days * interval '1 day';
		ELSE
			DELETE FROM outbox_history_default WHERE published_at < now() - days * interval '1 day';
		END IF;
	END LOOP;
	RETURN undone;
END
$$;

-- A function that is replaced keeps its owner and who may call it, but not where it looks for its tables.
DO $$
BEGIN
	EXECUTE format('ALTER FUNCTION keep_event_days SET search_path = %I, pg_temp', current_schema());
END
$$;

-- What a trouble of a whole night has left behind is found by its age, and not by reading all of it again and again.
CREATE INDEX inbox_failures_age ON inbox_failures (failed_at);
