import type { Channel, ChannelModel, GetMessage } from "amqplib";
import type { Socket } from "node:net";
import { until } from "../support/until";
import { consumed, hasSeen, QUORUM, type RabbitmqStage } from "./rabbitmq.stage";

const LIMITED = { ...QUORUM, "x-delivery-limit": 1_000 };
const SAFE = { "x-dead-letter-strategy": "at-least-once", "x-overflow": "reject-publish" };

export function returningContract(here: RabbitmqStage): void {
	async function take(channel: Channel, queue: string, count: number): Promise<GetMessage[]> {
		const messages: GetMessage[] = [];
		while (messages.length < count) messages.push((await channel.get(queue)) as GetMessage);
		return messages;
	}

	async function order(queue: string, count: number): Promise<string[]> {
		const bodies: string[] = [];
		while (bodies.length < count) bodies.push((await here.taken(queue)).content.toString());
		return bodies;
	}

	async function isReady(queue: string, count: number): Promise<void> {
		await until(async () => (await here.counts(queue)).ready === count, { what: `${count} messages in ${queue}` });
	}

	describe("what is given back", () => {
		test.each([
			["to a classic queue comes back to its place", {}, ["0", "1", "2", "3", "4", "5"]],
			["to a quorum queue with a limit comes first, as it was given back", LIMITED, ["2", "0", "3", "1", "4", "5"]],
			["to one without a limit comes last, as it was given back", QUORUM, ["4", "5", "2", "0", "3", "1"]],
		])("%s", async (_what, args, expected) => {
			const queue = await here.queue(args);
			await here.put(queue, "0", "1", "2", "3", "4", "5");
			const channel = await here.channel();
			const messages = await take(channel, queue, 4);

			for (const [returned, number] of [2, 0, 3, 1].entries()) {
				channel.nack(messages[number]!);
				await isReady(queue, 3 + returned);
			}

			expect(await order(queue, 6)).toEqual(expected);
		});

		test("several at once keep their order", async () => {
			const queue = await here.queue(LIMITED);
			await here.put(queue, "0", "1", "2", "3");
			const channel = await here.channel();
			const messages = await take(channel, queue, 3);

			channel.nack(messages[2]!, true);

			await isReady(queue, 4);
			expect(await order(queue, 4)).toEqual(["0", "1", "2", "3"]);
		});

		const endings: [string, (connection: ChannelModel, channel: Channel) => Promise<void>][] = [
			["its channel was closed", (_connection, channel) => channel.close()],
			["its connection was closed", (connection) => connection.close()],
			["its connection was lost", async (connection) => void socketOf(connection).destroy(new Error("lost"))],
		];

		test.each(endings)("a quorum queue counts it, also when %s", async (_what, end) => {
			const queue = await here.queue(LIMITED);
			await here.put(queue, "1", "2");
			const connection = await here.connect();
			const channel = await connection.createChannel();
			const seen = await consumed(channel, queue);
			await hasSeen(seen, 2);
			channel.nack(seen.messages[0]!);
			await hasSeen(seen, 3);
			const counts = seen.messages.map(({ properties }) => properties.headers?.["x-delivery-count"] as number);

			await end(connection, channel);

			await until(async () => (await here.counts(queue)).consumers === 0, { what: "the end of it" });
			await isReady(queue, 2);
			const again = [await here.taken(queue), await here.taken(queue)];
			expect(counts).toEqual([undefined, undefined, 1]);
			expect(
				again.map(({ content, fields, properties }) => [
					content.toString(),
					fields.redelivered,
					properties.headers?.["x-delivery-count"],
				]),
			).toEqual([
				["2", true, 1],
				["1", true, 2],
			]);
		});

		test("a classic queue tells that it was delivered before", async () => {
			const queue = await here.queue();
			await here.put(queue, "1");
			const channel = await here.channel();
			const [message] = await take(channel, queue, 1);

			channel.reject(message!, true);

			await isReady(queue, 1);
			const again = await here.taken(queue);
			expect(again.fields.redelivered).toBe(true);
			expect(again.properties.headers).not.toHaveProperty("x-delivery-count");
		});

		test("all that a channel holds can be acknowledged at once, or given back", async () => {
			const queue = await here.queue(LIMITED);
			await here.put(queue, "1", "2", "3", "4");
			const channel = await here.channel();
			await take(channel, queue, 2);
			channel.ackAll();
			await take(channel, queue, 2);
			channel.nackAll(true);

			await isReady(queue, 2);
			expect(await order(queue, 2)).toEqual(["3", "4"]);
		});
	});

	describe("what dies", () => {
		/** A queue, and the one for what is dead in it. */
		async function mortal(args: Record<string, string | number | boolean>): Promise<{ queue: string; grave: string }> {
			const grave = await here.queue(QUORUM);
			const to = { "x-dead-letter-exchange": "", "x-dead-letter-routing-key": grave };
			return { queue: await here.queue({ ...args, ...to }), grave };
		}

		test.each([
			["quorum", { ...QUORUM, ...SAFE }],
			["quorum, and dies at most once", QUORUM],
			["classic", {}],
		])("because it was refused goes on, with the record of it (%s)", async (_type, args) => {
			const { queue, grave } = await mortal(args);
			await here.put(queue, "1");
			const channel = await here.channel();
			const [message] = await take(channel, queue, 1);
			const beforeS = Math.floor(Date.now() / 1_000);

			channel.nack(message!, false, false);

			const { properties, fields, content } = await here.taken(grave);
			const [death] = properties.headers?.["x-death"] ?? [];
			expect(content.toString()).toBe("1");
			expect(fields).toMatchObject({ exchange: "", routingKey: grave, redelivered: false });
			expect(properties.headers).toEqual({
				"x-death": [
					{
						count: 1,
						reason: "rejected",
						queue,
						time: { "!": "timestamp", value: expect.any(Number) },
						exchange: "",
						"routing-keys": [queue],
					},
				],
				"x-first-death-reason": "rejected",
				"x-first-death-queue": queue,
				"x-first-death-exchange": "",
				"x-delivery-count": 0,
			});
			const { value: diedS } = death!.time as unknown as { value: number };
			expect(Math.abs(diedS - beforeS)).toBeLessThan(30);
		});

		test("because it was given back too often goes on as well", async () => {
			const { queue, grave } = await mortal({ ...QUORUM, ...SAFE, "x-delivery-limit": 2 });
			await here.put(queue, "1");
			const channel = await here.channel();
			const seen = await consumed(channel, queue);

			for (let delivery = 1; delivery <= 3; delivery++) {
				await hasSeen(seen, delivery);
				channel.nack(seen.messages[delivery - 1]!);
			}

			const { properties } = await here.taken(grave);
			expect(properties.headers?.["x-death"]).toMatchObject([{ reason: "delivery_limit", queue, count: 1 }]);
			expect(seen.messages).toHaveLength(3);
		});

		test.each([
			["quorum", { ...QUORUM, ...SAFE }],
			["classic", {}],
		])("because its time was over goes on in its order, and each time is counted (%s)", async (_type, args) => {
			const { queue, grave } = await mortal({ ...args, "x-message-ttl": 50 });

			await here.put(queue, "1", "2");
			const messages = [await here.taken(grave), await here.taken(grave)];
			const channel = await here.channel();
			const { properties } = messages[0]!;
			channel.sendToQueue(queue, Buffer.from("3"), { headers: properties.headers, messageId: "again" });
			const again = await here.taken(grave);

			expect(messages.map(({ content }) => content.toString())).toEqual(["1", "2"]);
			expect(properties.headers?.["x-death"]).toMatchObject([{ reason: "expired", queue, count: 1 }]);
			expect(again.properties).toMatchObject({ messageId: "again" });
			expect(again.properties.headers?.["x-death"]).toMatchObject([{ reason: "expired", queue, count: 2 }]);
		});

		test("goes by its own time where that is shorter, and has it no more afterwards", async () => {
			const { queue, grave } = await mortal({ ...QUORUM, "x-message-ttl": 3_600_000 });
			const channel = await here.channel();

			channel.sendToQueue(queue, Buffer.from("1"), { expiration: "50" });

			const { properties } = await here.taken(grave);
			expect(properties.expiration).toBeUndefined();
			expect(properties.headers?.["x-death"]).toMatchObject([{ reason: "expired", "original-expiration": "50" }]);
		});

		test("under several exchanges and for several reasons, the last stands first", async () => {
			const { queue: second, grave } = await mortal(QUORUM);
			const exchange = here.name();
			const channel = await here.channel();
			await channel.assertExchange(exchange, "topic");
			await channel.bindQueue(second, exchange, "#");
			const first = await here.queue({ ...QUORUM, "x-message-ttl": 50, "x-dead-letter-exchange": exchange });

			await here.put(first, "1");
			await isReady(second, 1);
			const [message] = await take(channel, second, 1);
			channel.reject(message!, false);

			const { properties } = await here.taken(grave);
			expect(properties.headers?.["x-death"]).toMatchObject([
				{ reason: "rejected", queue: second, exchange, "routing-keys": [first] },
				{ reason: "expired", queue: first, exchange: "", "routing-keys": [first] },
			]);
			expect(properties.headers).toMatchObject({ "x-first-death-queue": first, "x-first-death-reason": "expired" });
		});

		test("without a place to go is gone", async () => {
			const queue = await here.queue(QUORUM);
			await here.put(queue, "1", "2");
			const channel = await here.channel();
			const [message] = await take(channel, queue, 1);

			channel.nack(message!, false, false);

			expect(await order(queue, 1)).toEqual(["2"]);
			await channel.close();
			await until(async () => (await here.counts(queue)).consumers === 0, { what: "the end of it" });
			expect(await here.counts(queue)).toEqual({ ready: 0, consumers: 0 });
		});
	});
}

function socketOf({ connection }: ChannelModel): Socket {
	return (connection as unknown as { stream: Socket }).stream;
}
