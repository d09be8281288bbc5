import { rabbitmqTransport } from "../../mixins/events/rabbitmq/transport";
import { wireTo, type Wire } from "../support/proxy";
import { describeOnRabbitMQ, testVhost } from "../support/servers";
import { until } from "../support/until";
import { onRabbitMQ } from "./rabbitmq.stage";
import { transportContract } from "./transport.contract";
import { messageTo, numbered, QUIET, recorder, type Broker } from "./transport.stage";

async function rabbitmqBroker(): Promise<Broker> {
	const vhost = await testVhost();
	const wires: Wire[] = [];
	return {
		async open() {
			const wire = await wireTo(vhost.url);
			wires.push(wire);
			return {
				transport: rabbitmqTransport({ url: wire.url, node: "test-node", release: "1.2.3", log: QUIET }),
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
		const here = onRabbitMQ();

		test("the properties of a message are those of the contract", async () => {
			const { exchange, queue } = await here.stage();
			const sent = messageTo(exchange, { timestamp: new Date("2026-05-01T12:00:00.900Z") });

			await here.transport.publish([sent]);

			const message = await here.asAdmin((channel) => channel.get(queue.name, { noAck: true }));
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

		test("two nodes may declare the same at once", async () => {
			const other = rabbitmqTransport({ url: here.vhost.url, node: "other", log: QUIET });
			await other.connect();
			const four = Array.from({ length: 4 }, () => here.names());
			const topology = { exchanges: four.map(({ exchange }) => exchange), queues: four.map(({ queue }) => queue) };

			await Promise.all([here.transport.declare(topology), other.declare(topology)]);

			expect(await other.publish(four.map(({ exchange }) => messageTo(exchange)))).toEqual(
				four.map(() => ({ confirmed: true })),
			);
			await other.close();
		});

		test("two nodes share a queue", async () => {
			const { exchange, queue } = await here.stage({ prefetch: 2 });
			const other = rabbitmqTransport({ url: here.vhost.url, node: "other", log: QUIET });
			await other.connect();
			const [mine, theirs] = [recorder(), recorder()];
			await here.transport.consume(queue, mine.handle);
			await other.consume(queue, theirs.handle);

			await here.publishAll(numbered(exchange, 100));

			await until(() => mine.deliveries.length + theirs.deliveries.length === 100, { what: "every message" });
			expect(new Set([...mine.bodies(), ...theirs.bodies()]).size).toBe(100);
			await other.close();
		});
	});
});
