import { join } from "node:path";
import { postgresTransport } from "../../mixins/events/postgres/transport";
import { rabbitmqTransport } from "../../mixins/events/rabbitmq/transport";
import type { Topology } from "../../mixins/events/topology";
import type { EventTransport } from "../../mixins/events/transport";
import { readMigrations } from "../../migrations/files";
import { migrate } from "../../migrations/migrate";
import { testVhost, type TransportKind } from "../support/servers";
import type { MixinDatabase } from "./mixin-database";
import { QUIET } from "./transport.stage";

/** A real transport with a broker of its own, on which `topology` is declared. */
export async function anyTransport(
	kind: TransportKind,
	database: MixinDatabase,
	topology: Topology,
): Promise<{ transport: EventTransport } & AsyncDisposable> {
	const { transport, dispose } = kind === "rabbitmq" ? await onRabbitmq() : await onPostgres(database);
	await transport.connect();
	await transport.declare(topology);
	return {
		transport,
		async [Symbol.asyncDispose]() {
			await transport.close();
			await dispose();
		},
	};
}

async function onRabbitmq() {
	const vhost = await testVhost();
	const transport = rabbitmqTransport({ url: vhost.url, node: "test-node", log: QUIET });
	return { transport, dispose: () => vhost[Symbol.asyncDispose]() };
}

async function onPostgres({ url, db }: MixinDatabase) {
	await migrate(url, ["events"], await readMigrations(join(__dirname, "../../migrations")));
	const transport = postgresTransport({ database: db, node: "test-node", log: QUIET });
	return { transport, dispose: async () => undefined };
}
