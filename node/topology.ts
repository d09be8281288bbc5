import { rabbitmqTransport } from "../mixins/events/rabbitmq/transport";
import { topology } from "../services/topology";
import { runCommand } from "./command";
import { SettingsError } from "./environment";
import { reachAmqp } from "./reach-servers";

/** `npm run topology`: declares every exchange, queue and binding on RabbitMQ, and stops. */
runCommand(async ({ amqpUrl, nodeId }) => {
	if (!amqpUrl) throw new SettingsError("AMQP_URL", "is missing: without RabbitMQ there is no topology to declare");
	await reachAmqp(amqpUrl);
	const log = { info: () => undefined, warn: say, error: say, debug: () => undefined };
	const transport = rabbitmqTransport({ url: amqpUrl, node: nodeId, log });
	try {
		await transport.connect();
		await transport.declare(topology);
	} finally {
		await transport.close();
	}
	return `Declared ${topology.exchanges.length} exchanges and ${topology.queues.length} queues, each with its dead-letter and retry queues.`;
});

function say(...words: unknown[]): void {
	process.stderr.write(`${words.join(" ")}\n`);
}
