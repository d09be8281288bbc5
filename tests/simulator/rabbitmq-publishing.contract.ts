import type { ConfirmChannel, Message, Options } from "amqplib";
import { until } from "../support/until";
import { QUORUM, type RabbitmqStage } from "./rabbitmq.stage";

/** More than a frame holds. */
const LARGE_BYTES = 400_000;

export function publishingContract(here: RabbitmqStage): void {
	describe("publishing", () => {
		test.each([
			["quorum", QUORUM],
			["classic", {}],
		])("all that a %s queue has taken is confirmed, and comes in its order", async (_type, args) => {
			const queue = await here.queue(args);
			const bodies = Array.from({ length: 200 }, (_, number) => String(number));
			const confirmed: string[] = [];
			const channel = await here.channel();

			for (const body of bodies) {
				channel.sendToQueue(queue, Buffer.from(body), {}, (error) => !error && confirmed.push(body));
			}
			await channel.waitForConfirms();

			expect(confirmed).toEqual(bodies);
			expect(await here.counts(queue)).toMatchObject({ ready: bodies.length });
			for (const body of bodies.slice(0, 5)) expect((await here.taken(queue)).content.toString()).toBe(body);
		});

		test.each([
			["empty", 0],
			["as long as several frames", LARGE_BYTES],
		])("a body that is %s arrives as it was, with its properties", async (_what, length) => {
			const queue = await here.queue(QUORUM);
			const body = Buffer.alloc(length, "größer 🛒");
			const properties: Options.Publish = {
				contentType: "application/json",
				contentEncoding: "utf8",
				headers: {
					text: "größer",
					number: 12,
					long: 5_000_000_000,
					half: 0.5,
					yes: true,
					list: ["a", 1],
					table: { a: "b" },
				},
				persistent: true,
				correlationId: "correlation",
				replyTo: "there",
				messageId: "message",
				timestamp: 1_700_000_000,
				type: "ThingHappened",
				appId: "tests",
			};
			const channel = await here.channel();

			channel.sendToQueue(queue, body, properties);
			await channel.waitForConfirms();

			const { persistent: _, headers, ...others } = properties;
			const message = await here.taken(queue);
			expect(message.content.equals(body)).toBe(true);
			expect(message.properties).toMatchObject({ ...others, deliveryMode: 2 });
			expect(message.properties.headers).toEqual({ ...(headers as object), "x-delivery-count": 0 });
		});

		test("a mandatory message that finds no queue comes back before it is confirmed, others don't", async () => {
			const exchange = here.name();
			const channel = await here.channel();
			await channel.assertExchange(exchange, "topic");
			const happened: string[] = [];
			let returned: Message | undefined;
			channel.on("return", (message: Message) => {
				returned = message;
				happened.push("returned");
			});

			channel.publish(exchange, "nowhere", Buffer.from("a"), { mandatory: true, messageId: "1" }, () =>
				happened.push("confirmed"),
			);
			await channel.waitForConfirms();
			channel.publish(exchange, "nowhere", Buffer.from("b"), {}, () => happened.push("confirmed"));
			await channel.waitForConfirms();

			expect(happened).toEqual(["returned", "confirmed", "confirmed"]);
			expect(returned).toMatchObject({
				fields: { replyCode: 312, replyText: "NO_ROUTE", exchange, routingKey: "nowhere" },
				properties: { messageId: "1" },
				content: Buffer.from("a"),
			});
		});

		test("what one exchange takes for several queues is confirmed when all of them have it", async () => {
			const [exchange, queues] = [
				here.name(),
				[await here.queue(QUORUM), await here.queue(), await here.queue(QUORUM)],
			];
			const channel = await here.channel();
			await channel.assertExchange(exchange, "fanout");
			for (const queue of queues) await channel.bindQueue(queue, exchange, "");

			channel.publish(exchange, "", Buffer.from("a"));
			await channel.waitForConfirms();

			for (const queue of queues) expect(await here.counts(queue)).toMatchObject({ ready: 1 });
		});

		test("what is published to no exchange, or an internal one, ends the channel", async () => {
			const [missing, internal] = [here.name(), here.name()];
			await (await here.channel()).assertExchange(internal, "fanout", { internal: true });

			expect(await here.refusal((channel) => publish(channel, missing))).toBe(
				`NOT_FOUND - no exchange '${missing}' in vhost '/'`,
			);
			expect(await here.refusal((channel) => publish(channel, internal))).toBe(
				`ACCESS_REFUSED - cannot publish to internal exchange '${internal}' in vhost '/'`,
			);
		});

		test("what was published before the end of a channel is there", async () => {
			const queue = await here.queue(QUORUM);
			const channel = await here.channel();

			channel.sendToQueue(queue, Buffer.from("kept"), {}, () => undefined);
			publish(channel, here.name());

			expect((await here.taken(queue)).content.toString()).toBe("kept");
		});

		test("a channel that has ended leaves its connection and other channels as they are", async () => {
			const connection = await here.connect();
			const [one, other] = [await connection.createConfirmChannel(), await connection.createConfirmChannel()];
			let isOver = false;
			one.on("error", () => (isOver = true));

			publish(one, here.name());
			await until(() => isOver, { what: "the end of the channel" });

			const queue = await here.queue();
			other.sendToQueue(queue, Buffer.from("a"));
			await other.waitForConfirms();
			const next = await connection.createChannel();
			expect(await next.checkQueue(queue)).toMatchObject({ messageCount: 1 });
		});
	});
}

function publish(channel: ConfirmChannel, exchange: string): void {
	channel.publish(exchange, "", Buffer.from("a"), {}, () => undefined);
}
