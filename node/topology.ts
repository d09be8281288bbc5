import { rabbitmqTransport } from "../mixins/events/rabbitmq/transport";
import { sentenceOf } from "../mixins/events/rabbitmq/conflict";
import { topology } from "../services/topology";
import { runCommand } from "./command";
import { SettingsError } from "./environment";
import { reachAmqp } from "./reach-servers";

/**
 * `npm run topology`: declares every exchange, queue and binding on RabbitMQ, and stops. What can't be declared is told
 * all at once, each with what to do, and the exit code is 1; the rest is declared all the same.
 */
runCommand(async ({ amqpUrl, nodeId }) => {
	if (!amqpUrl) throw new SettingsError("AMQP_URL", "is missing: without RabbitMQ there is no topology to declare");
	await reachAmqp(amqpUrl);
	// Conflicts are told at the end, all together.
	const log = { info: () => undefined, warn: say, error: () => undefined };
	const transport = rabbitmqTransport({ url: amqpUrl, node: nodeId, log });
	try {
		await transport.connect();
		await transport.declare(topology);
		const conflicts = transport.conflicts();
		if (conflicts.length > 0) throw new Error(conflicts.map(sentenceOf).join("\n"));
	} finally {
		await transport.close();
	}
	return `Declared ${topology.exchanges.length} exchanges and ${topology.queues.length} queues, each with its dead-letter and retry queues.`;
});

function say(...words: unknown[]): void {
	process.stderr.write(`${words.join(" ")}\n`);
}
