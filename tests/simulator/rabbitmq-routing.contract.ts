import type { Options } from "amqplib";
import type { RabbitmqStage } from "./rabbitmq.stage";

export function routingContract(here: RabbitmqStage): void {
	describe("exchanges", () => {
		test.each([
			["topic", "order.*", ["order.placed"], ["order", "order.placed.twice"]],
			["topic", "order.#", ["order", "order.placed", "order.placed.twice"], ["orders"]],
			["topic", "#.placed", ["placed", "a.order.placed"], ["placed.a"]],
			["direct", "order.*", ["order.*"], ["order.placed"]],
			["fanout", "nothing", ["anything", ""], []],
		])("a %s exchange takes for %s what it should", async (type, pattern, fitting, others) => {
			const [exchange, queue] = [here.name(), await here.queue()];
			const channel = await here.channel();
			await channel.assertExchange(exchange, type);
			await channel.bindQueue(queue, exchange, pattern);

			for (const key of [...fitting, ...others]) channel.publish(exchange, key, Buffer.from(key));
			await channel.waitForConfirms();

			const { ready } = await here.counts(queue);
			expect(ready).toBe(fitting.length);
			for (const key of fitting) expect((await here.taken(queue)).fields.routingKey).toBe(key);
		});

		test("each queue has a message once, however often it is bound; unbound, it has none", async () => {
			const [exchange, queue, other] = [here.name(), await here.queue(), await here.queue()];
			const channel = await here.channel();
			await channel.assertExchange(exchange, "topic");
			for (const pattern of ["a", "#", "*"]) await channel.bindQueue(queue, exchange, pattern);
			await channel.bindQueue(other, exchange, "a");

			channel.publish(exchange, "a", Buffer.from("both"));
			await channel.unbindQueue(other, exchange, "a");
			channel.publish(exchange, "a", Buffer.from("one"));
			await channel.waitForConfirms();

			expect([await here.counts(queue), await here.counts(other)]).toMatchObject([{ ready: 2 }, { ready: 1 }]);
		});

		test("what no queue is bound for goes to the alternate exchange", async () => {
			const [exchange, alternate, queue] = [here.name(), here.name(), await here.queue()];
			const channel = await here.channel();
			await channel.assertExchange(alternate, "fanout");
			await channel.assertExchange(exchange, "direct", { alternateExchange: alternate });
			await channel.bindQueue(queue, alternate, "");

			channel.publish(exchange, "nowhere", Buffer.from("lost"));
			await channel.waitForConfirms();

			expect((await here.taken(queue)).fields).toMatchObject({ exchange, routingKey: "nowhere" });
		});

		test.each([
			["type", "fanout", { durable: true }, "received 'fanout' but current is 'topic'"],
			["durable", "topic", { durable: false }, "received 'false' but current is 'true'"],
			["auto_delete", "topic", { autoDelete: true }, "received 'true' but current is 'false'"],
			["internal", "topic", { internal: true }, "received 'true' but current is 'false'"],
			[
				"alternate-exchange",
				"topic",
				{ alternateExchange: "a" },
				"received the value 'a' of type 'longstr' but current is none",
			],
		])("another one is refused with what differs: %s", async (what, type, options: Options.AssertExchange, words) => {
			const exchange = here.name();
			await (await here.channel()).assertExchange(exchange, "topic");

			const refusal = await here.refusal((channel) => channel.assertExchange(exchange, type, options));

			expect(refusal).toBe(
				`PRECONDITION_FAILED - inequivalent arg '${what}' for exchange '${exchange}' in vhost '/': ${words}`,
			);
		});

		test.each([
			["another one", "theirs", "'theirs' but current is 'ours'"],
			["none", undefined, "none but current is the value 'ours' of type 'longstr'"],
		])("an alternate that is %s is named beside the one that is there", async (_what, alternateExchange, words) => {
			const exchange = here.name();
			const options = { internal: true, durable: true };
			await (await here.channel()).assertExchange(exchange, "fanout", { ...options, alternateExchange: "ours" });

			const refusal = await here.refusal((channel) =>
				channel.assertExchange(exchange, "fanout", {
					...options,
					...(alternateExchange !== undefined && { alternateExchange }),
				}),
			);

			expect(refusal).toBe(
				`PRECONDITION_FAILED - inequivalent arg 'alternate-exchange' for exchange '${exchange}' in vhost '/': received ${words}`,
			);
		});

		test("what is not there can't be looked at or bound, and is as good as deleted and unbound", async () => {
			const [missing, queue] = [here.name(), await here.queue()];
			const words = `NOT_FOUND - no exchange '${missing}' in vhost '/'`;

			expect(await here.refusal((channel) => channel.checkExchange(missing))).toBe(words);
			expect(await here.refusal((channel) => channel.bindQueue(queue, missing, ""))).toBe(words);
			const channel = await here.channel();
			await channel.assertExchange("there", "fanout");
			expect(await here.refusal((other) => other.bindQueue(missing, "there", ""))).toBe(
				`NOT_FOUND - no queue '${missing}' in vhost '/'`,
			);
			await channel.deleteExchange(missing);
			await channel.unbindQueue(queue, missing, "");
		});

		test("one with bindings is not deleted by who says so; without a queue it is", async () => {
			const [exchange, queue] = [here.name(), await here.queue()];
			const channel = await here.channel();
			await channel.assertExchange(exchange, "fanout");
			await channel.bindQueue(queue, exchange, "");

			const words = await here.refusal((other) => other.deleteExchange(exchange, { ifUnused: true }));
			await channel.deleteQueue(queue);
			await channel.deleteExchange(exchange, { ifUnused: true });

			expect(words).toBe(`PRECONDITION_FAILED - exchange '${exchange}' in vhost '/' in use`);
			expect(await here.refusal((other) => other.checkExchange(exchange))).toMatch(/^NOT_FOUND/);
		});

		test("nobody touches the default exchange", async () => {
			const words = "ACCESS_REFUSED - operation not permitted on the default exchange";
			const queue = await here.queue();

			expect(await here.refusal((channel) => channel.bindQueue(queue, "", "a"))).toBe(words);
			expect(await here.refusal((channel) => channel.deleteExchange(""))).toBe(words);
		});
	});
}
