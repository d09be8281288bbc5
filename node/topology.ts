import { rabbitmqTransport } from "../mixins/events/rabbitmq/transport";
import { sentenceOf } from "../mixins/events/rabbitmq/conflict";
import { topology } from "../services/topology";
import { runCommand } from "./command";
import { SettingsError } from "./environment";
import { databasesOf, needsEmbedded, reachDatabases, type KnownDatabase } from "./databases";
import { idsIfMade } from "./database-ids";
import type { Settings } from "./settings";
import { refuseOtherCurrency } from "./shop-currency";
import { refuseOtherShops } from "./shop-id";

/**
 * `npm run topology`: declares every exchange, queue and binding on RabbitMQ, and stops. What can't be declared is told
 * all at once, each with what to do, and the exit code is 1; the rest is declared all the same.
 */
runCommand(async (settings) => {
	const { amqpUrl, nodeId } = settings;
	if (!amqpUrl) throw new SettingsError("AMQP_URL", "is missing: without RabbitMQ there is no topology to declare");
	const currency = { code: settings.currency, isSettled: false };
	await refuseOtherShops(await knownDatabases(settings), currency, amqpUrl);
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

/** Those that are named, and up to date enough to know whose they are. */
async function knownDatabases(settings: Settings): Promise<KnownDatabase[]> {
	if (needsEmbedded(settings)) return [];
	const databases = databasesOf(settings, undefined);
	await reachDatabases(databases);
	await refuseOtherCurrency(databases.all, settings.currency);
	const known = await Promise.all(
		databases.all.map(async (database) => ({ database, ids: await idsIfMade(database.url) })),
	);
	return known.flatMap(({ database, ids }) => (ids ? [{ ...database, ids }] : []));
}

function say(...words: unknown[]): void {
	process.stderr.write(`${words.join(" ")}\n`);
}
