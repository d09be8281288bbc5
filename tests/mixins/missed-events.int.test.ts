import { connect } from "amqplib";
import { randomUUID } from "node:crypto";
import { ServiceBroker, type Service } from "moleculer";
import { Errors } from "moleculer";
import { v7 as uuidv7 } from "uuid";
import { Database, type WithDatabase } from "../../mixins/database/database.mixin";
import { sql } from "../../mixins/database/statement";
import { consumer, Events, on } from "../../mixins/events/events.mixin";
import { rabbitmqTransport } from "../../mixins/events/rabbitmq/transport";
import type { Topology } from "../../mixins/events/topology";
import type { EventTransport } from "../../mixins/events/transport";
import { Outbox, type WithOutbox } from "../../mixins/outbox/outbox.mixin";
import { describeOnRabbitMQ, testVhost, type TestVhost } from "../support/servers";
import { until } from "../support/until";
import { cause, LetterWritten } from "./letters";
import { mixinDatabase, type MixinDatabase } from "./mixin-database";
import { QUIET, queueNamed } from "./transport.stage";

type Letters = Service & WithDatabase & WithOutbox;

const read = sql("readers.read", "INSERT INTO readers.letters (text) VALUES ($1)");
const reading = consumer<Service>(
	{ name: "readers.desk", retryDelaysMs: [] },
	on(LetterWritten, async (tx, { data }) => {
		if (data.text === "poison") throw new Errors.MoleculerClientError("It can't be read", 422, "POISON");
		await tx.query(read, [data.text]);
	}),
);
/** Hears everything as well: with it a message always reaches some queue, and the broker finds nothing wrong. */
const archive = queueNamed("readers.archive", "letters.events");
const topology: Topology = { exchanges: ["letters.events"], queues: [reading.queue, archive] };

