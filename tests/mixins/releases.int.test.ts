import { randomUUID } from "node:crypto";
import { ServiceBroker, type Service } from "moleculer";
import { v7 as uuidv7 } from "uuid";
import { z } from "zod";
import { Database, type WithDatabase } from "../../mixins/database/database.mixin";
import type { Transaction } from "../../mixins/database/database";
import { sql } from "../../mixins/database/statement";
import { event, type EventContract } from "../../mixins/events/contract";
import type { Envelope } from "../../mixins/events/envelope";
import { consumer, Events, on, type ConsumerOptions, type QueueConsumer } from "../../mixins/events/events.mixin";
import { rabbitmqTransport } from "../../mixins/events/rabbitmq/transport";
import type { EventTransport } from "../../mixins/events/transport";
import { describeOnRabbitMQ, testVhost, transports, type TestVhost } from "../support/servers";
import { until } from "../support/until";
import { anyTransport } from "./any-transport";
import { mixinDatabase, type MixinDatabase } from "./mixin-database";
import { messageTo, QUIET } from "./transport.stage";

type Readers = Service & WithDatabase;
type Handled = Envelope<{ letterId: string }>;

const data = z.object({ letterId: z.uuid() });
const shared = { exchange: "letters.events", aggregate: "letterId", data } as const;
const Written = event({ ...shared, type: "LetterWritten", version: 1, routingKey: "letter.written" });
/** What only the newer release knows: one more type, and one more version of a type. */
const Burnt = event({ ...shared, type: "LetterBurnt", version: 1, routingKey: "letter.burnt" });
const Written2 = event({ ...shared, type: "LetterWritten", version: 2, routingKey: "letter.written.v2" });

const COUNT = 40;
/** So many that an event which each node may get does not meet the older one each time, as it does one time in 2^31. */
const MANY_RETRIES_MS = Array.from({ length: 30 }, () => 20);
const FEW_RETRIES_MS = [20, 20];
const ONE_FAR_AWAY_MS = [600_000];

const keep = sql(
	"test.keep_release",
	"INSERT INTO readers.handled (queue, node, type, version, letter) VALUES ($1, $2, $3, $4, $5)",
);

/** A queue that is bound to these, as one release of the readers has it. */
function listening(options: ConsumerOptions, ...contracts: (typeof Written)[]): QueueConsumer<Readers> {
	return consumer<Readers>(
		options,
		...contracts.map((contract) =>
			on<Readers, typeof data>(contract, async function (this: Readers, tx: Transaction, letter: Handled) {
				const { nodeID } = this.broker;
				await tx.query(keep, [options.name, nodeID, letter.event_type, letter.version, letter.data.letterId]);
			}),
		),
	);
}

async function node(
	nodeID: string,
	database: MixinDatabase,
	transport: EventTransport,
	consumers: readonly QueueConsumer<Readers>[],
): Promise<ServiceBroker> {
	const broker = new ServiceBroker({ nodeID, logger: false, metrics: { enabled: true, reporter: [] } });
	broker.createService({
		name: "readers",
		mixins: [Events<Readers>({ schema: "readers", transport, consumers }), Database({ url: database.url })],
	});
	await broker.start();
	return broker;
}

/** @returns the letters' ids */
async function publish(transport: EventTransport, contract: EventContract, count = COUNT, letterId?: string) {
	const letters = Array.from({ length: count }, () => letterId ?? randomUUID());
	const outcomes = await transport.publish(
		letters.map((id) => {
			const eventId = uuidv7();
			const body = JSON.stringify({
				event_id: eventId,
				event_type: contract.type,
				version: contract.version,
				timestamp: new Date().toISOString(),
				correlation_id: "a test",
				causation_id: "a test",
				aggregate_id: id,
				aggregate_version: 1,
				producer: "letters",
				data: { letterId: id },
			});
			return messageTo(shared.exchange, { eventId, body, routingKey: contract.routingKey });
		}),
	);
	expect(outcomes.filter(({ confirmed }) => !confirmed)).toEqual([]);
	return letters;
}

const topologyOf = (...consumers: QueueConsumer<Readers>[]) => ({
	exchanges: [shared.exchange],
	queues: consumers.map(({ queue }) => queue),
});

const ignoredBy = (broker: ServiceBroker, queue: string): number =>
	(broker.metrics.getMetric("events.ignored")!.get({ queue }) as { value: number } | null)?.value ?? 0;

const opened = async (): Promise<MixinDatabase> => {
	const database = await mixinDatabase({ readers: ["create_event_tables"] });
	await database.ask("CREATE TABLE readers.handled (queue text, node text, type text, version int, letter uuid)");
	return database;
};

const handled = (database: MixinDatabase, letters: readonly string[]) =>
	database.ask<{ queue: string; node: string; type: string }>(
		"SELECT queue, node, type FROM readers.handled WHERE letter = ANY ($1)",
		[letters],
	);

