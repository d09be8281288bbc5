import type { Channel } from "amqplib";
import { until } from "../support/until";
import { consumed, hasSeen, QUORUM, type RabbitmqStage, type Seen } from "./rabbitmq.stage";

const ORDERED = { ...QUORUM, "x-single-active-consumer": true };

export function consumingContract(here: RabbitmqStage): void {
	/** What has been delivered before it has also arrived: its answer comes behind. */
	async function caughtUp(channel: Channel): Promise<void> {
		await channel.checkQueue(await here.queue());
	}

	describe.each([
		["quorum", QUORUM],
		["classic", {}],
	])("consuming a %s queue", (_type, args) => {
		test("a consumer has as many in its hands as it may, and one more for each that it acknowledges", async () => {
			const queue = await here.queue(args);
			await here.put(queue, "1", "2", "3", "4", "5", "6");
			const channel = await here.channel();
			await channel.prefetch(2);
			const seen = await consumed(channel, queue);

			await hasSeen(seen, 2);
			expect(await here.counts(queue)).toEqual({ ready: 4, consumers: 1 });
			channel.ack(seen.messages[0]!);
			await hasSeen(seen, 3);
			expect(await here.counts(queue)).toEqual({ ready: 3, consumers: 1 });
			channel.ack(seen.messages[2]!, true);
			await hasSeen(seen, 5);

			expect(seen.bodies()).toEqual(["1", "2", "3", "4", "5"]);
			expect(seen.messages.map(({ fields: { deliveryTag, redelivered } }) => ({ deliveryTag, redelivered }))).toEqual(
				[1, 2, 3, 4, 5].map((deliveryTag) => ({ deliveryTag, redelivered: false })),
			);
		});

		test("consumers take turns", async () => {
			const queue = await here.queue(args);
			const channel = await here.channel();
			await channel.prefetch(1);
			const both = [await consumed(channel, queue), await consumed(channel, queue)];

			await here.put(queue, "1", "2", "3");
			await until(() => both.every(({ messages }) => messages.length === 1), { what: "one for each" });

			expect(both.flatMap((seen) => seen.bodies()).toSorted()).toEqual(["1", "2"]);
			expect(await here.counts(queue)).toEqual({ ready: 1, consumers: 2 });
		});

		test("who need not acknowledge has everything", async () => {
			const queue = await here.queue(args);
			const channel = await here.channel();
			await channel.prefetch(1);
			const seen = await consumed(channel, queue, { noAck: true });

			await here.put(queue, "1", "2", "3");
			await hasSeen(seen, 3);
			await channel.close();

			await until(async () => (await here.counts(queue)).consumers === 0, { what: "no consumer" });
			expect(await here.counts(queue)).toEqual({ ready: 0, consumers: 0 });
		});

		test("a consumer that was cancelled has no more, and may acknowledge what it has", async () => {
			const queue = await here.queue(args);
			await here.put(queue, "1", "2");
			const channel = await here.channel();
			await channel.prefetch(1);
			const seen = await consumed(channel, queue);
			await hasSeen(seen, 1);

			await channel.cancel(seen.tag);
			channel.ack(seen.messages[0]!);
			await caughtUp(channel);

			expect(seen.bodies()).toEqual(["1"]);
			await until(async () => (await here.counts(queue)).consumers === 0, { what: "no consumer" });
			expect(await here.counts(queue)).toMatchObject({ ready: 1 });
		});

		test("a consumer hears that its queue was deleted", async () => {
			const queue = await here.queue(args);
			const channel = await here.channel();
			const seen = await consumed(channel, queue);

			await (await here.channel()).deleteQueue(queue);

			await until(() => seen.wasCancelled(), { what: "the word of it" });
			expect(await channel.cancel(seen.tag)).toEqual({ consumerTag: seen.tag });
		});

		test("messages are given one by one to who asks, with how many are left", async () => {
			const queue = await here.queue(args);
			await here.put(queue, "1", "2");
			const channel = await here.channel();

			const first = await channel.get(queue);
			const second = await channel.get(queue, { noAck: true });
			const third = await channel.get(queue);

			expect([first, second].map((message) => message && message.fields.messageCount)).toEqual([1, 0]);
			expect(third).toBe(false);
			await channel.close();
			expect((await here.taken(queue)).fields).toMatchObject({ redelivered: true });
			expect(await here.counts(queue)).toMatchObject({ ready: 0 });
		});

		test("an answer to what was never delivered, or was answered already, ends the channel", async () => {
			const queue = await here.queue(args);
			await here.put(queue, "1");
			const unknown = { fields: { deliveryTag: 99 } } as never;

			expect(await here.refusal((channel) => channel.ack(unknown))).toBe(
				"PRECONDITION_FAILED - unknown delivery tag 99",
			);
			expect(await here.refusal((channel) => channel.nack(unknown))).toBe(
				"PRECONDITION_FAILED - unknown delivery tag 99",
			);
			expect(await here.refusal((channel) => channel.ack(unknown, true))).toBe(
				"PRECONDITION_FAILED - unknown delivery tag 99",
			);
			const twice = await here.refusal(async (channel) => {
				const message = await channel.get(queue);
				if (!message) return;
				channel.ack(message);
				channel.ack(message);
			});
			expect(twice).toBe("PRECONDITION_FAILED - unknown delivery tag 1");
		});

		test("a tag is one consumer's at a time", async () => {
			const queue = await here.queue(args);

			const words = await here.farewell(async (channel) => {
				await channel.consume(queue, () => undefined, { consumerTag: "mine" });
				await channel.consume(queue, () => undefined, { consumerTag: "mine" });
			});

			expect(words).toBe("NOT_ALLOWED - attempt to reuse consumer tag 'mine'");
		});

		test("the server names a consumer that gives itself no name", async () => {
			const seen = await consumed(await here.channel(), await here.queue(args));

			expect(seen.tag).toMatch(/^amq\.ctag-[\w-]{22}$/);
		});
	});

	test("a limit of a whole channel holds for the consumers of classic queues together, and not for quorum queues", async () => {
		const [one, other] = [await here.queue(), await here.queue()];
		await here.put(one, "1", "2");
		await here.put(other, "3", "4");
		const channel = await here.channel();
		await channel.prefetch(3, true);
		const both = [await consumed(channel, one), await consumed(channel, other)] as const;
		const bodies = (): string[] => both.flatMap((seen) => seen.bodies());

		await until(() => bodies().length === 3, { what: "three" });
		await caughtUp(channel);
		expect(bodies()).toHaveLength(3);
		channel.ack(both[0].messages[0]!);
		await until(() => bodies().length === 4, { what: "the fourth" });

		const quorum = await here.queue(QUORUM);
		const words = await here.farewell(async (limited) => {
			await limited.prefetch(1, true);
			await limited.consume(quorum, () => undefined);
		});
		expect(words).toBe(`NOT_IMPLEMENTED - queue '${quorum}' in vhost '/' does not support global qos`);
	});

	describe("a single active consumer", () => {
		async function two(queue: string): Promise<{ channel: Channel; seen: Seen }[]> {
			const channels = [await here.channel(), await here.channel()];
			return Promise.all(
				channels.map(async (channel) => {
					await channel.prefetch(1);
					return { channel, seen: await consumed(channel, queue) };
				}),
			);
		}

		test("is the first, until its channel ends; what it had comes to the next one, first of all", async () => {
			const queue = await here.queue(ORDERED);
			const [first, second] = await two(queue);
			await here.put(queue, "1", "2", "3");
			const [active, waiting] = await activeOf(first!, second!);

			active.channel.ack(active.seen.messages[0]!);
			await hasSeen(active.seen, 2);
			await active.channel.close();
			await hasSeen(waiting.seen, 1);
			waiting.channel.ack(waiting.seen.messages[0]!);
			await hasSeen(waiting.seen, 2);

			expect(active.seen.bodies()).toEqual(["1", "2"]);
			expect(waiting.seen.bodies()).toEqual(["2", "3"]);
			expect(waiting.seen.messages.map(({ fields }) => fields.redelivered)).toEqual([true, false]);
		});

		test("that is cancelled gives way at once, with messages still in its hands", async () => {
			const queue = await here.queue(ORDERED);
			const [first, second] = await two(queue);
			await here.put(queue, "1", "2");
			const [active, waiting] = await activeOf(first!, second!);

			await active.channel.cancel(active.seen.tag);
			await hasSeen(waiting.seen, 1);

			expect(waiting.seen.bodies()).toEqual(["2"]);
			active.channel.ack(active.seen.messages[0]!);
		});

		test("leaves nothing for who only looks", async () => {
			const queue = await here.queue(ORDERED);

			expect(await here.refusal((channel) => channel.get(queue))).toBe(
				`RESOURCE_LOCKED - cannot obtain access to locked queue '${queue}' in vhost '/'. basic.get operations are not ` +
					"supported by quorum queues with single active consumer",
			);
		});
	});
}

/** They began at the same time. */
async function activeOf<Each extends { seen: Seen }>(one: Each, other: Each): Promise<[Each, Each]> {
	await until(() => one.seen.messages.length + other.seen.messages.length > 0, { what: "the first delivery" });
	return one.seen.messages.length > 0 ? [one, other] : [other, one];
}
