import { ServiceBroker } from "moleculer";
import { sharePool } from "../../mixins/database/pools";
import { postgresTransport } from "../../mixins/events/postgres/transport";
import { rabbitmqTransport } from "../../mixins/events/rabbitmq/transport";
import desk from "./desk.service";
import { migrate } from "./migrate";
import notices from "./notices.service";
import { topology } from "./topology";

const SERVICES = { desk, notices };
export type ServiceName = keyof typeof SERVICES;

export interface LibraryOptions {
	services: readonly ServiceName[];
	databaseUrl: string;
	/** Without it there is one process, and events travel over PostgreSQL. */
	amqpUrl: string | undefined;
}

export interface LibraryNode extends AsyncDisposable {
	broker: ServiceBroker;
}

/** One node of the library, at work. The order is that of what needs what. */
export async function startNode({ services, databaseUrl, amqpUrl }: LibraryOptions): Promise<LibraryNode> {
	const broker = new ServiceBroker({
		nodeID: `${services.join("-")}-${process.pid}`,
		// Signals are answered in start.ts.
		skipProcessEventRegistration: true,
		logger: { type: "Console", options: { level: "info", formatter: "short" } },
	});
	await migrate(databaseUrl);
	const share = sharePool({ url: databaseUrl });
	const log = broker.getLogger("events");
	const transport = amqpUrl
		? rabbitmqTransport({ url: amqpUrl, node: broker.nodeID, log })
		: postgresTransport({ database: share.database, node: broker.nodeID, log });
	await transport.connect();
	// Before anything is published: an exchange keeps nothing for a queue that is not there yet.
	await transport.declare(topology);
	for (const name of services) broker.createService(SERVICES[name]({ databaseUrl, transport }));
	await broker.start();
	return {
		broker,
		async [Symbol.asyncDispose]() {
			await broker.stop();
			await transport.close();
			await share.release();
		},
	};
}
