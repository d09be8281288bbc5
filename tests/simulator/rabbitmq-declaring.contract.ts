import type { Channel, ConfirmChannel, Options } from "amqplib";
import { until } from "../support/until";
import { consumed, QUORUM, type Arguments, type RabbitmqStage } from "./rabbitmq.stage";

const PLAIN = {
	...QUORUM,
	"x-message-ttl": 60_000,
	"x-delivery-limit": 5,
	"x-dead-letter-exchange": "",
	"x-dead-letter-routing-key": "dead",
	"x-overflow": "reject-publish",
};

function without(argument: keyof typeof PLAIN): Arguments {
	const { [argument]: _left, ...others } = PLAIN;
	return others;
}

export function declaringContract(here: RabbitmqStage): void {
	describe("declaring queues", () => {
		test("a queue that is declared once more as it is stays, and tells what is ready in it and who consumes it", async () => {
			const queue = await here.queue(PLAIN);
			await here.put(queue, "1", "2", "3");
			const channel = await here.channel();
			await channel.prefetch(1);
			const seen = await consumed(channel, queue);
			await until(() => seen.messages.length === 1, { what: "the first" });

			const again = await channel.assertQueue(queue, { durable: true, arguments: PLAIN });

			expect(again).toEqual({ queue, messageCount: 2, consumerCount: 1 });
			expect(await channel.checkQueue(queue)).toEqual(again);
		});

		test.each([
			[
				"its time to live",
				{ ...PLAIN, "x-message-ttl": 100_000 },
				"'x-message-ttl'",
				"'100000' but current is '60000'",
			],
			[
				"no time to live",
				without("x-message-ttl"),
				"'x-message-ttl'",
				"none but current is the value '60000' of type 'signedint'",
			],
			[
				"no delivery limit",
				without("x-delivery-limit"),
				"'x-delivery-limit'",
				"none but current is the value '5' of type 'byte'",
			],
			[
				"a large delivery limit",
				{ ...PLAIN, "x-delivery-limit": 1_000_000_000 },
				"'x-delivery-limit'",
				"'1000000000' but current is '5'",
			],
			[
				"a lease",
				{ ...PLAIN, "x-expires": 1_000 },
				"'x-expires'",
				"the value '1000' of type 'short' but current is none",
			],
			[
				"an order",
				{ ...PLAIN, "x-single-active-consumer": true },
				"'x-single-active-consumer'",
				"the value 'true' of type 'bool' but current is none",
			],
			[
				"where its dead go",
				{ ...PLAIN, "x-dead-letter-routing-key": "other" },
				"'x-dead-letter-routing-key'",
				"'other' but current is 'dead'",
			],
			[
				"how its dead go",
				{ ...PLAIN, "x-dead-letter-strategy": "at-least-once" },
				"'x-dead-letter-strategy'",
				"the value 'at-least-once' of type 'longstr' but current is none",
			],
			[
				"no overflow",
				without("x-overflow"),
				"'x-overflow'",
				"none but current is the value 'reject-publish' of type 'longstr'",
			],
			["its type", { ...PLAIN, "x-queue-type": "classic" }, "'x-queue-type'", "'classic' but current is 'quorum'"],
		])("another one is refused with what differs: %s", async (_what, args: Arguments, argument, words) => {
			const queue = await here.queue(PLAIN);

			const refusal = await here.refusal((channel) => channel.assertQueue(queue, { durable: true, arguments: args }));

			expect(refusal).toBe(
				`PRECONDITION_FAILED - inequivalent arg ${argument} for queue '${queue}' in vhost '/': received ${words}`,
			);
		});

		test.each([
			["durable", { durable: false }, "received 'false' but current is 'true'"],
			["auto_delete", { durable: true, autoDelete: true }, "received 'true' but current is 'false'"],
		])("another property is refused as well: %s", async (property, options: Options.AssertQueue, words) => {
			const queue = await here.queue(PLAIN);

			const refusal = await here.refusal((channel) => channel.assertQueue(queue, { ...options, arguments: PLAIN }));

			expect(refusal).toBe(
				`PRECONDITION_FAILED - inequivalent arg '${property}' for queue '${queue}' in vhost '/': ${words}`,
			);
		});

		test("what RabbitMQ can't compare may differ", async () => {
			const queue = await here.queue(PLAIN);
			const channel = await here.channel();

			const again = await channel.assertQueue(queue, { durable: true, arguments: { ...PLAIN, "x-of-ours": 1 } });

			expect(again.queue).toBe(queue);
		});

		test.each([
			[
				"a type that is none",
				{ "x-queue-type": "tape" },
				{},
				`invalid arg 'x-queue-type' for QUEUE: "unsupported queue type 'tape'"`,
			],
			[
				"a key without an exchange",
				{ "x-dead-letter-routing-key": "a" },
				{},
				"invalid arg 'x-dead-letter-routing-key' for QUEUE: routing_key_but_no_dlx_defined",
			],
			[
				"a time in words",
				{ "x-message-ttl": "soon" },
				{},
				`invalid arg 'x-message-ttl' for QUEUE: "expected integer, got longstr"`,
			],
			["no lease at all", { "x-expires": 0 }, {}, "invalid arg 'x-expires' for QUEUE: {value_zero,0}"],
			[
				"a limit that only quorum queues have",
				{ "x-delivery-limit": 3 },
				{},
				"invalid arg 'x-delivery-limit' for QUEUE of queue type rabbit_classic_queue",
			],
			["a quorum queue that is not durable", QUORUM, { durable: false }, "invalid property 'non-durable' for QUEUE"],
			["one for a connection alone", QUORUM, { exclusive: true }, "invalid property 'exclusive-owner' for QUEUE"],
		])("what can't be is refused: %s", async (_what, args: Arguments, options: Options.AssertQueue, words) => {
			const queue = here.name();

			const refusal = await here.refusal((channel) =>
				channel.assertQueue(queue, { durable: true, ...options, arguments: args }),
			);

			expect(refusal).toBe(`PRECONDITION_FAILED - ${words.replace("QUEUE", `queue '${queue}' in vhost '/'`)}`);
		});

		test("words that are too long end in dots", async () => {
			const [long, other] = ["l".repeat(120), "o".repeat(120)];
			const queue = await here.queue({ "x-dead-letter-exchange": "", "x-dead-letter-routing-key": long });

			const refusal = await here.refusal((channel) =>
				channel.assertQueue(queue, { deadLetterExchange: "", deadLetterRoutingKey: other }),
			);

			expect(refusal).toMatch(
				/^PRECONDITION_FAILED - inequivalent arg 'x-dead-letter-routing-key' .* received 'o+.*\.\.\.$/,
			);
			expect(refusal.length).toBeLessThanOrEqual(255);
		});

		test("the server names a queue for whoever gives it no name", async () => {
			const channel = await here.channel();

			const { queue } = await channel.assertQueue("", { exclusive: true });

			expect(queue).toMatch(/^amq\.gen-[\w-]{22}$/);
			expect(await here.refusal((other) => other.assertQueue("amq.mine"))).toBe(
				"ACCESS_REFUSED - queue name 'amq.mine' contains reserved prefix 'amq.*'",
			);
		});

		const uses: [string, (channel: ConfirmChannel, queue: string) => Promise<unknown>][] = [
			["looked at", (channel, queue) => channel.checkQueue(queue)],
			["consumed", (channel, queue) => channel.consume(queue, () => undefined)],
			["asked for a message", (channel, queue) => channel.get(queue)],
			["purged", (channel, queue) => channel.purgeQueue(queue)],
		];

		test.each(uses)("one that is not there can't be %s", async (_what, use) => {
			const queue = here.name();

			expect(await here.refusal((channel) => use(channel, queue))).toBe(`NOT_FOUND - no queue '${queue}' in vhost '/'`);
		});

		test("one that is not there is as good as deleted", async () => {
			const channel = await here.channel();

			expect(await channel.deleteQueue(here.name())).toEqual({ messageCount: 0 });
		});

		test("a purged queue is empty but for what is in somebody's hands", async () => {
			const queue = await here.queue(QUORUM);
			await here.put(queue, "1", "2", "3");
			const channel = await here.channel();
			await channel.get(queue);

			expect(await channel.purgeQueue(queue)).toEqual({ messageCount: 2 });

			channel.nackAll(true);
			expect((await here.taken(queue)).content.toString()).toBe("1");
		});

		test("one that is used, or not empty, is not deleted by who says so", async () => {
			const queue = await here.queue();
			await here.put(queue, "1");
			const full = await here.refusal((channel) => channel.deleteQueue(queue, { ifEmpty: true }));
			const consumer = await here.channel();
			await consumed(consumer, queue);
			const used = await here.refusal((channel) => channel.deleteQueue(queue, { ifUnused: true }));

			expect(full).toBe(`PRECONDITION_FAILED - queue '${queue}' in vhost '/' not empty`);
			expect(used).toBe(`PRECONDITION_FAILED - queue '${queue}' in vhost '/' in use`);
		});
	});

	describe("queues that go by themselves", () => {
		test("an exclusive one is its connection's alone, and goes with it", async () => {
			const connection = await here.connect();
			const channel = await connection.createChannel();
			const queue = here.name();
			await channel.assertQueue(queue, { exclusive: true });
			const locked =
				`RESOURCE_LOCKED - cannot obtain exclusive access to locked queue '${queue}' in vhost '/'. It could be originally ` +
				"declared on another connection or the exclusive property value does not match that of the original declaration.";

			const looked = await here.refusal((other) => other.checkQueue(queue));
			const declared = await here.refusal((other) => other.assertQueue(queue, { exclusive: true }));
			await connection.close();

			expect([looked, declared].map(start)).toEqual([start(locked), start(locked)]);
			await until(async () => !(await here.exists(queue)), { what: "the queue to go" });
		});

		test("one that is to go with its last consumer does so, by its end or its farewell", async () => {
			const queue = await here.queue({}, { autoDelete: true, durable: false });
			const [one, other] = [await here.channel(), await here.channel()];
			const seen = await consumed(one, queue);
			await consumed(other, queue);

			await one.cancel(seen.tag);
			const isThereForOne = await here.exists(queue);
			await other.close();

			expect(isThereForOne).toBe(true);
			await until(async () => !(await here.exists(queue)), { what: "the queue to go" });
		});

		test("one with a lease goes when nobody has used it for so long, and not while it is consumed", async () => {
			const [unused, used] = [await here.queue({ "x-expires": 100 }), await here.queue({ "x-expires": 1_000 })];
			const channel = await here.channel();
			const { tag } = await consumed(channel, used);

			await until(async () => !(await isListed(channel, unused)), { what: "the unused one to go" });
			const isThere = await isListed(channel, used);
			await channel.cancel(tag);

			expect(isThere).toBe(true);
			await until(async () => !(await isListed(channel, used)), { what: "the other one to go" });
		});
	});

	/** Without asking for it by itself, which would be a use: nobody can bind what is not there. */
	async function isListed(channel: Channel, queue: string): Promise<boolean> {
		await channel.assertExchange("leases", "fanout");
		const other = await here.channel();
		return other.bindQueue(queue, "leases", "").then(
			() => true,
			() => false,
		);
	}
}

/** RabbitMQ cuts them off, where they depend on the length of a name. */
function start(words: string): string {
	return words.slice(0, 120);
}
