import fs from "node:fs";
import path from "node:path";

/**
 * What the mixins keep in PostgreSQL: `events` for Outbox, Events (with its inbox) and idempotency, in each schema that
 * publishes or listens; `saga` where Saga runs; `saga-participant` in each schema whose actions take part in one;
 * `postgres-transport` once in a database, where events travel without RabbitMQ.
 */
export const MIXIN_TABLES = ["events", "saga", "saga-participant", "postgres-transport"] as const;
export type MixinTables = (typeof MIXIN_TABLES)[number];

/** One change of the tables. */
export interface Step {
	/** `events/002_partition_event_tables`: keep it with what you have applied. */
	name: string;
	sql: string;
}

/**
 * The steps that make and change the tables, in their order. The mixins own them; when they are applied is for your
 * migrations to say: each once, in a transaction of its own, with the schema in which the tables shall be first in the
 * `search_path`. A step never changes; a later version of the mixins may bring more.
 */
export function stepsOf(tables: MixinTables): Step[] {
	const folder = path.join(__dirname, tables);
	return fs
		.readdirSync(folder)
		.toSorted()
		.map((file) => ({
			name: `${tables}/${path.basename(file, ".sql")}`,
			sql: fs.readFileSync(path.join(folder, file), "utf8"),
		}));
}
