import { BODY_BYTES_MAX } from "../../mixins/events/transport";
import { until } from "../support/until";
import type { Contract } from "./transport.contract";
import { messageTo, numbered, queueNamed, recorder } from "./transport.stage";

const NOT_ROUTED = { confirmed: false, reason: "no queue is bound for it", fault: "message" };

export function publishingContract({ stage }: Contract): void {
	describe("publishing", () => {
		test("a message reaches each bound queue once, and no other", async () => {
			const { transport, exchange, queue } = await stage({ patterns: ["order.*", "order.confirmed"] });
			const same = queueNamed(`${queue.name}.same`, exchange, { patterns: ["#"] });
			const other = queueNamed(`${queue.name}.other`, exchange, { patterns: ["payment.*", "the.end"] });
			const last = queueNamed(`${queue.name}.last`, exchange, { patterns: ["the.end"] });
			await transport.declare({ exchanges: [exchange], queues: [same, other, last, queue] });
			const seen = { queue: recorder(), same: recorder(), other: recorder() };
			await transport.consume(queue, seen.queue.handle);
			await transport.consume(same, seen.same.handle);
			await transport.consume(other, seen.other.handle);

			const outcomes = await transport.publish([
				messageTo(exchange, { routingKey: "order.confirmed", body: "once" }),
				messageTo(exchange, { routingKey: "order.end", body: "end" }),
				messageTo(exchange, { routingKey: "the.end", body: "end" }),
			]);

			expect(outcomes).toEqual([{ confirmed: true }, { confirmed: true }, { confirmed: true }]);
			await until(
				() =>
					seen.queue.bodies().includes("end") && seen.other.bodies().includes("end") && seen.same.bodies().length === 3,
				{
					what: "the last message to reach every queue",
				},
			);
			expect(seen.queue.bodies()).toEqual(["once", "end"]);
			expect(seen.same.bodies()).toEqual(["once", "end", "end"]);
			expect(seen.other.bodies()).toEqual(["end"]);
		});

		test("a delivery carries what was published, to the byte", async () => {
			const { transport, exchange, queue } = await stage();
			const seen = recorder();
			await transport.consume(queue, seen.handle);

			const sent = messageTo(exchange);
			await transport.publish([sent]);

			const [delivery] = await until(() => seen.deliveries.length > 0 && seen.deliveries, { what: "the message" });
			expect(delivery).toEqual({
				queue: queue.name,
				exchange,
				routingKey: sent.routingKey,
				messageId: sent.eventId,
				body: Buffer.from(sent.body),
				attempt: 1,
				returned: 0,
			});
		});

		test.each([
			["order.*", ["order.placed"], ["order", "order.placed.twice", "payment.placed"]],
			["order.#", ["order", "order.placed", "order.placed.twice"], ["orders", "payment.order"]],
			["*.placed", ["order.placed"], ["placed", "a.order.placed"]],
			["#.placed", ["placed", "order.placed", "a.order.placed"], ["order.placed.twice"]],
			["a.#.z", ["a.z", "a.b.z", "a.b.c.z"], ["a", "z", "az", "a.b"]],
			["a.#.#", ["a", "a.b", "a.b.c"], ["b.a"]],
			["a+b.c", ["a+b.c"], ["aab.c", "a+b-c"]],
		])("the pattern %s takes %j and not %j", async (pattern, taken, left) => {
			const { transport, exchange } = await stage({ patterns: [pattern] });

			const outcomes = await transport.publish(
				[...taken, ...left].map((routingKey) => messageTo(exchange, { routingKey })),
			);

			expect(outcomes).toEqual([...taken.map(() => ({ confirmed: true })), ...left.map(() => NOT_ROUTED)]);
		});

		test("a mandatory message that no queue is bound for is not confirmed, an optional one is", async () => {
			const { transport, exchange } = await stage({ patterns: ["order.*"] });
			const unheard = { routingKey: "nobody.listens" };

			const outcomes = await transport.publish([
				messageTo(exchange, unheard),
				messageTo(exchange, { routingKey: "order.placed" }),
				messageTo(exchange, { ...unheard, mandatory: false }),
			]);

			expect(outcomes).toEqual([NOT_ROUTED, { confirmed: true }, { confirmed: true }]);
		});

		test("the same event published twice at once gets two outcomes and two deliveries", async () => {
			const { transport, exchange, queue } = await stage();
			const seen = recorder();
			await transport.consume(queue, seen.handle);
			const twice = messageTo(exchange);

			const outcomes = await transport.publish([twice, twice]);

			expect(outcomes).toEqual([{ confirmed: true }, { confirmed: true }]);
			await until(() => seen.deliveries.length === 2, { what: "both copies" });
		});

		test("a body over the limit is not confirmed, and its neighbours are", async () => {
			const { transport, exchange } = await stage();

			const outcomes = await transport.publish([
				messageTo(exchange),
				messageTo(exchange, { body: "x".repeat(BODY_BYTES_MAX + 1) }),
				messageTo(exchange, { body: "x".repeat(BODY_BYTES_MAX) }),
			]);

			expect(outcomes.map(({ confirmed }) => confirmed)).toEqual([true, false, true]);
			expect(outcomes[1]).toMatchObject({ reason: expect.stringContaining("over the limit") as string });
		});

		test("thousands at once are all confirmed, and arrive in their order", async () => {
			const { transport, exchange, queue } = await stage({ prefetch: 200 });
			const seen = recorder();
			await transport.consume(queue, seen.handle);

			const outcomes = await transport.publish(numbered(exchange, 3_000));

			expect(outcomes.filter(({ confirmed }) => !confirmed)).toEqual([]);
			await until(() => seen.deliveries.length === 3_000, { what: "every message" });
			expect(seen.bodies()).toEqual(Array.from({ length: 3_000 }, (_, number) => String(number)));
		});

		test("an empty batch has no outcomes", async () => {
			const { transport } = await stage();

			expect(await transport.publish([])).toEqual([]);
		});

		test("a message for a declared queue waits for its consumer", async () => {
			const { transport, exchange, queue } = await stage();
			await transport.publish(numbered(exchange, 3));

			const seen = recorder();
			await transport.consume(queue, seen.handle);

			await until(() => seen.deliveries.length === 3, { what: "the messages that waited" });
			expect(seen.bodies()).toEqual(["0", "1", "2"]);
		});

		test("a queue may be declared again and again", async () => {
			const { transport, exchange, queue } = await stage();
			await transport.publish([messageTo(exchange)]);

			await transport.declare({ exchanges: [exchange], queues: [queue] });
			await transport.declare({ exchanges: [exchange], queues: [queue] });

			const seen = recorder();
			await transport.consume(queue, seen.handle);
			await until(() => seen.deliveries.length > 0, { what: "the message from before" });
			expect(seen.deliveries).toHaveLength(1);
		});
	});
}
