import { STACK_BYTES_MAX } from "../../mixins/events/failure";
import type { DeadLetter } from "../../mixins/events/transport";
import { until } from "../support/until";
import type { Contract } from "./transport.contract";
import { DONE, failed, messageTo, numbered, recorder, RETRY_DELAYS_MS, type Stage } from "./transport.stage";

export function deadLetterContract({ stage }: Contract): void {
	describe("dead letters", () => {
		test("after its last attempt a message is dead, with all that an operator needs", async () => {
			const here = await stage();
			const { transport, exchange, queue } = here;
			const seen = recorder(() =>
				failed("retry", { stack: `Error: no paper\n${"    at füller (file.ts)\n".repeat(1_000)}` }),
			);
			await transport.consume(queue, seen.handle);
			const startedAt = Date.now();
			const sent = messageTo(exchange, { routingKey: "order.placed" });

			await transport.publish([sent]);

			const [letter] = await dead(here, 1);
			expect(letter).toEqual({
				queue: queue.name,
				id: sent.eventId,
				eventId: sent.eventId,
				eventType: "ThingHappened",
				exchange,
				routingKey: "order.placed",
				body: sent.body,
				bytes: Buffer.byteLength(sent.body),
				attempts: RETRY_DELAYS_MS.length + 1,
				firstFailedAt: expect.any(Date) as Date,
				diedAt: expect.any(Date) as Date,
				failure: {
					code: "OUT_OF_PAPER",
					message: "The printer is out of paper",
					stack: expect.stringMatching(/^Error: no paper\n/) as string,
				},
				service: queue.name.split(".")[0],
				node: "test-node",
				release: "1.2.3",
			});
			expect(Buffer.byteLength(letter!.failure.stack!)).toBeLessThanOrEqual(STACK_BYTES_MAX);
			expect(Buffer.byteLength(letter!.failure.stack!)).toBeGreaterThan(STACK_BYTES_MAX - 4);
			expect(letter!.firstFailedAt.getTime()).toBeGreaterThanOrEqual(startedAt - 5);
			const diedAfterMs = letter!.diedAt.getTime() - letter!.firstFailedAt.getTime();
			expect(diedAfterMs).toBeGreaterThanOrEqual(RETRY_DELAYS_MS[0]! + RETRY_DELAYS_MS[1]! - 10);
			expect(seen.deliveries).toHaveLength(3);
		});

		test("poison between good ones is dead at its first attempt, and the next one is handled at once", async () => {
			const here = await stage({ prefetch: 1 });
			const seen = recorder(({ body }) => (body.toString() === "2" ? failed("dead", { stack: undefined }) : DONE));
			await here.transport.consume(here.queue, seen.handle);

			await here.transport.publish(numbered(here.exchange, 5));

			await until(() => seen.deliveries.length === 5, { what: "every message" });
			expect(seen.bodies()).toEqual(["0", "1", "2", "3", "4"]);
			const [letter] = await dead(here, 1);
			expect(letter).toMatchObject({ body: "2", attempts: 1 });
			expect(letter!.failure.stack).toBeUndefined();
			expect(letter!.firstFailedAt).toEqual(letter!.diedAt);
		});

		test("they are listed oldest first, up to a limit, as often as one likes", async () => {
			const here = await stage({ prefetch: 1 });
			await here.transport.consume(here.queue, recorder(() => failed("dead")).handle);
			await here.transport.publish(numbered(here.exchange, 5));
			await dead(here, 5);

			for (let time = 0; time < 25; time++) {
				const letters = await here.transport.deadLetters(here.queue.name, time === 24 ? 5 : 3);
				expect(letters.map(({ body }) => body)).toEqual(["0", "1", "2", "3", "4"].slice(0, time === 24 ? 5 : 3));
			}
		});

		test("one is replayed to its own queue with the same id, body, exchange and key, its attempts forgotten", async () => {
			const here = await stage();
			const { transport, exchange, queue } = here;
			let isBroken = true;
			const seen = recorder(() => (isBroken ? failed("retry") : DONE));
			await transport.consume(queue, seen.handle);
			const [sent, other] = [messageTo(exchange, { routingKey: "order.placed" }), messageTo(exchange)];
			await transport.publish([sent, other]);
			await dead(here, 2);

			isBroken = false;
			seen.deliveries.length = 0;
			const moved = await transport.replay(queue.name, [sent.eventId, "unknown"]);

			expect(moved).toBe(1);
			await until(() => seen.deliveries.length === 1, { what: "the replayed message" });
			expect(seen.deliveries[0]).toEqual({
				queue: queue.name,
				exchange,
				routingKey: "order.placed",
				messageId: sent.eventId,
				body: Buffer.from(sent.body),
				attempt: 1,
				returned: 0,
			});
			expect(await dead(here, 1)).toMatchObject([{ eventId: other.eventId }]);
		});

		test("all are replayed, and those that die again are there again", async () => {
			const here = await stage();
			const { transport, exchange, queue } = here;
			let isHealed = false;
			const seen = recorder(({ body }) => (isHealed && body.toString() !== "7" ? DONE : failed("dead")));
			await transport.consume(queue, seen.handle);
			await transport.publish(numbered(exchange, 250));
			const before = await dead(here, 250);

			isHealed = true;
			seen.deliveries.length = 0;
			const moved = await transport.replay(queue.name, "all");

			expect(moved).toBe(250);
			await until(() => seen.deliveries.length === 250, { what: "every replayed message" });
			expect(new Set(seen.deliveries.map(({ messageId }) => messageId))).toEqual(
				new Set(before.map(({ eventId }) => eventId)),
			);
			expect(await dead(here, 1)).toMatchObject([{ body: "7", attempts: 1, exchange, routingKey: "thing.happened" }]);
		});

		test("replayed twice at once, each is moved once", async () => {
			const here = await stage();
			const { transport, exchange, queue } = here;
			let isBroken = true;
			const seen = recorder(() => (isBroken ? failed("dead") : DONE));
			await transport.consume(queue, seen.handle);
			await transport.publish(numbered(exchange, 20));
			await dead(here, 20);

			isBroken = false;
			const moved = await Promise.all([transport.replay(queue.name, "all"), transport.replay(queue.name, "all")]);

			expect(moved[0] + moved[1]).toBe(20);
			await until(() => seen.deliveries.length === 40, { what: "every replayed message" });
			await dead(here, 0);
		});

		test("a visitor decides about each: it stays in its place, goes back, or goes for good", async () => {
			const here = await stage({ prefetch: 1 });
			const { transport, exchange, queue } = here;
			let isBroken = true;
			const seen = recorder(() => (isBroken ? failed("dead") : DONE));
			await transport.consume(queue, seen.handle);
			await transport.publish(numbered(exchange, 6));
			await dead(here, 6);
			isBroken = false;
			seen.deliveries.length = 0;

			const told: string[] = [];
			const visit = await transport.visitDeadLetters(queue.name, {
				decide: async (letters) =>
					letters.map(({ body }) => (["keep", "putBack", "remove"] as const)[Number(body) % 3]!),
				carriedOut(letters, outcomes) {
					told.push(...letters.map(({ body }, index) => `${body} ${outcomes[index]!.kind}`));
					return true;
				},
			});

			expect(visit).toEqual({ seen: 6, total: 6 });
			expect(told).toEqual(["0 kept", "1 putBack", "2 removed", "3 kept", "4 putBack", "5 removed"]);
			await until(() => seen.deliveries.length === 2, { what: "those that went back" });
			expect(seen.bodies()).toEqual(["1", "4"]);
			expect((await dead(here, 2)).map(({ body }) => body)).toEqual(["0", "3"]);
			expect(await transport.countDeadLetters(queue.name)).toBe(2);
		});

		test("a visitor that fails in the middle leaves the others where they are, in their order", async () => {
			const here = await stage({ prefetch: 1 });
			const { transport, exchange, queue } = here;
			await transport.consume(queue, recorder(() => failed("dead")).handle);
			await transport.publish(numbered(exchange, 150));
			await dead(here, 150);

			let asked = 0;
			const visit = transport.visitDeadLetters(queue.name, {
				async decide(letters) {
					if (asked++ > 0) throw new Error("fell asleep");
					return letters.map(() => "remove");
				},
				carriedOut: () => true,
			});

			await expect(visit).rejects.toThrow("fell asleep");
			const left = await dead(here, 50);
			expect(left.map(({ body }) => body)).toEqual(Array.from({ length: 50 }, (_, number) => String(number + 100)));
		});

		test("ten thousand are listed within seconds, twice, without losing one or changing their order", async () => {
			const here = await stage({ prefetch: 200 });
			const { transport, exchange, queue } = here;
			const consumer = await transport.consume(queue, recorder(() => failed("dead")).handle);
			const all = numbered(exchange, 10_000);
			for (let from = 0; from < all.length; from += 500) await transport.publish(all.slice(from, from + 500));
			await until(async () => (await transport.countDeadLetters(queue.name)) === 10_000, {
				what: "every one to be dead",
				withinMs: 240_000,
				everyMs: 200,
			});
			await consumer.stop();

			const startedAt = performance.now();
			const first = await transport.deadLetters(queue.name, 10_000);
			const tookMs = performance.now() - startedAt;
			const second = await transport.deadLetters(queue.name, 10_000);

			expect(new Set(first.map(({ eventId }) => eventId))).toEqual(new Set(all.map(({ eventId }) => eventId)));
			expect(second.map(({ eventId }) => eventId)).toEqual(first.map(({ eventId }) => eventId));
			expect(tookMs).toBeLessThan(30_000);
		}, 400_000);

		test("a queue without dead letters lists none and replays none", async () => {
			const { transport, queue } = await stage();

			expect(await transport.deadLetters(queue.name, 10)).toEqual([]);
			expect(await transport.replay(queue.name, "all")).toBe(0);
		});
	});
}

/** Waits until a queue has so many dead letters. @returns them, oldest first */
async function dead({ transport, queue }: Stage, count: number): Promise<DeadLetter[]> {
	let letters: DeadLetter[] = [];
	await until(
		async () => {
			letters = await transport.deadLetters(queue.name, 1_000);
			expect(letters).toHaveLength(count);
			return true;
		},
		{ what: `${count} dead letters in ${queue.name}` },
	);
	return letters;
}
