import type { Control } from "../world/postgres/control";

/** In a schema of its own, which is emptied with the others. */
const SCHEMA = "handovers";

/**
 * Has a database write down which events stand in an outbox when their partition goes to another relay. The one before
 * may have published them, and not have removed them yet: then both publish them, and consumers know them by their ids.
 */
export async function watchHandovers(control: Pick<Control, "query">): Promise<void> {
	await control.query(`CREATE SCHEMA ${SCHEMA}`);
	await control.query(`CREATE UNLOGGED TABLE ${SCHEMA}.waiting (event_id uuid NOT NULL)`);
	const outboxes = await control.query<{ schema: string }>(
		"SELECT relnamespace::regnamespace::text AS schema FROM pg_class WHERE relname = 'outbox_leases' ORDER BY 1",
	);
	for (const { schema } of outboxes) {
		await control.query(`CREATE FUNCTION ${SCHEMA}.${schema}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
			INSERT INTO ${SCHEMA}.waiting SELECT event_id FROM ${schema}.outbox WHERE partition = NEW.partition;
			RETURN NULL; END $$`);
		await control.query(`CREATE TRIGGER "goes to another relay" AFTER UPDATE ON ${schema}.outbox_leases
			FOR EACH ROW WHEN (NEW.epoch > OLD.epoch) EXECUTE FUNCTION ${SCHEMA}.${schema}()`);
	}
}

/** Ids of the events that have gone from one relay to another. */
export async function handedOver(control: Pick<Control, "query">): Promise<ReadonlySet<string>> {
	const rows = await control.query<{ id: string }>(`SELECT event_id AS id FROM ${SCHEMA}.waiting`);
	return new Set(rows.map(({ id }) => id));
}
