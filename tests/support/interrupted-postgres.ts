import { once } from "node:events";
import { chmod, mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, connect, type AddressInfo, type Socket } from "node:net";
import path from "node:path";
import { startEmbeddedPostgres, type EmbeddedPostgres } from "../../embedded/postgres";
import { reset } from "./reset";
import { prepareTemplate } from "./template";

/** A PostgreSQL of a test's own, at one address, that can be stopped at once and started again. */
export interface InterruptedPostgres extends AsyncDisposable {
	url: string;
	/** Its data directory. */
	folder: string;
	/**
	 * As `pg_ctl stop -m immediate` does, then a start, which recovers from the log.
	 * @param meanwhile what is done while it is down
	 * @returns how long nobody answered
	 */
	interrupt(meanwhile?: () => Promise<void>): Promise<number>;
}

/** Below the data directory of a shop. */
const FOLDER = "pg18";

/** Each start takes another port: what is in between keeps the address, and resets whoever is connected to the old one. */
export async function interruptedPostgres(): Promise<InterruptedPostgres> {
	const dataDir = await mkdtemp("/tmp/molecart-interrupted-");
	await chmod(dataDir, 0o755);
	let server = await startEmbeddedPostgres({ dataDir });
	await prepareTemplate(server.url);
	const ends = new Set<Socket>();
	const entrance = createServer((near) => {
		const far = connect(Number(new URL(server.url).port), "127.0.0.1");
		for (const [from, to] of [
			[near, far],
			[far, near],
		] as const) {
			ends.add(from);
			from.setNoDelay(true);
			from.on("data", (bytes) => to.write(bytes));
			// The other end is told by the close that follows.
			from.on("error", () => undefined);
			from.on("close", () => {
				ends.delete(from);
				reset(to);
			});
		}
	});
	entrance.listen(0, "127.0.0.1");
	await once(entrance, "listening");
	const url = new URL(server.url);
	url.port = String((entrance.address() as AddressInfo).port);

	return {
		url: url.href,
		folder: path.join(dataDir, FOLDER),
		async interrupt(meanwhile) {
			const stoppedAt = performance.now();
			await stopAtOnce(dataDir, server);
			await meanwhile?.();
			server = await startEmbeddedPostgres({ dataDir });
			return performance.now() - stoppedAt;
		},
		async [Symbol.asyncDispose]() {
			entrance.close();
			for (const end of ends) end.destroy();
			await server.stop();
			await rm(dataDir, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
		},
	};
}

/** SIGQUIT to the server's first process is what the immediate stop is: no checkpoint, no farewell. */
async function stopAtOnce(dataDir: string, server: EmbeddedPostgres): Promise<void> {
	const file = await readFile(path.join(dataDir, FOLDER, "postmaster.pid"), "utf8");
	process.kill(Number(file.split("\n")[0]), "SIGQUIT");
	await server.exited;
	await server.stop();
}
