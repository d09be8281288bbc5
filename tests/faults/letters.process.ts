import type { Service } from "moleculer";
import { Database, type WithDatabase } from "../../mixins/database/database.mixin";
import { rabbitmqTransport } from "../../mixins/events/rabbitmq/transport";
import { Outbox, type WithOutbox } from "../../mixins/outbox/outbox.mixin";
import { answerParent } from "./conversation";
import { mortal, type Failpoint } from "./failpoint";
import { topology } from "./letter.events";
import { toParent } from "./log";
import type { Part } from "./member";
import { nodeOf } from "./node";
import { pen, type Kind, type Pace } from "./pen";
import { randomFrom } from "./random";

/** A node that writes letters, and relays the outbox that they go through. It declares nothing: readers do. */
export type LettersAbilities = typeof abilities;
export type LettersService = Service & WithDatabase & WithOutbox;

const part = JSON.parse(process.argv[2]!) as Part;
const { transport, dieAt } = mortal(rabbitmqTransport({ url: part.amqpUrl, node: part.name, log: toParent }));
const broker = nodeOf(part, "warn");
const letters = broker.createService({
	name: "letters",
	mixins: [Outbox({ schema: "letters", transport, topology }), Database({ url: part.databaseUrl })],
	...(!part.isSearched && { actions: { publishedEvents: false, publishAgain: false } }),
}) as unknown as LettersService;
const { start, stop, writeOne } = pen(letters, randomFrom(part.seed));

const abilities = {
	start: (pace: Pace) => start(pace),
	stop: () => stop(),
	writeOne: (kind: Kind) => writeOne(kind),
	dieAt: (point: Failpoint) => dieAt(point),
};

void answerParent(abilities, async () => {
	await transport.connect();
	await broker.start();
});
