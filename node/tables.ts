import fs from "node:fs";
import path from "node:path";
import { MIXIN_TABLES, type MixinTables } from "../mixins/tables/tables";
import { projectRoot } from "./project";

const MIGRATIONS = path.join(projectRoot, "migrations");

/** The migrations that make and change what a mixin keeps. A test finds one that is missing here. */
const MADE_BY: Record<MixinTables, readonly string[]> = {
	events: [
		"008_create_event_tables.sql",
		"013_partition_event_tables.sql",
		"017_find_missed_events.sql",
		"019_create_discard_tables.sql",
		"025_keep_event_days_for_whom_it_is_granted.sql",
		"027_expect_failed_events.sql",
		"028_note_suspect_events.sql",
		"030_find_old_keys_and_discards.sql",
		"033_find_published_events.sql",
		"035_keep_inbox_and_history_each_by_itself.sql",
	],
	saga: ["009_create_saga_tables.sql", "016_add_saga_operators.sql"],
	"saga-participant": ["010_create_saga_participant_tables.sql", "020_find_old_saga_steps.sql"],
	"postgres-transport": ["007_create_events_schema.sql", "015_tell_release_of_dead_letters.sql"],
};

/** The tables that mixins keep, as a migration's text names them. */
const THEIRS = /\b(outbox\w*|inbox\w*|idempotency_keys|saga_state|saga_log|events\.(bindings|messages|dead_letters))\b/;

/**
 * The mixins' own steps, made of the shop's migrations, by their path from the project's folder: for projects that
 * have the mixins and not the shop.
 */
export function mixinSteps(): Map<string, string> {
	const steps = MIXIN_TABLES.flatMap((tables) =>
		MADE_BY[tables].map((name, index): [string, string] => {
			const number = String(index + 1).padStart(3, "0");
			return [`mixins/tables/${tables}/${number}${name.slice(3)}`, bodyOf(name)];
		}),
	);
	return new Map(steps);
}

/** Migrations that speak of the mixins' tables, and are no steps of theirs. */
export function forgottenSteps(): string[] {
	const known = new Set(Object.values(MADE_BY).flat());
	return fs
		.readdirSync(MIGRATIONS)
		.filter((name) => name.endsWith(".sql") && !known.has(name))
		.filter((name) => THEIRS.test(bodyOf(name).replaceAll(/--.*$/gm, "")));
}

/** Without the first line, which names the shop's schemas. */
function bodyOf(name: string): string {
	return fs
		.readFileSync(path.join(MIGRATIONS, name), "utf8")
		.replaceAll("\r\n", "\n")
		.replace(/^-- schema: .*\n/, "");
}

/** `npm run tables` */
if (require.main === module) {
	for (const [file, text] of mixinSteps()) {
		fs.mkdirSync(path.dirname(path.join(projectRoot, file)), { recursive: true });
		fs.writeFileSync(path.join(projectRoot, file), text);
	}
}
