import { connect, type ConfirmChannel } from "amqplib";
import { rabbitmqTransport } from "../../mixins/events/rabbitmq/transport";
import type { EventTransport, OutgoingMessage } from "../../mixins/events/transport";
import { wireTo, type Wire } from "../support/proxy";
import { describeOnRabbitMQ, testVhost, type TestVhost } from "../support/servers";
import { until } from "../support/until";
import { transportContract } from "./transport.contract";
import {
	DONE,
	failed,
	messageTo,
	numbered,
	queueNamed,
	QUIET,
	recorder,
	RETRY_DELAYS_MS,
	type Broker,
} from "./transport.stage";

async function rabbitmqBroker(): Promise<Broker> {
	const vhost = await testVhost();
	const wires: Wire[] = [];
	return {
		async open() {
			const wire = await wireTo(vhost.url);
			wires.push(wire);
			return {
				transport: rabbitmqTransport({ url: wire.url, node: "test-node", log: QUIET }),
				async crash() {
					wire.sever();
				},
			};
		},
		async [Symbol.asyncDispose]() {
			await Promise.all(wires.map((wire) => wire[Symbol.asyncDispose]()));
			await vhost[Symbol.asyncDispose]();
		},
	};
}

describeOnRabbitMQ("RabbitMQ", () => {
	transportContract("the transport over RabbitMQ", rabbitmqBroker);

	describe("over RabbitMQ alone", () => {
		let vhost: TestVhost;
		let wire: Wire;
		let transport: EventTransport;
		let stages = 0;

		beforeAll(async () => {
			vhost = await testVhost();
		});
		afterAll(async () => {
			await vhost[Symbol.asyncDispose]();
		});
		beforeEach(async () => {
			wire = await wireTo(vhost.url);
			transport = rabbitmqTransport({ url: wire.url, node: "test-node", log: QUIET });
			await transport.connect();
		});
		afterEach(async () => {
			await transport.close();
			await wire[Symbol.asyncDispose]();
		});

		function names(options?: Parameters<typeof queueNamed>[2]) {
			const exchange = `alone${++stages}.events`;
			return { exchange, queue: queueNamed(`alone${stages}.main`, exchange, options) };
		}

		async function stage(options?: Parameters<typeof queueNamed>[2]) {
			const here = names(options);
			await transport.declare({ exchanges: [here.exchange], queues: [here.queue] });
			return here;
		}

		/** As an outbox does: what is not confirmed is published again. */
		async function publishAll(
			messages: readonly OutgoingMessage[],
			during: () => void = () => undefined,
		): Promise<void> {
			let waiting = messages;
			await until(
				async () => {
					const batch = waiting.slice(0, 20);
					const outcomes = await transport.publish(batch);
					waiting = [...batch.filter((_, index) => !outcomes[index]!.confirmed), ...waiting.slice(20)];
					during();
					return waiting.length === 0;
				},
				{ what: "every message to be confirmed", withinMs: 30_000 },
			);
		}

		async function asAdmin<Result>(work: (channel: ConfirmChannel) => Promise<Result>): Promise<Result> {
			const connection = await connect(vhost.url);
			try {
				const channel = await connection.createConfirmChannel();
				const result = await work(channel);
				// Closing the connection would overtake what is still on its way.
				await channel.waitForConfirms();
				return result;
			} finally {
				await connection.close();
			}
		}

		test("the properties of a message are those of the contract", async () => {
			const { exchange, queue } = await stage();
			const sent = messageTo(exchange, { timestamp: new Date("2026-05-01T12:00:00.900Z") });

			await transport.publish([sent]);

			const message = await asAdmin((channel) => channel.get(queue.name, { noAck: true }));
			expect(message).toMatchObject({
				fields: { exchange, routingKey: sent.routingKey },
				properties: {
					messageId: sent.eventId,
					type: "ThingHappened",
					correlationId: sent.correlationId,
					timestamp: Date.parse("2026-05-01T12:00:00Z") / 1_000,
					contentType: "application/json",
					deliveryMode: 2,
				},
			});
		});

		test("every connection closed by the broker in mid-stream, and nothing is lost", async () => {
			const { exchange, queue } = await stage();
			const seen = recorder();
			await transport.consume(queue, seen.handle);
			await publishAll(numbered(exchange, 5));

			const closing = vhost.closeConnections();
			await publishAll(numbered(exchange, 400));
			await closing;
			await publishAll(numbered(exchange, 500).slice(400));

			await until(() => new Set(seen.bodies()).size === 500, { what: "every message" });
			await until(() => transport.missing().length === 0, { what: "the transport to be whole again" });
			expect(await transport.deadLetters(queue.name, 10)).toEqual([]);
		});

		test("every connection reset again and again, and nothing is lost", async () => {
			const { exchange, queue } = await stage();
			const seen = recorder();
			await transport.consume(queue, seen.handle);
			let rounds = 0;

			await publishAll(numbered(exchange, 600), () => {
				if (++rounds % 10 === 0) wire.cut();
			});

			await until(() => new Set(seen.bodies()).size === 600, { what: "every message", withinMs: 20_000 });
			await until(() => transport.missing().length === 0, { what: "the transport to be whole again" });
			expect(await transport.deadLetters(queue.name, 10)).toEqual([]);
		});

		test("it says what is missing while the broker is away, and is whole again soon after", async () => {
			const { exchange, queue } = await stage();
			await transport.consume(queue, recorder().handle);

			wire.sever();
			await until(() => transport.missing().length > 0, { what: "the loss to be noticed" });
			expect(transport.missing()).toEqual(["rabbitmq"]);
			expect(await transport.publish([messageTo(exchange)])).toEqual([
				{
					confirmed: false,
					reason: expect.stringContaining("There is no connection to RabbitMQ at 127.0.0.1:") as string,
				},
			]);

			wire.mend();
			await until(() => transport.missing().length === 0, { what: "the transport to be whole again" });
			expect(await transport.publish([messageTo(exchange)])).toEqual([{ confirmed: true }]);
		});

		test("it can be closed while the broker is away", async () => {
			const { queue } = await stage();
			await transport.consume(queue, recorder().handle);
			wire.sever();
			await until(() => transport.missing().length > 0, { what: "the loss to be noticed" });
			// Long enough for the consumer to wait for a connection, and for attempts to make one.
			await until(() => wire.refused() >= 4, { what: "some attempts to connect" });

			await transport.close();

			expect(transport.missing()).toEqual(["rabbitmq"]);
		});

		test("a frozen broker costs five seconds, and the outcome says so", async () => {
			const { exchange } = await stage();
			wire.stall();

			const outcomes = await transport.publish([messageTo(exchange)]);

			expect(outcomes).toEqual([{ confirmed: false, reason: "no confirm within 5 s" }]);
			wire.flow();
			expect(await transport.publish([messageTo(exchange)])).toEqual([{ confirmed: true }]);
		});

		test("publishing to an exchange that is gone brings it back", async () => {
			const { exchange, queue } = await stage();
			await asAdmin((channel) => channel.deleteExchange(exchange));

			const [outcome] = await transport.publish([messageTo(exchange)]);

			expect(outcome).toEqual({
				confirmed: false,
				reason: expect.stringContaining("NOT_FOUND - no exchange") as string,
			});
			const seen = recorder();
			await transport.consume(queue, seen.handle);
			await publishAll([messageTo(exchange)]);
			await until(() => seen.deliveries.length === 1, { what: "the message" });
		});

		test("a lost binding is restored when a mandatory message misses it", async () => {
			const { exchange, queue } = await stage();
			await asAdmin((channel) => channel.unbindQueue(queue.name, exchange, "#"));

			expect(await transport.publish([messageTo(exchange)])).toEqual([
				{ confirmed: false, reason: "no queue is bound for it", fault: "message" },
			]);

			await publishAll([messageTo(exchange)]);
		});

		test("a queue deleted under its consumer is made again and consumed", async () => {
			const { exchange, queue } = await stage();
			const seen = recorder();
			await transport.consume(queue, seen.handle);

			await asAdmin((channel) => channel.deleteQueue(queue.name));

			await publishAll([messageTo(exchange)]);
			await until(() => seen.deliveries.length === 1, { what: "the message in the new queue" });
			expect(transport.missing()).toEqual([]);
		});

		test("a dead-letter queue that is gone is made again, and the dead letter is in it", async () => {
			const { exchange, queue } = await stage();
			await transport.consume(queue, recorder(() => failed("dead")).handle);
			await asAdmin((channel) => channel.deleteQueue(`${queue.name}.dlq`));

			await publishAll([messageTo(exchange, { body: "poison" })]);

			const letters = await until(
				async () => {
					const found = await transport.deadLetters(queue.name, 10);
					return found.length > 0 && found;
				},
				{ what: "the dead letter" },
			);
			expect(letters).toMatchObject([{ body: "poison" }]);
		});

		test("a consumer whose channel alone was closed by the broker consumes again", async () => {
			const { exchange, queue } = await stage();
			const seen = recorder();
			await transport.consume(queue, seen.handle);
			await publishAll(numbered(exchange, 3));
			await until(() => seen.deliveries.length === 3, { what: "the messages before" });

			// The second connection consumes, and this is its only channel.
			wire.inject(1, acknowledgementOfNothing(1));
			await until(() => transport.missing().length > 0, { what: "the loss to be noticed" });
			expect(transport.missing()).toEqual([`rabbitmq queue ${queue.name}`]);

			await publishAll([messageTo(exchange, { body: "after" })]);
			await until(() => seen.bodies().includes("after"), { what: "the message after" });
			expect(transport.missing()).toEqual([]);
		});

		test("a queue of the same name and another kind is refused in a sentence that names it", async () => {
			const { exchange, queue } = names();
			await asAdmin((channel) => channel.assertQueue(queue.name, { durable: true }));

			const declaring = transport.declare({ exchanges: [exchange], queues: [queue] });

			await expect(declaring).rejects.toThrow(
				new RegExp(
					String.raw`^The queue ${queue.name} exists on RabbitMQ and is another one than is needed here \(.*x-.*\)\. Let its messages be handled, then delete it`,
				),
			);
			await expect(transport.publish([])).resolves.toEqual([]);
		});

		test("two nodes may declare the same at once", async () => {
			const other = rabbitmqTransport({ url: vhost.url, node: "other", log: QUIET });
			await other.connect();
			const here = Array.from({ length: 4 }, () => names());
			const topology = { exchanges: here.map(({ exchange }) => exchange), queues: here.map(({ queue }) => queue) };

			await Promise.all([transport.declare(topology), other.declare(topology)]);

			expect(await other.publish(here.map(({ exchange }) => messageTo(exchange)))).toEqual(
				here.map(() => ({ confirmed: true })),
			);
			await other.close();
		});

		test("two nodes share a queue", async () => {
			const { exchange, queue } = await stage({ prefetch: 2 });
			const other = rabbitmqTransport({ url: vhost.url, node: "other", log: QUIET });
			await other.connect();
			const [mine, theirs] = [recorder(), recorder()];
			await transport.consume(queue, mine.handle);
			await other.consume(queue, theirs.handle);

			await publishAll(numbered(exchange, 100));

			await until(() => mine.deliveries.length + theirs.deliveries.length === 100, { what: "every message" });
			expect(new Set([...mine.bodies(), ...theirs.bodies()]).size).toBe(100);
			await other.close();
		});

		test("a stranger's message without headers or id is handled, and can be retried, dead and replayed", async () => {
			const { exchange, queue } = await stage();
			let isBroken = true;
			const seen = recorder(() => (isBroken ? failed("retry") : DONE));
			await transport.consume(queue, seen.handle);

			await asAdmin(async (channel) => channel.publish(exchange, "some.key", Buffer.from("hello")));

			const [letter] = await until(
				async () => {
					const letters = await transport.deadLetters(queue.name, 10);
					return letters.length > 0 && letters;
				},
				{ what: "the dead letter" },
			);
			expect(letter).toMatchObject({
				eventId: undefined,
				exchange,
				routingKey: "some.key",
				body: "hello",
				attempts: RETRY_DELAYS_MS.length + 1,
			});
			isBroken = false;
			expect(await transport.replay(queue.name, "all")).toBe(1);
			await until(() => seen.deliveries.length === RETRY_DELAYS_MS.length + 2, { what: "the replayed message" });
			expect(seen.deliveries.at(-1)).toMatchObject({
				exchange,
				routingKey: "some.key",
				messageId: undefined,
				attempt: 1,
			});
		});

		test("a stranger's odd properties and headers do no harm", async () => {
			const { exchange, queue } = await stage();
			const seen = recorder(({ attempt }) => (attempt === 1 ? failed("retry") : DONE));
			await transport.consume(queue, seen.handle);

			await asAdmin(async (channel) =>
				channel.publish(exchange, "k", Buffer.from("odd"), {
					messageId: "m",
					userId: "guest",
					headers: {
						"x-attempts": "many",
						"x-original-exchange": 7,
						"x-first-failed-at": "yesterday",
						traceparent: "00-abc",
						nested: { deep: { list: [1, "two", { three: 3 }] } },
						long: "x".repeat(60_000),
						CC: ["nowhere"],
					},
				}),
			);

			await until(() => seen.deliveries.length === 2, { what: "the second attempt" });
			expect(seen.deliveries).toMatchObject(
				[1, 2].map((attempt) => ({ attempt, exchange, routingKey: "k", messageId: "m" })),
			);
		});

		test("ten megabytes are a dead letter at once, and the next message is handled", async () => {
			const { exchange, queue } = await stage();
			const seen = recorder();
			await transport.consume(queue, seen.handle);

			await asAdmin(async (channel) =>
				channel.publish(exchange, "big", Buffer.alloc(10 * 1024 * 1024, "x"), { messageId: "big" }),
			);
			await publishAll([messageTo(exchange, { body: "small" })]);

			await until(() => seen.deliveries.length === 1, { what: "the small message" });
			expect(seen.bodies()).toEqual(["small"]);
			const [letter] = await until(
				async () => {
					const letters = await transport.deadLetters(queue.name, 10);
					return letters.length > 0 && letters;
				},
				{ what: "the dead letter" },
			);
			expect(letter).toMatchObject({
				eventId: "big",
				exchange,
				routingKey: "big",
				attempts: 1,
				failure: { code: "MESSAGE_TOO_LARGE" },
			});
		});

		test("what RabbitMQ gave up itself, after 20 deliveries without an answer, is listed with that reason and replayed", async () => {
			const { exchange, queue } = await stage();
			const sent = messageTo(exchange, { routingKey: "order.placed" });
			await transport.publish([sent]);
			await asAdmin(async (channel) => {
				for (let message = await channel.get(queue.name); message; message = await channel.get(queue.name))
					channel.nack(message);
			});

			const [letter] = await until(
				async () => {
					const letters = await transport.deadLetters(queue.name, 10);
					return letters.length > 0 && letters;
				},
				{ what: "the dead letter" },
			);

			expect(letter).toMatchObject({
				eventId: sent.eventId,
				exchange,
				routingKey: "order.placed",
				failure: { code: "DELIVERY_LIMIT" },
			});
			expect(Date.now() - letter!.diedAt.getTime()).toBeLessThan(10_000);
			const seen = recorder();
			await transport.consume(queue, seen.handle);
			await transport.replay(queue.name, "all");
			await until(() => seen.deliveries.length === 1, { what: "the replayed message" });
			expect(seen.deliveries[0]).toMatchObject({
				messageId: sent.eventId,
				exchange,
				routingKey: "order.placed",
				attempt: 1,
			});
		});
	});

	describe("a broker that can't be reached", () => {
		test("is an error after a bounded number of attempts, with the address and without the password", async () => {
			const url = "amqp://shop:secret@127.0.0.1:5999/some";
			const transport = rabbitmqTransport({ url, node: "n", log: QUIET, connectAttempts: 2 });

			const problem = await transport.connect().catch((error: Error) => error.message);

			expect(problem).toBe("RabbitMQ at 127.0.0.1:5999 can't be reached after 2 attempts: it refuses the connection");
			await transport.close();
		});

		test("says so when the virtual host is not there", async () => {
			await using vhost = await testVhost();
			const transport = rabbitmqTransport({ url: `${vhost.url}_other`, node: "n", log: QUIET, connectAttempts: 1 });

			await expect(transport.connect()).rejects.toThrow(
				`it has no virtual host "${vhost.name}_other" that guest may use`,
			);
			await transport.close();
		});

		test("says so when the password is wrong", async () => {
			await using vhost = await testVhost();
			const url = vhost.url.replace(/\/\/[^@]*@/, "//guest:wrong-password@");
			const transport = rabbitmqTransport({ url, node: "n", log: QUIET, connectAttempts: 1 });

			const problem = await transport.connect().catch((error: Error) => error.message);

			expect(problem).toMatch(/ACCESS.REFUSED/);
			expect(problem).not.toMatch(/wrong-password/);
			await transport.close();
		});
	});
});

/** A `basic.ack` of a delivery that never was: a fault for which RabbitMQ closes the channel and nothing else. */
function acknowledgementOfNothing(channel: number): Buffer {
	const payload = Buffer.alloc(13);
	payload.writeUInt16BE(60, 0);
	payload.writeUInt16BE(80, 2);
	payload.writeBigUInt64BE(999_999n, 4);
	const frame = Buffer.alloc(7 + payload.length + 1);
	frame.writeUInt8(1, 0);
	frame.writeUInt16BE(channel, 1);
	frame.writeUInt32BE(payload.length, 3);
	payload.copy(frame, 7);
	frame.writeUInt8(0xce, frame.length - 1);
	return frame;
}
