import { startEmbeddedPostgres } from "../embedded/postgres";
import { databasesOf, migrateDatabases, needsEmbedded, reachDatabases } from "./databases";
import { runCommand } from "./command";

/** `npm run migrate`: brings the schemas of this node's services up to date, and stops. */
runCommand(async (settings) => {
	const embedded = needsEmbedded(settings) ? await startEmbeddedPostgres({ dataDir: settings.dataDir }) : undefined;
	try {
		const databases = databasesOf(settings, embedded?.url);
		await reachDatabases(databases);
		const applied = await migrateDatabases(databases);
		return applied.length > 0
			? `Applied:\n${applied.map((name) => `  ${name}`).join("\n")}`
			: "Everything is up to date.";
	} finally {
		await embedded?.stop();
	}
});
