import { rabbitmqTransport } from "../../mixins/events/rabbitmq/transport";
import { delayQueue } from "../../mixins/events/rabbitmq/queues";
import type { QueueSpec } from "../../mixins/events/topology";
import type { EventTransport, OutgoingMessage } from "../../mixins/events/transport";
import { privateRabbitmq, type PrivateRabbitmq } from "../support/private-rabbitmq";
import { describeOnPrivateRabbitMQ } from "../support/servers";
import { until } from "../support/until";
import { failed, messageTo, numbered, queueNamed, QUIET, recorder } from "./transport.stage";

jest.setTimeout(180_000);

/** RabbitMQ reads no more of a connection about 400 messages after a channel has had 32 for a silent queue. */
const MORE_THAN_CREDIT = 600;

/**
 * A queue that is there and does not answer: the process of its raft member is suspended, as when the nodes that would
 * make up its quorum are gone.
 */
describeOnPrivateRabbitMQ("RabbitMQ, when a queue is there and silent", () => {
	let broker: PrivateRabbitmq;
	let transport: EventTransport;
	let stages = 0;
	let toWake: string[] = [];

	beforeAll(async () => {
		broker = await privateRabbitmq();
	});
	afterAll(() => broker?.[Symbol.asyncDispose]());
	beforeEach(async () => {
		transport = rabbitmqTransport({ url: broker.url, node: "test-node", log: QUIET });
		await transport.connect();
	});
	afterEach(async () => {
		for (const queue of toWake) await broker.unsilence(queue);
		toWake = [];
		await transport.close();
	});

	/** Two queues, each with an exchange of its own. */
	async function stage(): Promise<Record<"one" | "other", { exchange: string; queue: QueueSpec }>> {
		const named = (name: string): { exchange: string; queue: QueueSpec } => ({
			exchange: `${name}.events`,
			queue: queueNamed(`${name}.main`, `${name}.events`),
		});
		const [one, other] = [named(`one${++stages}`), named(`other${stages}`)];
		await transport.declare({ exchanges: [one.exchange, other.exchange], queues: [one.queue, other.queue] });
		return { one, other };
	}

	async function silence(queue: string): Promise<void> {
		await broker.silence(queue);
		toWake.push(queue);
	}
	async function wake(queue: string): Promise<void> {
		toWake = toWake.filter((each) => each !== queue);
		await broker.unsilence(queue);
	}

	/** As an outbox does: what is not confirmed is published again. */
	async function keepPublishing(messages: readonly OutgoingMessage[]): Promise<void> {
		let waiting = messages;
		await until(
			async () => {
				const outcomes = await transport.publish(waiting);
				waiting = waiting.filter((_, index) => !outcomes[index]!.confirmed);
				return waiting.length === 0;
			},
			{ what: "every message to be confirmed", withinMs: 60_000, everyMs: 100 },
		);
	}

	test.each([
		["few enough for RabbitMQ to go on with the connection", 40],
		["so many that RabbitMQ stops reading the connection", MORE_THAN_CREDIT],
	])("what goes elsewhere is confirmed meanwhile, and nothing is lost: %s", async (_case, count) => {
		const { one, other } = await stage();
		const seen = { one: recorder(), other: recorder() };
		await transport.consume(one.queue, seen.one.handle);
		await transport.consume(other.queue, seen.other.handle);
		await keepPublishing([...numbered(one.exchange, 1), ...numbered(other.exchange, 1)]);

		await silence(one.queue.name);
		const held = keepPublishing(numbered(one.exchange, count));
		// In the thick of it, and when it is known.
		await keepPublishing(numbered(other.exchange, 50));
		await until(
			async () => {
				const [outcome] = await transport.publish([messageTo(one.exchange)]);
				return !outcome!.confirmed && outcome!.fault === "route";
			},
			{ what: "the silence to be known" },
		);
		await keepPublishing(numbered(other.exchange, MORE_THAN_CREDIT));
		const stillSilent = await transport.publish([messageTo(one.exchange)]);
		await wake(one.queue.name);

		await held;
		expect(stillSilent).toMatchObject([{ confirmed: false, fault: "route" }]);
		await until(() => new Set(seen.one.bodies()).size >= count, { what: "what has waited" });
		await until(() => new Set(seen.other.bodies()).size === MORE_THAN_CREDIT, { what: "what went elsewhere" });
		expect(await transport.publish([messageTo(one.exchange)])).toEqual([{ confirmed: true }]);
	});

	test("a transport that has never reached it does not wait for it either", async () => {
		const { one, other } = await stage();
		await silence(one.queue.name);

		// The first message to it blocks a new channel altogether.
		const held = keepPublishing(numbered(one.exchange, 1));
		await keepPublishing(numbered(other.exchange, 20));
		const stillSilent = await transport.publish([messageTo(one.exchange)]);
		await wake(one.queue.name);
		await held;

		expect(stillSilent).toMatchObject([{ confirmed: false }]);
	});

	test("a delay queue that is silent holds up what fails, and neither what succeeds nor other consumers", async () => {
		const { one, other } = await stage();
		const delay = delayQueue(one.queue.name, one.queue.retryDelaysMs[0]!);
		const seen = {
			one: recorder(({ body, attempt }) =>
				body.toString() === "fails" && attempt === 1 ? failed("retry") : undefined,
			),
			other: recorder(({ attempt }) => (attempt === 1 ? failed("retry") : undefined)),
		};
		await transport.consume(one.queue, seen.one.handle);
		await transport.consume(other.queue, seen.other.handle);
		await silence(delay);

		await keepPublishing([messageTo(one.exchange, { body: "fails" })]);
		await until(() => seen.one.bodies().includes("fails"), { what: "the failure" });
		await keepPublishing([messageTo(one.exchange, { body: "succeeds" }), messageTo(other.exchange, { body: "fails" })]);
		await until(() => seen.one.bodies().includes("succeeds"), { what: "the next one" });
		await until(() => seen.other.deliveries.length === 2, { what: "the other consumer's second attempt" });
		const before = seen.one.deliveries.filter(({ attempt }) => attempt > 1);
		await wake(delay);

		await until(() => seen.one.deliveries.some(({ attempt }) => attempt === 2), { what: "the second attempt" });
		expect(before).toEqual([]);
		expect(await transport.deadLetters(one.queue.name, 10)).toEqual([]);
	});

	test("an alarm is said, and over when it is over", async () => {
		const { one } = await stage();
		const blocked = keepPublishing(numbered(one.exchange, 200));
		await broker.raise("memory");
		await until(async () => !(await transport.publish([messageTo(one.exchange)]))[0]!.confirmed, { what: "the alarm" });

		await until(() => !transport.canPublish(), { what: "the transport to say so" });
		await broker.clear("memory");

		await blocked;
		await until(() => transport.canPublish(), { what: "the transport to publish again" });
		expect(await transport.publish([messageTo(one.exchange)])).toEqual([{ confirmed: true }]);
	});
});
