import type { Failure } from "../../mixins/events/transport";
import { until } from "../support/until";
import type { Contract } from "./transport.contract";
import { DONE, failed, gate, messageTo, numbered, recorder } from "./transport.stage";

/** Clocks of two processes, and timers that fire a little early. */
const CLOCK_SLACK_MS = 5;

export function deliveryContract({ stage, open }: Contract): void {
	describe("delivery", () => {
		test("what is done does not come back", async () => {
			const { transport, exchange, queue } = await stage();
			const first = recorder();
			const consumer = await transport.consume(queue, first.handle);
			await transport.publish(numbered(exchange, 20));
			await until(() => first.deliveries.length === 20, { what: "every message" });
			await consumer.stop();

			const second = recorder();
			await transport.consume(queue, second.handle);
			await transport.publish([messageTo(exchange, { body: "new" })]);

			await until(() => second.deliveries.length > 0, { what: "the new message" });
			expect(second.bodies()).toEqual(["new"]);
		});

		test("a retry comes back after its delay with the attempt counted, and the others are not held up", async () => {
			// The first is longer than a busy machine needs to come to the next message.
			const retryDelaysMs = [500, 80] as const;
			const { transport, exchange, queue } = await stage({ prefetch: 1, retryDelaysMs });
			const times: number[] = [];
			const seen = recorder(({ body, attempt }) => {
				if (body.toString() !== "0") return DONE;
				times.push(performance.now());
				return attempt < 3 ? failed("retry") : DONE;
			});
			await transport.consume(queue, seen.handle);

			await transport.publish(numbered(exchange, 5));

			await until(() => times.length === 3, { what: "the third attempt" });
			// A slow machine may come to the last of them after the delay.
			expect(seen.bodies().slice(0, 2)).toEqual(["0", "1"]);
			await until(() => new Set(seen.bodies()).size === 5, { what: "every message" });
			expect(seen.deliveries.filter(({ body }) => body.toString() === "0")).toMatchObject(
				[1, 2, 3].map((attempt) => ({
					attempt,
					exchange,
					routingKey: "thing.happened",
					messageId: expect.any(String) as string,
				})),
			);
			expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(retryDelaysMs[0] - CLOCK_SLACK_MS);
			expect(times[2]! - times[1]!).toBeGreaterThanOrEqual(retryDelaysMs[1] - CLOCK_SLACK_MS);
		});

		test("a handler that throws counts as a retry", async () => {
			const { transport, exchange, queue } = await stage();
			const seen = recorder(({ attempt }) => {
				if (attempt === 1) throw new Error("a bug");
			});
			await transport.consume(queue, seen.handle);

			await transport.publish([messageTo(exchange)]);

			await until(() => seen.deliveries.length === 2, { what: "the second attempt" });
			expect(seen.deliveries.map(({ attempt }) => attempt)).toEqual([1, 2]);
		});

		test("no more than the prefetch are in work at once, and as many as that", async () => {
			const { transport, exchange, queue } = await stage({ prefetch: 3 });
			const gates = Array.from({ length: 12 }, gate);
			const finished: string[] = [];
			let inWork = 0;
			let most = 0;
			const seen = recorder(async ({ body }) => {
				most = Math.max(most, ++inWork);
				await gates[Number(body.toString())]!.opened;
				inWork--;
				finished.push(body.toString());
			});
			await transport.consume(queue, seen.handle);

			await transport.publish(numbered(exchange, 12));

			await until(() => inWork === 3, { what: "three messages in work" });
			for (const [number, { open }] of gates.entries()) {
				await until(() => seen.deliveries.length > number, { what: `message ${number} in work` });
				open();
			}
			await until(() => finished.length === 12, { what: "every message to be finished" });
			expect(most).toBe(3);
			expect(seen.deliveries).toHaveLength(12);
		});

		test("a body that is not JSON reaches the handler like any other", async () => {
			const { transport, exchange, queue } = await stage();
			const seen = recorder(({ body }) => (body.toString() === "{ no json" ? failed("dead") : DONE));
			await transport.consume(queue, seen.handle);

			await transport.publish([
				messageTo(exchange, { body: "{ no json" }),
				messageTo(exchange, { body: "" }),
				messageTo(exchange, { body: "[]" }),
			]);

			await until(() => seen.deliveries.length === 3, { what: "all three" });
			expect(seen.bodies()).toEqual(["{ no json", "", "[]"]);
		});

		test("a consumer that stops waits for what is in work, and takes nothing new", async () => {
			const { transport, exchange, queue } = await stage({ prefetch: 1 });
			const work = gate();
			const seen = recorder(() => work.opened);
			const consumer = await transport.consume(queue, seen.handle);
			await transport.publish(numbered(exchange, 2));
			await until(() => seen.deliveries.length === 1, { what: "the first message in work" });

			let isStopped = false;
			const stopping = consumer.stop().then(() => (isStopped = true));
			await transport.publish([messageTo(exchange, { body: "2" })]);
			expect(isStopped).toBe(false);
			work.open();
			await stopping;

			expect(seen.bodies()).toEqual(["0"]);
			const next = recorder();
			await transport.consume(queue, next.handle);
			await until(() => next.deliveries.length === 2, { what: "those that waited" });
			expect(next.bodies()).toEqual(["1", "2"]);
		});

		test("closed and opened again, it goes on where it was", async () => {
			const { transport, exchange, queue } = await stage({ prefetch: 1 });
			const before = recorder();
			await transport.consume(queue, before.handle);
			await transport.publish(numbered(exchange, 30));
			await until(() => before.deliveries.length >= 3, { what: "some messages" });
			await transport.close();

			const again = await open();
			const after = recorder();
			await again.transport.consume(queue, after.handle);

			await until(() => before.deliveries.length + after.deliveries.length === 30, { what: "the others" });
			expect([...before.bodies(), ...after.bodies()]).toEqual(
				Array.from({ length: 30 }, (_, number) => String(number)),
			);
		});

		test("a crash between the work and its acknowledgement means a second delivery", async () => {
			const { transport, exchange, queue } = await stage();
			const doomed = await open();
			const first = recorder(() => doomed.crash());
			await doomed.transport.consume(queue, first.handle);
			const sent = messageTo(exchange);
			await transport.publish([sent]);
			await until(() => first.deliveries.length === 1, { what: "the first delivery" });

			const second = recorder();
			await transport.consume(queue, second.handle);

			await until(() => second.deliveries.length === 1, { what: "the second delivery" });
			expect(second.deliveries[0]).toMatchObject({
				messageId: sent.eventId,
				body: Buffer.from(sent.body),
				exchange,
				attempt: 1,
			});
		});

		test("what is left keeps its place, and is the next consumer's at its first attempt", async () => {
			const { transport, exchange, queue } = await stage();
			const first = recorder(({ body }) => (body.toString() === "1" ? DONE : { kind: "left" }));
			const consumer = await transport.consume(queue, first.handle);
			await transport.publish(numbered(exchange, 4));
			await until(() => first.deliveries.length === 4, { what: "every message" });
			await consumer.stop();

			const second = recorder();
			await transport.consume(queue, second.handle);

			await until(() => second.deliveries.length === 3, { what: "those that were left" });
			expect(second.bodies()).toEqual(["0", "2", "3"]);
			expect(second.deliveries.map(({ attempt }) => attempt)).toEqual([1, 1, 1]);
		});

		test("a consumer that pauses says why, takes nothing and keeps nothing, and has it all at its first attempt afterwards", async () => {
			const { transport, exchange, queue } = await stage();
			let isHere = false;
			const paused = gate();
			const seen = recorder(async () => {
				if (isHere) return DONE;
				await paused.opened;
				return { kind: "left" };
			});
			const consumer = await transport.consume(queue, seen.handle);
			await transport.publish(numbered(exchange, 4));
			await until(() => seen.deliveries.length === 4, { what: "every message" });

			consumer.pause("ink");
			await until(() => transport.missing().includes("ink"), { what: "the transport to say what is missing" });
			paused.open();
			await transport.publish([messageTo(exchange, { body: "4" })]);
			await until(async () => (await transport.countWaiting(queue.name)) === 5, { what: "all to wait in the queue" });
			expect(seen.deliveries).toHaveLength(4);
			isHere = true;
			consumer.resume();

			await until(() => seen.deliveries.length === 9, { what: "every message again" });
			expect(seen.bodies().slice(4)).toEqual(["0", "1", "2", "3", "4"]);
			expect(seen.deliveries.map(({ attempt }) => attempt)).toEqual(Array.from({ length: 9 }, () => 1));
			await until(() => transport.missing().length === 0, { what: "nothing to be missing" });
		});

		test("a consumer that has paused can be stopped", async () => {
			const { transport, exchange, queue } = await stage();
			const seen = recorder();
			const consumer = await transport.consume(queue, seen.handle);
			consumer.pause("ink");
			await transport.publish(numbered(exchange, 1));

			await consumer.stop();

			expect(seen.deliveries).toEqual([]);
			expect(transport.missing()).toEqual([]);
		});

		test("attempts that were made in place count in the dead letter", async () => {
			const { transport, exchange, queue } = await stage();
			const firstFailedAt = new Date(Date.now() - 60_000);
			const { failure } = failed("dead") as { failure: Failure };
			const seen = recorder(() => ({ kind: "dead", failure, inPlace: { attempts: 7, firstFailedAt } }));
			await transport.consume(queue, seen.handle);

			await transport.publish([messageTo(exchange)]);

			const [letter] = await until(
				async () => {
					const letters = await transport.deadLetters(queue.name, 10);
					return letters.length > 0 && letters;
				},
				{ what: "the dead letter" },
			);
			expect(letter).toMatchObject({ attempts: 7, firstFailedAt });
		});

		test("nothing is missing while it works", async () => {
			const { transport, queue } = await stage();
			await transport.consume(queue, recorder().handle);

			expect(transport.missing()).toEqual([]);
		});
	});
}
