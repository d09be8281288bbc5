import { chmod, mkdtemp, readFile, rm } from "node:fs/promises";
import path from "node:path";
import { startEmbeddedPostgres } from "../../embedded/postgres";
import { postgresAuditor } from "./postgres-auditor";
import { prepareTemplate } from "./template";

/** A data directory with a migrated database in which the auditor listens already. */
export async function embeddedData(): Promise<AsyncDisposable & { folder: string; url(): Promise<string> }> {
	const folder = await mkdtemp("/tmp/molecart-crash-");
	await chmod(folder, 0o755);
	const server = await startEmbeddedPostgres({ dataDir: folder });
	await prepareTemplate(server.url);
	const auditor = await postgresAuditor(server.url);
	await auditor[Symbol.asyncDispose]();
	await server.stop();
	return {
		folder,
		/** Of the server that a shop has started on it: another port each time. */
		async url() {
			const password = (await readFile(path.join(folder, "postgres.password"), "utf8")).trim();
			const port = (await readFile(path.join(folder, "pg18/postmaster.pid"), "utf8")).split("\n")[3]!;
			return `postgres://molecart:${password}@127.0.0.1:${port}/molecart`;
		},
		[Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 }),
	};
}
