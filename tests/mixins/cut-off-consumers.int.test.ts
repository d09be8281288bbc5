import type { ServiceBroker } from "moleculer";
import { rabbitmqTransport } from "../../mixins/events/rabbitmq/transport";
import type { QueueSpec } from "../../mixins/events/topology";
import type { EventTransport } from "../../mixins/events/transport";
import { wireTo, type Wire } from "../support/proxy";
import { describeOnRabbitMQ, testVhost, type TestVhost } from "../support/servers";
import { until } from "../support/until";
import { mixinDatabase, type MixinDatabase } from "./mixin-database";
import { keptOf, letterOf, prepareReading, reader, send, type Letter } from "./reading.stage";
import { queueNamed, QUIET } from "./transport.stage";

describeOnRabbitMQ("a node that is cut off from its database alone", () => {
	let vhost: TestVhost;
	let database: MixinDatabase;
	/** Between the one node and PostgreSQL. */
	let wire: Wire;
	let whole: EventTransport;
	let cutOff: EventTransport;
	let nodes: ServiceBroker[] = [];
	let stages = 0;

	beforeAll(async () => {
		vhost = await testVhost();
		database = await mixinDatabase({ readers: ["create_event_tables"] });
		await prepareReading(database);
		wire = await wireTo(database.url);
		[whole, cutOff] = ["whole", "cut off"].map((node) => rabbitmqTransport({ url: vhost.url, node, log: QUIET })) as [
			EventTransport,
			EventTransport,
		];
		await Promise.all([whole.connect(), cutOff.connect()]);
	});
	afterEach(async () => {
		await Promise.all(nodes.splice(0).map((node) => node.stop()));
	});
	afterAll(async () => {
		await Promise.all([whole.close(), cutOff.close()]);
		await wire[Symbol.asyncDispose]();
		await database[Symbol.asyncDispose]();
		await vhost[Symbol.asyncDispose]();
	});

	/** A queue that the node behind the wire consumes, what it was given of it, and how often that had come back before. */
	async function openStage(options: Partial<QueueSpec> = {}) {
		const exchange = `letters${++stages}.events`;
		const queue = queueNamed(`readers.cut${stages}`, exchange, { prefetch: 200, ...options });
		await whole.declare({ exchanges: [exchange], queues: [queue] });
		const returns: number[] = [];
		const consume: EventTransport["consume"] = (spec, handle) =>
			cutOff.consume(spec, (delivery) => {
				returns.push(delivery.returned);
				return handle(delivery);
			});
		const onWire = { database: { url: wire.url }, transport: { ...cutOff, consume }, queue };
		nodes.push(await reader("cut off", onWire));
		return {
			exchange,
			queue,
			returns,
			async openOther() {
				nodes.push(await reader("whole", { database, transport: whole, queue }));
			},
		};
	}

	async function allKept(letters: readonly Letter[]): Promise<void> {
		await until(async () => (await keptOf(database, letters)).length === letters.length, {
			what: "every letter to be kept",
			withinMs: 60_000,
		});
	}

	test.each<[string, Partial<QueueSpec>, (wire: Wire) => void, (wire: Wire) => void]>([
		["silent", {}, (the) => the.stall(), (the) => the.flow()],
		["reset, where one node has the whole queue", { order: "aggregate" }, (the) => the.sever(), (the) => the.mend()],
	])(
		"leaves its events to others, says so, and comes back: %s",
		async (_how, options, cut, mend) => {
			const { exchange, queue, returns, openOther } = await openStage(options);
			await openOther();
			const before = letterOf();
			await send(whole, exchange, [before]);
			await allKept([before]);

			cut(wire);
			const letters = Array.from({ length: 100 }, () => letterOf());
			await send(whole, exchange, letters);
			await until(() => returns.length > 1, { what: "the node that is cut off to be given some" });
			await until(() => cutOff.missing().includes("database of readers"), { what: "it to say so", withinMs: 60_000 });
			await allKept(letters);
			mend(wire);

			await until(() => cutOff.missing().length === 0, { what: "it to come back", withinMs: 60_000 });
			await nodes.pop()!.stop();
			const after = Array.from({ length: 20 }, () => letterOf());
			await send(whole, exchange, after);
			await allKept(after);
			expect(await keptOf(database, letters)).toHaveLength(letters.length);
			expect(await whole.deadLetters(queue.name, 10)).toEqual([]);
		},
		240_000,
	);

	test("finds its events in the queue again when all the others were cut off as well", async () => {
		const { exchange, queue } = await openStage();
		wire.stall();
		const letters = Array.from({ length: 10 }, () => letterOf());
		await send(whole, exchange, letters);

		await until(async () => (await whole.countWaiting(queue.name)) === letters.length, {
			what: "the events to wait in the queue",
			withinMs: 60_000,
		});
		wire.flow();

		await allKept(letters);
		expect(await whole.deadLetters(queue.name, 10)).toEqual([]);
	}, 120_000);

	test("keeps them when that was for a moment only", async () => {
		const { exchange, returns } = await openStage();
		wire.stall();
		const letters = Array.from({ length: 10 }, () => letterOf());
		await send(whole, exchange, letters);
		await until(() => returns.length === letters.length, { what: "the events to be in hand" });
		wire.flow();

		await allKept(letters);
		expect(returns).toEqual(letters.map(() => 0));
	}, 120_000);
});