describeOnRabbitMQ("an older and a newer release of one service side by side", () => {
	let vhost: TestVhost;
	let database: MixinDatabase;
	let open: { broker: ServiceBroker; transport: EventTransport }[] = [];

	beforeAll(async () => {
		[vhost, database] = await Promise.all([testVhost(), opened()]);
	});
	afterEach(async () => {
		for (const { broker, transport } of open.splice(0)) {
			await broker.stop();
			await transport.close();
		}
	});
	afterAll(async () => {
		await database[Symbol.asyncDispose]();
		await vhost[Symbol.asyncDispose]();
	});

	/** A node as it starts: it declares what its release knows. */
	async function start(nodeID: string, ...consumers: QueueConsumer<Readers>[]) {
		const transport = rabbitmqTransport({ url: vhost.url, node: nodeID, log: QUIET });
		await transport.connect();
		await transport.declare(topologyOf(...consumers));
		const broker = await node(nodeID, database, transport, consumers);
		open.push({ broker, transport });
		return { broker, transport };
	}

	async function allHandled(letters: readonly string[]): Promise<void> {
		await until(async () => (await handled(database, letters)).length >= letters.length, {
			what: "every letter to be handled",
			withinMs: 60_000,
		});
		expect(await handled(database, letters)).toHaveLength(letters.length);
	}

	test.each([
		["one more type", "readers.types", Burnt],
		["one more version of a type", "readers.versions", Written2],
	])("that binds its queue to %s gets all of them, and nothing of the others is held up", async (_what, name, more) => {
		const options = { name, retryDelaysMs: MANY_RETRIES_MS };
		const before = await start("old", listening(options, Written));
		await start("new", listening(options, Written, more));

		const [known, unknown] = await Promise.all([publish(before.transport, Written), publish(before.transport, more)]);
		await allHandled([...known, ...unknown]);

		expect(new Set((await handled(database, unknown)).map(({ node }) => node))).toEqual(new Set(["new"]));
		expect(await before.transport.deadLetters(name, 10)).toEqual([]);
		expect(ignoredBy(before.broker, name)).toBe(0);
	});

	test("with a queue more: it has everything that the older one publishes, also while the newer one is taken back", async () => {
		const [desk, shelf] = ["readers.desk", "readers.shelf"].map((name) => ({ name, retryDelaysMs: FEW_RETRIES_MS }));
		const both = [listening(desk!, Written), listening(shelf!, Written)];
		const old = await start("old", listening(desk!, Written));
		const newer = await start("new", ...both);
		const inQueue = async (queue: string, letters: readonly string[]): Promise<number> =>
			(await handled(database, letters)).filter((each) => each.queue === queue).length;

		const during = await publish(old.transport, Written);
		await until(async () => (await inQueue(shelf!.name, during)) === COUNT, { what: "the new queue's letters" });
		await newer.broker.stop();
		const meanwhile = await publish(old.transport, Written);
		await until(async () => (await inQueue(desk!.name, meanwhile)) === COUNT, { what: "the old queue's letters" });
		await start("newer", ...both);

		const all = [...during, ...meanwhile];
		for (const { name } of [desk!, shelf!]) {
			await until(async () => (await inQueue(name, all)) === all.length, { what: `every letter in ${name}` });
			expect(await old.transport.deadLetters(name, 10)).toEqual([]);
		}
	});

	test("what the older one does not know keeps nothing of its aggregate waiting, where the queue is in order", async () => {
		const options = { name: "readers.order", order: "aggregate", retryDelaysMs: ONE_FAR_AWAY_MS } as const;
		const old = await start("old", listening(options, Written));
		await start("new", listening(options, Written, Burnt));
		const letterId = randomUUID();

		await publish(old.transport, Burnt, 1, letterId);
		await publish(old.transport, Written, 3, letterId);

		await until(async () => (await handled(database, [letterId])).length === 3, { what: "what it knows" });
		expect(await old.transport.countWaiting(`readers.order.retry.${ONE_FAR_AWAY_MS[0]}`)).toBe(1);
	});
});

describe.each(transports)("a release that was taken back, over %s", (kind) => {
	let database: MixinDatabase;

	beforeAll(async () => {
		database = await opened();
	});
	afterAll(async () => {
		await database[Symbol.asyncDispose]();
	});

	test("leaves keys bound whose events are ignored after their attempts, and are neither dead nor for ever under way", async () => {
		const options = { name: "readers.back", retryDelaysMs: FEW_RETRIES_MS };
		const newer = listening(options, Written, Burnt, Written2);
		const older = listening(options, Written);
		await using broker = await anyTransport(kind, database, topologyOf(newer));
		const old = await node("old", database, broker.transport, [older]);
		try {
			const unknown = [...(await publish(broker.transport, Burnt)), ...(await publish(broker.transport, Written2))];
			const known = await publish(broker.transport, Written);

			await until(() => ignoredBy(old, options.name) === unknown.length, { what: "all of them to be ignored" });
			await until(async () => (await handled(database, known)).length === COUNT, { what: "what it knows" });
			expect(await handled(database, unknown)).toEqual([]);
			expect(await broker.transport.deadLetters(options.name, 10)).toEqual([]);
			await until(async () => (await broker.transport.countWaiting(options.name)) === 0, { what: "an empty queue" });
		} finally {
			await old.stop();
		}
	});
});
