import { startEmbeddedPostgres } from "../embedded/postgres";
import { databasesOf, needsEmbedded, prepareDatabases } from "./databases";
import { runCommand } from "./command";

/** `npm run migrate`: brings the schemas of this node's services up to date, and stops. */
runCommand(async (settings) => {
	const embedded = needsEmbedded(settings) ? await startEmbeddedPostgres({ dataDir: settings.dataDir }) : undefined;
	try {
		const applied = await prepareDatabases(databasesOf(settings, embedded?.url));
		return applied.length > 0
			? `Applied:\n${applied.map((name) => `  ${name}`).join("\n")}`
			: "Everything is up to date.";
	} finally {
		await embedded?.stop();
	}
});
