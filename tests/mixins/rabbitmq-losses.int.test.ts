import { setTimeout as pause } from "node:timers/promises";
import { acknowledgementOfNothing } from "../support/amqp-frames";
import { describeOnRabbitMQ } from "../support/servers";
import { until } from "../support/until";
import { onRabbitMQ } from "./rabbitmq.stage";
import { failed, messageTo, numbered, recorder } from "./transport.stage";

describeOnRabbitMQ("RabbitMQ, when something is lost", () => {
	const here = onRabbitMQ();

	test("every connection closed by the broker in mid-stream, and nothing is lost", async () => {
		const { exchange, queue } = await here.stage();
		const seen = recorder();
		await here.transport.consume(queue, seen.handle);
		await here.publishAll(numbered(exchange, 5));

		const closing = here.vhost.closeConnections();
		await here.publishAll(numbered(exchange, 400));
		await closing;
		await here.publishAll(numbered(exchange, 500).slice(400));

		await until(() => new Set(seen.bodies()).size === 500, { what: "every message" });
		await until(() => here.transport.missing().length === 0, { what: "the transport to be whole again" });
		expect(await here.transport.deadLetters(queue.name, 10)).toEqual([]);
	});

	test("every connection reset again and again, and nothing is lost", async () => {
		const { exchange, queue } = await here.stage();
		const seen = recorder();
		await here.transport.consume(queue, seen.handle);
		let rounds = 0;

		await here.publishAll(numbered(exchange, 600), () => {
			if (++rounds % 10 === 0) here.wire.cut();
		});

		await until(() => new Set(seen.bodies()).size === 600, { what: "every message" });
		await until(() => here.transport.missing().length === 0, { what: "the transport to be whole again" });
		expect(await here.transport.deadLetters(queue.name, 10)).toEqual([]);
	});

	test("it says what is missing while the broker is away, and is whole again soon after", async () => {
		const { exchange, queue } = await here.stage();
		await here.transport.consume(queue, recorder().handle);

		here.wire.sever();
		await until(() => here.transport.missing().length > 0, { what: "the loss to be noticed" });
		expect(here.transport.missing()).toEqual(["rabbitmq"]);
		await until(() => !here.transport.canPublish(), { what: "the publishing connection to be missed as well" });
		expect(await here.transport.publish([messageTo(exchange)])).toEqual([
			{
				confirmed: false,
				reason: expect.stringContaining("There is no connection to RabbitMQ at 127.0.0.1:") as string,
			},
		]);

		here.wire.mend();
		await until(() => here.transport.missing().length === 0, { what: "the transport to be whole again" });
		expect(here.transport.canPublish()).toBe(true);
		expect(await here.transport.publish([messageTo(exchange)])).toEqual([{ confirmed: true }]);
	});

	test("it can be closed while the broker is away", async () => {
		const { queue } = await here.stage();
		await here.transport.consume(queue, recorder().handle);
		here.wire.sever();
		await until(() => here.transport.missing().length > 0, { what: "the loss to be noticed" });
		// Long enough for the consumer to wait for a connection, and for attempts to make one.
		await until(() => here.wire.refused() >= 4, { what: "some attempts to connect" });

		await here.transport.close();

		expect(here.transport.missing()).toEqual(["rabbitmq"]);
	});

	test("a frozen broker costs five seconds, the outcome says so, and its connection is given up", async () => {
		const { exchange } = await here.stage();
		here.wire.stall();

		const outcomes = await here.transport.publish([messageTo(exchange)]);

		expect(outcomes).toEqual([{ confirmed: false, reason: "no confirm within 5 s" }]);
		await until(() => !here.transport.canPublish(), { what: "the silence to be taken for a loss", withinMs: 10_000 });
		here.wire.flow();
		await here.publishAll([messageTo(exchange)]);
		expect(here.transport.canPublish()).toBe(true);
	});

	test("a clock that is set forward makes no confirm late", async () => {
		const { exchange } = await here.stage();
		const now = Date.now.bind(Date);
		here.wire.stall();
		const published = here.transport.publish([messageTo(exchange)]);

		jest.spyOn(Date, "now").mockImplementation(() => now() + 3_600_000);
		// Several looks at what is late.
		const meanwhile = await Promise.race([published, pause(1_000, "not answered")]);
		here.wire.flow();

		expect(meanwhile).toBe("not answered");
		expect(await published).toEqual([{ confirmed: true }]);
		jest.restoreAllMocks();
	});

	test("publishing to an exchange that is gone brings it back", async () => {
		const { exchange, queue } = await here.stage();
		await here.asAdmin((channel) => channel.deleteExchange(exchange));

		const [outcome] = await here.transport.publish([messageTo(exchange)]);

		expect(outcome).toEqual({
			confirmed: false,
			reason: expect.stringContaining("NOT_FOUND - no exchange") as string,
		});
		const seen = recorder();
		await here.transport.consume(queue, seen.handle);
		await here.publishAll([messageTo(exchange)]);
		await until(() => seen.deliveries.length === 1, { what: "the message" });
	});

	test("a lost binding is restored when a mandatory message misses it", async () => {
		const { exchange, queue } = await here.stage();
		await here.asAdmin((channel) => channel.unbindQueue(queue.name, exchange, "#"));

		expect(await here.transport.publish([messageTo(exchange)])).toEqual([
			{ confirmed: false, reason: "no queue is bound for it", fault: "message" },
		]);

		await here.publishAll([messageTo(exchange)]);
	});

	test("a queue deleted under its consumer is made again and consumed", async () => {
		const { exchange, queue } = await here.stage();
		const seen = recorder();
		await here.transport.consume(queue, seen.handle);

		await here.asAdmin((channel) => channel.deleteQueue(queue.name));
		await until(() => here.transport.missing().length > 0, { what: "the loss to be noticed" });
		expect(here.transport.missing()).toEqual([`rabbitmq queue ${queue.name}`]);

		await here.publishAll([messageTo(exchange)]);
		await until(() => seen.deliveries.length === 1, { what: "the message in the new queue" });
		expect(here.transport.missing()).toEqual([]);
	});

	test("a dead-letter queue that is gone is made again, and the dead letter is in it", async () => {
		const { exchange, queue } = await here.stage();
		await here.transport.consume(queue, recorder(() => failed("dead")).handle);
		await here.asAdmin((channel) => channel.deleteQueue(`${queue.name}.dlq`));

		await here.publishAll([messageTo(exchange, { body: "poison" })]);

		const letters = await until(
			async () => {
				const found = await here.transport.deadLetters(queue.name, 10);
				return found.length > 0 && found;
			},
			{ what: "the dead letter" },
		);
		expect(letters).toMatchObject([{ body: "poison" }]);
	});

	test("a consumer whose channel alone was closed by the broker consumes again", async () => {
		const { exchange, queue } = await here.stage();
		const seen = recorder();
		await here.transport.consume(queue, seen.handle);
		await here.publishAll(numbered(exchange, 3));
		await until(() => seen.deliveries.length === 3, { what: "the messages before" });

		// The second connection consumes, and this is its only channel.
		here.wire.inject(1, acknowledgementOfNothing(1));
		await until(() => here.transport.missing().length > 0, { what: "the loss to be noticed" });
		expect(here.transport.missing()).toEqual([`rabbitmq queue ${queue.name}`]);

		await here.publishAll([messageTo(exchange, { body: "after" })]);
		await until(() => seen.bodies().includes("after"), { what: "the message after" });
		expect(here.transport.missing()).toEqual([]);
	});
});
