import type { Writable } from "node:stream";
import pg from "pg";
import { gatherWrites } from "../gather-writes";
import { clientConfig } from "./client-config";

/** For so long a connection to a server that can only be read is used again, and reading costs no opening each time. */
const READ_ONLY_MS_MAX = 1_000;

/** What PostgreSQL tells of itself when somebody connects, and whenever it changes. */
const READ_ONLY_WHEN_ON = new Set(["in_hot_standby", "default_transaction_read_only"]);

/** The driver's client as the pool wants it. */
class PooledClient extends pg.Client {
	private readonly openedAtMs = performance.now();
	private readonly readOnlyBy = new Set<string>();

	constructor(config: pg.ClientConfig) {
		// Statements that don't wait for each other's answers share a journey to the server.
		super({ ...config, pipeline: true });
		const { connection } = this as unknown as { connection: NodeJS.EventEmitter & { stream: Writable } };
		this.once("connect", () => gatherWrites(connection.stream));
		// Sequelize listens to a connection's errors one turn after it is open. A server that ends it in that very turn would
		// otherwise end the process: an error event that nobody hears is thrown. Whoever uses the connection next is told.
		this.on("error", () => undefined);
		connection.on("parameterStatus", ({ parameterName, parameterValue }: Record<string, string>) => {
			if (!READ_ONLY_WHEN_ON.has(parameterName!)) return;
			if (parameterValue === "on") this.readOnlyBy.add(parameterName!);
			else this.readOnlyBy.delete(parameterName!);
		});
	}

	/** What was opened while its server could only be read may stay so when the server does not. */
	get isOutlived(): boolean {
		return this.readOnlyBy.size > 0 && performance.now() - this.openedAtMs > READ_ONLY_MS_MAX;
	}
}

/** The class of the clients of one pool. Sequelize makes them, and leaves to us where they lead. */
export function pooledClient(url: string): typeof pg.Client {
	const address = clientConfig(url);
	return class extends PooledClient {
		constructor(config?: pg.ClientConfig) {
			super({ ...config, ...address });
		}
	};
}

/** Asked of each connection before somebody gets it; another one is opened in its place. */
export function isWorthKeeping(client: unknown): boolean {
	const { _invalid: isInvalid, _ending: isEnding } = client as { _invalid?: boolean; _ending?: boolean };
	return !isInvalid && !isEnding && !(client as PooledClient).isOutlived;
}
