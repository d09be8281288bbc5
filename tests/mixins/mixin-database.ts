import { join } from "node:path";
import type { Database } from "../../mixins/database/database";
import { sharePool } from "../../mixins/database/pools";
import { sql } from "../../mixins/database/statement";
import { readMigrations } from "../../migrations/files";
import { migrate } from "../../migrations/migrate";
import { onServer } from "../support/postgres-server";
import { testDatabase } from "../support/servers";

/** What a mixin keeps in a service's schema, by the migration that makes it; what changes it later comes along. */
type Tables = "create_event_tables" | "create_saga_tables" | "create_saga_participant_tables";
const LATER: Partial<Record<Tables, readonly string[]>> = {
	create_event_tables: [
		"partition_event_tables",
		"find_missed_events",
		"create_discard_tables",
		"expect_failed_events",
		"note_suspect_events",
		"find_old_keys_and_discards",
		"keep_inbox_and_history_each_by_itself",
	],
	create_saga_tables: ["add_saga_operators"],
};

export interface MixinDatabase extends AsyncDisposable {
	url: string;
	/** The test's own share in the pool, for looking and for making trouble. */
	db: Database;
	/** One statement of the test's, without a name. */
	ask<Row extends object>(text: string, values?: unknown[]): Promise<Row[]>;
}

/** A database with schemas that the shop has never heard of, and in them the tables of some mixins. */
export async function mixinDatabase(schemas: Record<string, readonly Tables[]>): Promise<MixinDatabase> {
	const { url, [Symbol.asyncDispose]: drop } = await testDatabase();
	const files = await readMigrations(join(__dirname, "../../migrations"));
	for (const [schema, tables] of Object.entries(schemas)) {
		await onServer(url, (client) => client.query(`CREATE SCHEMA ${schema}`));
		const names = tables.flatMap((table) => [table, ...(LATER[table] ?? [])]);
		const wanted = files.filter(({ name }) => names.some((one) => name.endsWith(`_${one}.sql`)));
		if (wanted.length < names.length) throw new Error(`No migration makes one of ${names.join(", ")}`);
		await migrate(
			url,
			[schema],
			wanted.map((file) => ({ ...file, schemas: [schema] })),
		);
	}
	const share = sharePool({ url });
	return {
		url,
		db: share.database,
		ask: (text, values) => share.database.query(sql("", text), values),
		async [Symbol.asyncDispose]() {
			await share.release();
			await drop();
		},
	};
}