describeOnRabbitMQ("events that a queue has missed", () => {
	let vhost: TestVhost;
	let database: MixinDatabase;
	let transport: EventTransport;
	let broker: ServiceBroker;
	let letters: Letters;

	beforeAll(async () => {
		vhost = await testVhost();
		database = await mixinDatabase({ letters: ["create_event_tables"], readers: ["create_event_tables"] });
		await database.ask("CREATE TABLE readers.letters (text text NOT NULL)");
		transport = rabbitmqTransport({ url: vhost.url, node: "test-node", log: QUIET });
		await transport.connect();
		await transport.declare(topology);
		broker = new ServiceBroker({ nodeID: "test-node", logger: false });
		const { url } = database;
		letters = broker.createService({
			name: "letters",
			mixins: [Outbox({ schema: "letters", transport, topology }), Database({ url })],
		}) as unknown as Letters;
		broker.createService(readers());
		await broker.start();
	});

	afterAll(async () => {
		await broker.stop();
		await transport.close();
		await database[Symbol.asyncDispose]();
		await vhost[Symbol.asyncDispose]();
	});

	const readers = () => ({
		name: "readers",
		mixins: [Events({ schema: "readers", transport, consumers: [reading] }), Database({ url: database.url })],
	});
	const write = (text: string): Promise<void> =>
		letters.db.transaction((tx) => letters.publish(tx, LetterWritten({ letterId: randomUUID(), text }), cause));
	const emptyOutbox = async (): Promise<boolean> =>
		(await database.ask("SELECT FROM letters.outbox LIMIT 1")).length === 0;
	const seen = async (): Promise<string[]> =>
		(await database.ask<{ text: string }>("SELECT text FROM readers.letters ORDER BY text")).map(({ text }) => text);

	const deadOnes = async (): Promise<string[]> => (await transport.deadLetters("readers.desk", 10)).map(({ id }) => id);

	async function atTheBroker(
		work: (channel: Awaited<ReturnType<Awaited<ReturnType<typeof connect>>["createChannel"]>>) => Promise<unknown>,
	) {
		const connection = await connect(vhost.url);
		const channel = await connection.createChannel();
		await work(channel);
		await connection.close();
	}

	test("are not looked for again and again where nothing was published for long", async () => {
		const lagging = `SELECT FROM readers.inbox_checks
			WHERE consumer = 'readers.desk' AND producer LIKE 'letters%' AND published_at < now() - interval '12 hours'`;
		await database.ask("UPDATE readers.inbox_checks SET published_at = now() - interval '1 day', due_at = now()");
		expect(await database.ask(lagging)).toHaveLength(2);

		await until(async () => (await database.ask(lagging)).length === 0, { what: "both to go on", withinMs: 60_000 });

		// What comes late is still found: by the first within minutes, by the other one within an hour.
		const [reached] = await database.ask<{ first: boolean; other: boolean }>(
			`SELECT bool_or(producer = 'letters' AND published_at < now() - interval '4 minutes') AS first,
				bool_or(producer <> 'letters' AND published_at < now() - interval '1 hour') AS other
			FROM readers.inbox_checks WHERE producer LIKE 'letters%'`,
		);
		expect(reached).toEqual({ first: true, other: true });
	});

	test("are found and sent once more, to that queue alone, and take effect once; neither a dead letter nor one that was discarded is", async () => {
		await write("a: before");
		for (let n = 0; n < 2; n++) await write("poison");
		await until(async () => (await seen()).length === 1 && (await deadOnes()).length === 2, { what: "three letters" });
		const [kept, discarded] = await deadOnes();
		// Long before a comparison, which leaves the last ten seconds out, comes to it.
		await broker.call("readers.deadLetters.discard", {
			queue: "readers.desk",
			ids: [discarded],
			reason: "nobody misses it",
			by: "ada",
		});

		await atTheBroker((channel) => channel.unbindQueue("readers.desk", "letters.events", "letter.written"));
		for (const text of ["b: without a binding", "c: without a binding"]) await write(text);
		await until(emptyOutbox, { what: "the broker to confirm them all the same" });
		const missed = await seen();
		await atTheBroker((channel) => channel.bindQueue("readers.desk", "letters.events", "letter.written"));
		await write("d: afterwards");
		await until(async () => (await seen()).length === 4, { what: "all of them", withinMs: 120_000 });

		expect(missed).toEqual(["a: before"]);
		expect(await seen()).toEqual(["a: before", "b: without a binding", "c: without a binding", "d: afterwards"]);
		expect(await transport.countWaiting("readers.archive")).toBe(6);
		expect(await deadOnes()).toEqual([kept]);
	}, 240_000);

	test("are found although they came into the history behind what was compared: a commit stalled, or a clock was set back", async () => {
		await write("in time");
		await until(async () => (await seen()).includes("in time"), { what: "one that is compared in time" });
		await until(emptyOutbox, { what: "it to be in the history" });
		const before = await seen();
		const hoursAgo = (hours: number) => `now() - interval '${hours} hours'`;
		await database.ask(
			`UPDATE readers.inbox_checks SET published_at = ${hoursAgo(3)}, due_at = now()
			WHERE consumer = 'readers.desk' AND producer LIKE 'letters once more %'`,
		);

		await database.ask(
			`INSERT INTO letters.outbox_history (event_id, aggregate_id, aggregate_version, event_type, version, exchange,
				routing_key, correlation_id, causation_id, data, created_at, attempts, published_at)
			SELECT $1, aggregate_id, 2, event_type, version, exchange, routing_key, correlation_id, causation_id,
				json_build_object('letterId', aggregate_id, 'text', 'behind'), ${hoursAgo(2)}, 0, ${hoursAgo(2)}
			FROM letters.outbox_history LIMIT 1`,
			[uuidv7({ msecs: Date.now() - 2 * 3_600_000 })],
		);
		await until(async () => (await seen()).length > before.length, { what: "the late one", withinMs: 120_000 });

		expect(await seen()).toEqual([...before, "behind"].toSorted());
	}, 240_000);

	test("are found after their queue was deleted with them while nobody was there, although nothing has come since", async () => {
		const before = await seen();
		await broker.destroyService("readers");
		for (const text of ["e: waits", "f: waits"]) await write(text);
		await until(emptyOutbox, { what: "the broker to confirm them" });
		await atTheBroker((channel) => channel.deleteQueue("readers.desk"));

		broker.createService(readers());
		await until(async () => (await seen()).length === before.length + 2, { what: "both of them", withinMs: 120_000 });

		expect(await seen()).toEqual([...before, "e: waits", "f: waits"].toSorted());
	}, 240_000);
});
