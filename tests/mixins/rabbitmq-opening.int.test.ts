import { rabbitmqTransport } from "../../mixins/events/rabbitmq/transport";
import type { EventTransport } from "../../mixins/events/transport";
import { channelClose, connectionClose, followed, OPENED } from "../support/amqp-frames";
import { wireTo, type Wire } from "../support/proxy";
import { describeOnRabbitMQ, testVhost, type TestVhost } from "../support/servers";
import { until } from "../support/until";
import { failed, messageTo, queueNamed, QUIET, recorder } from "./transport.stage";

/**
 * What is closed in the same breath as it was opened: both are in one read, and the end comes before anybody could listen
 * for it. RabbitMQ is the real one; the wire lets a Close follow at once what it says.
 */
describeOnRabbitMQ("RabbitMQ, when something is closed while it is being opened", () => {
	let vhost: TestVhost;
	let wire: Wire;
	let transport: EventTransport;
	let stages = 0;

	beforeAll(async () => {
		vhost = await testVhost();
	});
	afterAll(() => vhost[Symbol.asyncDispose]());
	beforeEach(async () => {
		wire = await wireTo(vhost.url);
		transport = rabbitmqTransport({ url: wire.url, node: "test-node", log: QUIET });
	});
	afterEach(async () => {
		await transport.close();
		await wire[Symbol.asyncDispose]();
	});

	function names() {
		const exchange = `opening${++stages}.events`;
		return { exchange, queue: queueNamed(`opening${stages}.main`, exchange) };
	}

	/** Publishes until it is confirmed and heard, and asks for the dead letters as well. */
	async function worksAsAWhole({ exchange, queue }: ReturnType<typeof names>): Promise<void> {
		const seen = recorder(({ body }) => (body.toString() === "poison" ? failed("dead") : undefined));
		await transport.consume(queue, seen.handle);
		await until(
			async () => {
				const outcomes = await transport.publish([
					messageTo(exchange, { body: "after" }),
					messageTo(exchange, { body: "poison" }),
				]);
				return outcomes.every(({ confirmed }) => confirmed);
			},
			{ what: "messages to be confirmed again" },
		);
		await until(() => seen.bodies().includes("after"), { what: "the message" });
		await until(async () => (await transport.deadLetters(queue.name, 10)).length > 0, { what: "the dead letter" });
		await until(() => transport.missing().length === 0, { what: "the transport to be whole" });
		expect(transport.canPublish()).toBe(true);
	}

	const CLOSES = [
		["the connection", connectionClose],
		["the channel", channelClose],
	] as const;

	test.each(CLOSES)("%s, together with the channel for publishing", async (_what, close) => {
		const here = names();
		const { change, left } = followed(OPENED.confirms, close);
		wire.meddle(change);

		await transport.connect();
		await until(() => transport.canPublish(), { what: "the channel for publishing" });
		await transport.declare({ exchanges: [here.exchange], queues: [here.queue] });

		await worksAsAWhole(here);
		expect(left()).toBe(0);
	});

	test("a connection that is closed as soon as it is open, at the start and again", async () => {
		const here = names();
		const { change, left } = followed(OPENED.connection, connectionClose, 4);
		wire.meddle(change);

		await transport.connect();
		await until(() => transport.canPublish(), { what: "the connections" });
		await transport.declare({ exchanges: [here.exchange], queues: [here.queue] });

		await worksAsAWhole(here);
		expect(left()).toBe(0);
	});

	test.each([
		["the connection, together with a channel", OPENED.channel, connectionClose],
		["the connection, together with a consumer", OPENED.consumer, connectionClose],
		["the channel of a consumer, as soon as it is open", OPENED.channel, channelClose],
		["the channel of a consumer, as soon as it consumes", OPENED.consumer, channelClose],
		["the channel of a consumer, between both", OPENED.prefetch, channelClose],
	])("%s", async (_what, opened, close) => {
		const here = names();
		await transport.connect();
		await transport.declare({ exchanges: [here.exchange], queues: [here.queue] });
		const { change, left } = followed(opened, close);
		wire.meddle(change);

		await worksAsAWhole(here);
		expect(left()).toBe(0);
	});

	test.each(CLOSES)("%s, together with the channel of who looks at dead letters", async (_what, close) => {
		const here = names();
		await transport.connect();
		await transport.declare({ exchanges: [here.exchange], queues: [here.queue] });
		const { change, left } = followed(OPENED.channel, close);
		wire.meddle(change);

		await transport.deadLetters(here.queue.name, 10).catch(() => undefined);

		expect(left()).toBe(0);
		await worksAsAWhole(here);
	});

	test("connections that are reset after any number of bytes, again and again", async () => {
		const here = names();
		await transport.connect();
		await transport.declare({ exchanges: [here.exchange], queues: [here.queue] });
		let bytes = 450;

		// A handshake is about 550 bytes, and each channel that is opened about 30 more.
		wire.resetAfter(() => (bytes += 40));
		wire.cut();
		await until(() => bytes > 800, { what: "all of them" });
		wire.resetAfter();
		wire.cut();

		await worksAsAWhole(here);
		expect(bytes).toBeGreaterThan(800);
	});
});
