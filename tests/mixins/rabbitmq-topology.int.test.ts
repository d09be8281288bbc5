import { rabbitmqTransport } from "../../mixins/events/rabbitmq/transport";
import { declarationsOf } from "../../mixins/events/rabbitmq/queues";
import type { QueueSpec } from "../../mixins/events/topology";
import type { EventTransport } from "../../mixins/events/transport";
import { describeOnRabbitMQ } from "../support/servers";
import { until } from "../support/until";
import { onRabbitMQ } from "./rabbitmq.stage";
import { messageTo, numbered, queueNamed, QUIET, recorder } from "./transport.stage";

const HASTY = { firstMs: 20, maxMs: 100 };

describeOnRabbitMQ("RabbitMQ, when something of the topology is there and another one", () => {
	const here = onRabbitMQ();
	const said: string[] = [];
	const log = { info: say, warn: say, error: say };
	let transport: EventTransport;

	function say(...words: unknown[]): void {
		said.push(words.join(" "));
	}
	const saidOf = (name: string): string[] => said.filter((sentence) => sentence.includes(` ${name} `));

	beforeEach(async () => {
		said.length = 0;
		transport = rabbitmqTransport({ url: here.vhost.url, node: "test-node", log, conflictPause: HASTY });
		await transport.connect();
	});
	afterEach(async () => {
		await transport.close();
	});

	/** As another program, or an older version of this one, has made it. */
	const madeByOthers = (name: string, args: object = { "x-queue-type": "classic" }): Promise<unknown> =>
		here.asAdmin((channel) => channel.assertQueue(name, { durable: true, arguments: args }));
	const removed = (name: string): Promise<unknown> => here.asAdmin((channel) => channel.deleteQueue(name));

	test("an empty queue with a single active consumer gives nothing to who looks whether it answers, and that is an answer", async () => {
		const { exchange, queue } = here.names();

		await transport.declare({ exchanges: [exchange], queues: [{ ...queue, order: "aggregate" }] });

		expect(transport.conflicts()).toEqual([]);
		expect(said.filter((sentence) => sentence.includes("could not be found out"))).toEqual([]);
	});

	test("it is said once, with what to do, and neither ends the start nor stops the other queues", async () => {
		const { exchange, queue } = here.names();
		const { queue: other, exchange: otherExchange } = here.names();
		await madeByOthers(queue.name);

		await transport.declare({ exchanges: [exchange, otherExchange], queues: [queue, other] });

		expect(transport.conflicts()).toMatchObject([
			{
				kind: "queue",
				name: queue.name,
				of: queue.name,
				problem: expect.stringContaining("inequivalent arg ") as string,
			},
		]);
		const seen = recorder();
		await transport.consume(other, seen.handle);
		expect(await transport.publish([messageTo(otherExchange)])).toEqual([{ confirmed: true }]);
		await until(() => seen.deliveries.length === 1, { what: "the message of the other queue" });
		expect(saidOf(queue.name)).toEqual([
			expect.stringMatching(/can't be used .* What to do: .* delete it \(rabbitmqctl delete_queue/) as string,
		]);
	});

	test("every conflict is found, not only the first", async () => {
		const first = here.names();
		const second = here.names();
		const [deadLetters, , delay] = declarationsOf(second.queue).map(({ name }) => name);
		await madeByOthers(first.queue.name);
		await madeByOthers(deadLetters!);
		await madeByOthers(delay!, { "x-queue-type": "quorum", "x-message-ttl": 7 });
		await here.asAdmin((channel) => channel.assertExchange(first.exchange, "fanout", { durable: true }));

		await transport.declare({
			exchanges: [first.exchange, second.exchange],
			queues: [first.queue, second.queue],
		});

		expect(transport.conflicts().map(({ kind, name }) => `${kind} ${name}`)).toEqual([
			`exchange ${first.exchange}`,
			expect.any(String),
			expect.any(String),
			expect.any(String),
		]);
		expect(new Set(transport.conflicts().map(({ name }) => name))).toEqual(
			new Set([first.exchange, first.queue.name, deadLetters, delay]),
		);
	});

	test("what would go there is not published, so that it waits in its outbox, until an operator has mended it", async () => {
		const { exchange, queue } = here.names();
		await madeByOthers(queue.name);
		await transport.declare({ exchanges: [exchange], queues: [queue] });
		const seen = recorder();
		await transport.consume(queue, seen.handle);

		expect(await transport.publish([messageTo(exchange)])).toEqual([
			{
				confirmed: false,
				reason: expect.stringContaining(`topology: queue ${queue.name}`) as string,
				fault: "route",
			},
		]);
		expect(transport.missing()).toEqual([]);
		await removed(queue.name);

		await until(() => transport.conflicts().length === 0, { what: "the new queue" });
		expect(await transport.publish([messageTo(exchange, { body: "at last" })])).toEqual([{ confirmed: true }]);
		await until(() => seen.bodies().includes("at last"), { what: "the consumer to begin by itself" });
		expect(saidOf(queue.name)).toHaveLength(2);
		expect(saidOf(queue.name)[1]).toContain("is now as it should be");
	});

	test("what was in the old queue stays there, and what others publish is kept in it", async () => {
		const { exchange, queue } = here.names();
		await madeByOthers(queue.name);
		await transport.declare({ exchanges: [exchange], queues: [queue] });
		const seen = recorder();
		await transport.consume(queue, seen.handle);

		await here.asAdmin(async (channel) => channel.publish(exchange, "from.an.older.node", Buffer.from("kept")));

		const held = await here.asAdmin((channel) => channel.checkQueue(queue.name));
		expect(held).toMatchObject({ messageCount: 1, consumerCount: 0 });
		expect(seen.deliveries).toEqual([]);
	});

	test("a conflict of a delay queue keeps its consumer from beginning, and its messages wait in its own queue", async () => {
		const { exchange, queue } = here.names();
		const delay = declarationsOf(queue).at(-1)!.name;
		await madeByOthers(delay);
		await transport.declare({ exchanges: [exchange], queues: [queue] });
		const seen = recorder();
		await transport.consume(queue, seen.handle);

		expect(await transport.publish(numbered(exchange, 3))).toEqual([0, 1, 2].map(() => ({ confirmed: true })));
		expect(seen.deliveries).toEqual([]);
		await removed(delay);

		await until(() => seen.deliveries.length === 3, { what: "the messages" });
		expect(seen.bodies()).toEqual(["0", "1", "2"]);
	});

	test("nothing is published to an exchange of another type until it is replaced", async () => {
		const { exchange, queue } = here.names();
		await here.asAdmin((channel) => channel.assertExchange(exchange, "fanout", { durable: true }));
		await transport.declare({ exchanges: [exchange], queues: [queue] });

		expect(await transport.publish([messageTo(exchange)])).toEqual([
			{
				confirmed: false,
				reason: expect.stringContaining(`topology: exchange ${exchange}`) as string,
				fault: "route",
			},
		]);
		await here.asAdmin((channel) => channel.deleteExchange(exchange));

		await until(() => transport.conflicts().length === 0, { what: "the new exchange" });
		expect(await transport.publish([messageTo(exchange)])).toEqual([{ confirmed: true }]);
	});

	test("a queue that another connection holds for itself alone is a conflict, and is taken when it is free", async () => {
		const { exchange, queue } = here.names();
		await here.asAdmin(async (channel) => {
			await channel.assertQueue(queue.name, { exclusive: true, durable: true });
			await transport.declare({ exchanges: [exchange], queues: [queue] });
			expect(transport.conflicts()).toMatchObject([
				{ name: queue.name, problem: expect.stringContaining("exclusive") },
			]);
		});

		await until(() => transport.conflicts().length === 0, { what: "the queue to be made" });
		expect(await transport.publish([messageTo(exchange)])).toEqual([{ confirmed: true }]);
	});

	describe("made by an older release, with another limit of deliveries,", () => {
		const argumentsOf = (queue: QueueSpec): Record<string, unknown> =>
			declarationsOf(queue).find(({ name }) => name === queue.name)!.arguments;

		test.each<[string, object]>([
			["of 20", { "x-delivery-limit": 20 }],
			["of none at all", {}],
		])("a queue is used as it is, and that is said once: %s", async (_what, limit) => {
			const { exchange, queue } = here.names();
			const { "x-delivery-limit": _ours, ...others } = argumentsOf(queue);
			await madeByOthers(queue.name, { ...others, ...limit });

			for (let n = 0; n < 2; n++) await transport.declare({ exchanges: [exchange], queues: [queue] });

			expect(transport.conflicts()).toEqual([]);
			const seen = recorder();
			await transport.consume(queue, seen.handle);
			expect(await transport.publish([messageTo(exchange)])).toEqual([{ confirmed: true }]);
			await until(() => seen.deliveries.length === 1, { what: "the message" });
			expect(saidOf(queue.name)).toEqual([expect.stringContaining("They are used as they are") as string]);
		});

		test("a queue that is another one in something else too is a conflict", async () => {
			const { exchange, queue } = here.names();
			await madeByOthers(queue.name, {
				...argumentsOf(queue),
				"x-delivery-limit": 20,
				"x-dead-letter-exchange": "else",
			});

			await transport.declare({ exchanges: [exchange], queues: [queue] });

			expect(transport.conflicts()).toMatchObject([{ name: queue.name }]);
		});
	});

	test("a consumer that waits for its queue can be stopped, and the transport be closed", async () => {
		const { exchange, queue } = here.names();
		await madeByOthers(queue.name);
		await transport.declare({ exchanges: [exchange], queues: [queue] });
		const consumer = await transport.consume(queue, recorder().handle);

		await consumer.stop();
		await transport.close();

		expect(await removed(queue.name)).toEqual({ messageCount: 0 });
	});

	test("eight nodes that declare the same at once make it once, and agree", async () => {
		const { exchange } = here.names();
		const queues: QueueSpec[] = Array.from({ length: 4 }, (_, n) => queueNamed(`${exchange}.crowd${n}`, exchange));
		const crowd = Array.from({ length: 8 }, (_, n) =>
			rabbitmqTransport({ url: here.vhost.url, node: `node-${n}`, log: QUIET }),
		);
		try {
			await Promise.all(crowd.map((node) => node.connect()));

			await Promise.all(crowd.map((node) => node.declare({ exchanges: [exchange], queues })));

			expect(crowd.flatMap((node) => node.conflicts())).toEqual([]);
			const seen = recorder();
			await crowd[0]!.consume(queues[3]!, seen.handle);
			await crowd[7]!.publish(numbered(exchange, 5));
			await until(() => seen.deliveries.length === 5, { what: "each message once" });
		} finally {
			await Promise.all(crowd.map((node) => node.close()));
		}
	});
});
