import { startEmbeddedPostgres } from "../embedded/postgres";
import { databasesOf, needsEmbedded, prepareDatabases, reachDatabases } from "./databases";
import { runCommand } from "./command";
import { refuseOtherCurrency } from "./shop-currency";

/** `npm run migrate`: brings the schemas of this node's services up to date, makes their roles, and stops. */
runCommand(async (settings) => {
	const embedded = needsEmbedded(settings) ? await startEmbeddedPostgres({ dataDir: settings.dataDir }) : undefined;
	try {
		const databases = databasesOf(settings, embedded?.url);
		await reachDatabases(databases);
		await refuseOtherCurrency(databases.all, settings.currency);
		const { applied, warnings } = await prepareDatabases(databases);
		const done =
			applied.length > 0 ? `Applied:\n${applied.map((name) => `  ${name}`).join("\n")}` : "Everything is up to date.";
		return [done, ...warnings].join("\n");
	} finally {
		await embedded?.stop();
	}
});
