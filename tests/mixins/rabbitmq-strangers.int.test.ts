import { declarationsOf } from "../../mixins/events/rabbitmq/queues";
import { describeOnRabbitMQ } from "../support/servers";
import { until } from "../support/until";
import { onRabbitMQ } from "./rabbitmq.stage";
import { DONE, failed, messageTo, recorder, RETRY_DELAYS_MS } from "./transport.stage";

describeOnRabbitMQ("RabbitMQ, with strangers' messages", () => {
	const here = onRabbitMQ();

	test("a stranger's message without headers or id is handled, and can be retried, dead and replayed", async () => {
		const { exchange, queue } = await here.stage();
		let isBroken = true;
		const seen = recorder(() => (isBroken ? failed("retry") : DONE));
		await here.transport.consume(queue, seen.handle);

		await here.asAdmin(async (channel) => channel.publish(exchange, "some.key", Buffer.from("hello")));

		const [letter] = await until(
			async () => {
				const letters = await here.transport.deadLetters(queue.name, 10);
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
		expect(await here.transport.replay(queue.name, "all")).toBe(1);
		await until(() => seen.deliveries.length === RETRY_DELAYS_MS.length + 2, { what: "the replayed message" });
		expect(seen.deliveries.at(-1)).toMatchObject({
			exchange,
			routingKey: "some.key",
			messageId: undefined,
			attempt: 1,
		});
	});

	test("a stranger's odd properties and headers do no harm", async () => {
		const { exchange, queue } = await here.stage();
		const seen = recorder(({ attempt }) => (attempt === 1 ? failed("retry") : DONE));
		await here.transport.consume(queue, seen.handle);

		await here.asAdmin(async (channel) =>
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
		const { exchange, queue } = await here.stage();
		const seen = recorder();
		await here.transport.consume(queue, seen.handle);

		await here.asAdmin(async (channel) =>
			channel.publish(exchange, "big", Buffer.alloc(10 * 1024 * 1024, "x"), { messageId: "big" }),
		);
		await here.publishAll([messageTo(exchange, { body: "small" })]);

		await until(() => seen.deliveries.length === 1, { what: "the small message" });
		expect(seen.bodies()).toEqual(["small"]);
		const [letter] = await until(
			async () => {
				const letters = await here.transport.deadLetters(queue.name, 10);
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

	test("what RabbitMQ gave up itself, by the limit of an older release's queue, is listed with that reason and replayed", async () => {
		const { exchange, queue } = here.names();
		const { name, arguments: args } = declarationsOf(queue).find((each) => each.name === queue.name)!;
		await here.asAdmin((channel) =>
			channel.assertQueue(name, { durable: true, arguments: { ...args, "x-delivery-limit": 20 } }),
		);
		await here.transport.declare({ exchanges: [exchange], queues: [queue] });
		const sent = messageTo(exchange, { routingKey: "order.placed" });
		const sentAtS = Math.floor(Date.now() / 1_000);
		await here.transport.publish([sent]);
		await here.asAdmin(async (channel) => {
			for (let message = await channel.get(queue.name); message; message = await channel.get(queue.name))
				channel.nack(message);
		});

		const [letter] = await until(
			async () => {
				const letters = await here.transport.deadLetters(queue.name, 10);
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
		// RabbitMQ tells it in whole seconds.
		expect(letter!.diedAt.getTime() / 1_000).toBeGreaterThanOrEqual(sentAtS);
		expect(letter!.diedAt.getTime()).toBeLessThanOrEqual(Date.now());
		const seen = recorder();
		await here.transport.consume(queue, seen.handle);
		await here.transport.replay(queue.name, "all");
		await until(() => seen.deliveries.length === 1, { what: "the replayed message" });
		expect(seen.deliveries[0]).toMatchObject({
			messageId: sent.eventId,
			exchange,
			routingKey: "order.placed",
			attempt: 1,
		});
	});
});
