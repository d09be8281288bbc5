import type { ServiceBroker } from "moleculer";
import { rabbitmqTransport } from "../../mixins/events/rabbitmq/transport";
import type { QueueSpec } from "../../mixins/events/topology";
import type { EventTransport } from "../../mixins/events/transport";
import { wireTo, type Wire } from "../support/proxy";
import { describeOnRabbitMQ, testVhost, type TestVhost } from "../support/servers";
import { until } from "../support/until";
import { mixinDatabase, type MixinDatabase } from "./mixin-database";
import { keptOf, letterOf, prepareReading, reader, send, type Letter } from "./reading.stage";
import { gate, queueNamed, QUIET } from "./transport.stage";

/** More than the twenty that RabbitMQ once took for a message's fault. */
const CLOSURES = 30;
/** So often a delivery comes back before it is suspected. */
const RETURNS = 3;

describeOnRabbitMQ("deliveries that come back because their consumer was lost", () => {
	let vhost: TestVhost;
	let wire: Wire;
	let database: MixinDatabase;
	let transport: EventTransport;
	let node: ServiceBroker | undefined;
	let stages = 0;

	beforeAll(async () => {
		vhost = await testVhost();
		wire = await wireTo(vhost.url);
		database = await mixinDatabase({ readers: ["create_event_tables"] });
		await prepareReading(database);
		transport = rabbitmqTransport({ url: wire.url, node: "reader", log: QUIET });
		await transport.connect();
	});
	afterEach(async () => {
		await node?.stop();
		node = undefined;
	});
	afterAll(async () => {
		await transport.close();
		await database[Symbol.asyncDispose]();
		await wire[Symbol.asyncDispose]();
		await vhost[Symbol.asyncDispose]();
	});

	/**
	 * Letters in the hands of a reader that has not begun with them, and whose connection was closed so often. One that
	 * has died each time does nothing about what it was given before; one that lives does.
	 */
	async function heldWhileClosed(letters: readonly Letter[], closures: number, hasDied = false) {
		const exchange = `letters${++stages}.events`;
		const queue = queueNamed(`readers.lost${stages}`, exchange, { prefetch: 200 });
		await transport.declare({ exchanges: [exchange], queues: [queue] });
		const hand = gate();
		let delivered = 0;
		const consume: EventTransport["consume"] = (spec, handle) =>
			transport.consume(spec, async (delivery) => {
				delivered++;
				await hand.opened;
				return hasDied && delivery.returned < closures ? { kind: "left" } : handle(delivery);
			});
		node = await reader("reader", { database, transport: { ...transport, consume }, queue });
		await send(transport, exchange, letters);
		for (let closed = 0; closed <= closures; closed++) {
			await until(() => delivered === letters.length * (closed + 1), {
				what: `every letter to be in hand after ${closed} closures`,
				withinMs: 60_000,
			});
			if (closed < closures) wire.cut();
		}
		return { queue, open: hand.open };
	}

	const notes = (letter: Letter) =>
		database.ask("SELECT process FROM readers.inbox_suspects WHERE event_id = $1", [letter.event_id]);

	const noteDeaths = (queue: QueueSpec, { event_id }: Letter, deaths: number) =>
		database.ask(
			`INSERT INTO readers.inbox_suspects (consumer, event_id, process)
			SELECT $1, $2, 'reader/' || n FROM generate_series(1, $3::int) AS n`,
			[queue.name, event_id, deaths],
		);

	test("are no dead letters, however often, and have their one effect", async () => {
		const letters = Array.from({ length: 40 }, () => letterOf());
		const { queue, open } = await heldWhileClosed(letters, CLOSURES);

		open();
		await until(async () => (await keptOf(database, letters)).length === letters.length, {
			what: "every letter to be read",
			withinMs: 60_000,
		});
		await until(async () => (await transport.countWaiting(queue.name)) === 0, { what: "the queue to be empty" });

		expect(await transport.deadLetters(queue.name, 100)).toEqual([]);
		expect(await keptOf(database, letters)).toHaveLength(letters.length);
		await until(async () => (await database.ask("SELECT FROM readers.inbox_suspects")).length === 0, {
			what: "the reader, which lives, to take its notes back",
		});
	}, 120_000);

	test("one of which so many processes have died is a dead letter that names them, and the others are read", async () => {
		const [deadly, ...others] = Array.from({ length: 5 }, () => letterOf());
		const { queue, open } = await heldWhileClosed([deadly!, ...others], RETURNS, true);
		await noteDeaths(queue, deadly!, 5);
		await noteDeaths(queue, others[0]!, 4);

		open();
		const [letter] = await until(
			async () => {
				const found = await transport.deadLetters(queue.name, 10);
				return found.length > 0 && found;
			},
			{ what: "the dead letter" },
		);
		await until(async () => (await keptOf(database, others)).length === others.length, { what: "the others" });

		expect(letter).toMatchObject({
			eventId: deadly!.event_id,
			attempts: 1,
			failure: {
				code: "KILLED_ITS_CONSUMER",
				message: "5 processes have died while they handled it: reader/1, reader/2, reader/3, reader/4, reader/5",
			},
		});
		for (const each of [deadly!, ...others])
			await until(async () => (await notes(each)).length === 0, { what: "no note" });
		expect(await keptOf(database, [deadly!])).toEqual([]);
	}, 60_000);
});
