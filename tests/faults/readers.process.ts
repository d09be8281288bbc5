import type { Service } from "moleculer";
import { Database, type WithDatabase } from "../../mixins/database/database.mixin";
import type { Report } from "../../mixins/events/dead-letters/report";
import { Events } from "../../mixins/events/events.mixin";
import { rabbitmqTransport } from "../../mixins/events/rabbitmq/transport";
import { answerParent } from "./conversation";
import { mortal, type Failpoint } from "./failpoint";
import { topology } from "./letter.events";
import { toParent } from "./log";
import type { Part } from "./member";
import { nodeOf } from "./node";
import { randomFrom } from "./random";
import { readers } from "./readers";

/** A node that reads letters: two consumers of each, with one effect in the database for each letter and consumer. */
export type ReadersAbilities = typeof abilities;
export type ReadersService = Service & WithDatabase;

const REPLAY_MS_MAX = 60_000;

const part = JSON.parse(process.argv[2]!) as Part;
const { transport, dieAt } = mortal(rabbitmqTransport({ url: part.amqpUrl, node: part.name, log: toParent }));
const { consumers, behave } = readers(randomFrom(part.seed));
const broker = nodeOf(part, "error");
broker.createService({
	name: "readers",
	mixins: [Events<ReadersService>({ schema: "readers", transport, consumers }), Database({ url: part.databaseUrl })],
});

const abilities = {
	behave: (manners: Parameters<typeof behave>[0]) => behave(manners),
	dieAt: (point: Failpoint) => dieAt(point),
	missing: () => transport.missing(),
	/** As an operator at this node would. */
	replay: (which: { queue: string; code: string }) =>
		broker.call<Report, object>(
			"readers.deadLetters.replay",
			{ ...which, by: part.name },
			{ nodeID: part.name, timeout: REPLAY_MS_MAX },
		),
};

void answerParent(abilities, async () => {
	await transport.connect();
	await transport.declare(topology);
	await broker.start();
});
