import { mixinDatabase, type MixinDatabase } from "../mixins/mixin-database";

/** How many aggregates the letters, and the notes, are about. */
const BOXES = { letter: 300, note: 20 };

/** The ledger that the events are held against: written in the same transactions as they are, and by nothing else. */
export async function openBooks(): Promise<MixinDatabase> {
	const database = await mixinDatabase({ letters: ["create_event_tables"], readers: ["create_event_tables"] });
	await database.ask(
		"CREATE TABLE letters.boxes (box_id uuid PRIMARY KEY, type text NOT NULL, number integer NOT NULL DEFAULT 0)",
	);
	await database.ask(
		`CREATE TABLE letters.written (box_id uuid, number integer, type text NOT NULL, nature text NOT NULL,
			at timestamptz NOT NULL DEFAULT clock_timestamp(), PRIMARY KEY (box_id, number))`,
	);
	await database.ask(
		`CREATE TABLE readers.effects (seq bigint GENERATED ALWAYS AS IDENTITY, consumer text, event_id uuid, box_id uuid NOT NULL, number integer NOT NULL,
			times integer NOT NULL DEFAULT 1, at timestamptz NOT NULL DEFAULT clock_timestamp(),
			PRIMARY KEY (consumer, event_id))`,
	);
	await database.ask("CREATE INDEX ON readers.effects (consumer, box_id, number)");
	for (const [type, count] of Object.entries(BOXES)) {
		await database.ask(
			"INSERT INTO letters.boxes (box_id, type) SELECT gen_random_uuid(), $1 FROM generate_series(1, $2::int)",
			[type, count],
		);
	}
	return database;
}
