import path from "node:path";
import { readMigrations } from "../../migrations/files";
import { migrate } from "../../migrations/migrate";

/** Everything that a shop of one process keeps. */
const SCHEMAS = ["users", "catalog", "cart", "orders", "payments", "sandbox_provider", "events"];

/**
 * Prepares the database that every test's database is copied from. Runs once for each test run, on an empty database.
 * The one place where tests meet the migrations.
 */
export async function prepareTemplate(url: string): Promise<void> {
	await migrate(url, SCHEMAS, await readMigrations(path.resolve(__dirname, "../../migrations")));
}
