import { CLOSED, onceWritten, OPENED, withheld } from "../support/amqp-frames";
import { describeOnRabbitMQ } from "../support/servers";
import { until } from "../support/until";
import { onRabbitMQ } from "./rabbitmq.stage";
import { messageTo, recorder } from "./transport.stage";

describeOnRabbitMQ("RabbitMQ, when a consumer is stopped at the wrong moment", () => {
	const here = onRabbitMQ();

	test("one that is to stop while it begins anew lets go, and takes nothing more", async () => {
		const { exchange, queue } = await here.stage();
		const seen = recorder(() => ({ kind: "left" }));
		const consumer = await here.transport.consume(queue, seen.handle);
		await here.publishAll([messageTo(exchange)]);
		await until(() => seen.deliveries.length === 1, { what: "the message" });
		let stopped: Promise<void> | undefined;
		// The message, which nobody has answered, follows at once.
		const { change, left } = onceWritten(OPENED.consumer, () => void (stopped = consumer.stop()));
		here.wire.meddle(change);

		here.wire.cut();
		await until(() => left() === 0, { what: "the consumer to begin anew" });
		await stopped;

		await until(
			async () => {
				const { consumerCount, messageCount } = await here.asAdmin((channel) => channel.checkQueue(queue.name));
				return consumerCount === 0 && messageCount === 1;
			},
			{ what: "the message to be left to others", everyMs: 100 },
		);
		expect(seen.deliveries).toHaveLength(1);
	});

	test("one whose queue does not answer its farewell is stopped all the same", async () => {
		const { exchange, queue } = await here.stage();
		const consumer = await here.transport.consume(queue, recorder().handle);
		const { change, left } = withheld(CLOSED.consumer);
		here.wire.meddle(change);

		await consumer.stop();

		expect(left()).toBe(0);
		const seen = recorder();
		await here.transport.consume(queue, seen.handle);
		await here.publishAll([messageTo(exchange)]);
		await until(() => seen.deliveries.length === 1, { what: "the message at another consumer" });
	});
});
