import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { v7 as uuidv7 } from "uuid";
import type { Envelope } from "../../mixins/events/envelope";
import { rabbitmqTransport } from "../../mixins/events/rabbitmq/transport";
import type { DeadLetter, EventTransport } from "../../mixins/events/transport";
import { describeOnPrivateRabbitMQ } from "../support/servers";
import { until } from "../support/until";
import { broken } from "./figures";
import { form } from "./form";
import { archive, ATTEMPTS, index, LETTER_QUEUES, LetterWritten, patient, type Letter } from "./letter.events";
import { toParent } from "./log";
import { OUT_OF_LIGHT, REFUSED, type Manners } from "./readers";
import { tripled } from "./tripled";
import { openWorld, type World } from "./world";

jest.setTimeout(600_000);

const POISON = 5;
/** More than the 32 that RabbitMQ dead-letters at once. */
const PUT_OFF = 40;
/** More than are replayed at once. */
const MANY = 150;
/** While a slow reader falls behind. */
const READING_MS = 1_000;

describeOnPrivateRabbitMQ("what happens to messages", () => {
	let world: World;
	let operator: EventTransport;

	beforeAll(async () => {
		world = await openWorld({ letters: 2, readers: 2 });
		operator = rabbitmqTransport({ url: world.broker.url, node: "operator", log: toParent });
		await operator.connect();
	});
	afterAll(async () => {
		await operator?.close();
		await world?.[Symbol.asyncDispose]();
	});

	const behave = (manners: Manners) => Promise.all(world.readers.map((each) => each.ask("behave", manners)));

	const deadLetters = async (): Promise<DeadLetter[]> =>
		(await Promise.all(LETTER_QUEUES.map(({ name }) => operator.deadLetters(name, 1_000)))).flat();

	/** Waits until so many more than `before` are dead at each reader; then they are nobody's surprise any more. */
	async function buried(count: number, before: number): Promise<DeadLetter[]> {
		const more = count * LETTER_QUEUES.length;
		const names = LETTER_QUEUES.map(({ name }) => `${name}.dlq`);
		await until(async () => (await world.auditor.waitingIn(names)) >= before + more, {
			what: `${count} more dead letters at each reader`,
			withinMs: 60_000,
			everyMs: 200,
		});
		world.planted(more);
		return deadLetters();
	}

	const countDead = (): Promise<number> => world.auditor.waitingIn(LETTER_QUEUES.map(({ name }) => `${name}.dlq`));

	const effectsOf = async (nature: string): Promise<{ consumer: string; times: number }[]> =>
		world.books.ask(
			`SELECT consumer, times FROM readers.effects JOIN letters.written USING (box_id, number) WHERE nature = $1`,
			[nature],
		);

	test("every message is delivered three times at once", async () => {
		const names = LETTER_QUEUES.map(({ name }) => name);
		await using copier = await tripled(world.broker.url, LetterWritten.exchange, names);

		const figures = await world.survives("everything delivered three times", 1, () => pause(form.calmMs));

		await copier.caughtUp();
		await until(async () => (await world.auditor.waitingIn(names)) === 0, {
			what: "the readers to have seen the copies",
		});
		expect(broken(figures)).toEqual([]);
		expect(await world.books.ask("SELECT FROM readers.effects WHERE times > 1")).toEqual([]);
		expect(copier.copies()).toBeGreaterThanOrEqual(figures.events);
	});

	test("a reader fails at five of a hundred letters", async () => {
		await behave({ failing: 0.05 });

		const figures = await world.survives("5 % of the readings fail", 1, () => pause(form.calmMs));

		await behave({});
		expect(broken(figures)).toEqual([]);
	});

	test("a reader's retries come back in time, although somebody else's are put off for long", async () => {
		await world.auditor.asOperator(async (channel) => {
			for (let n = 0; n < PUT_OFF; n++) {
				const messageId = uuidv7();
				const body = JSON.stringify({ ...strayLetter(), event_id: messageId });
				channel.sendToQueue(patient.name, Buffer.from(body), { messageId, persistent: true });
			}
		});
		await until(async () => (await world.auditor.waitingIn([patient.name])) === 0, { what: "the patient reader" });
		await behave({ failing: 0.05 });

		const figures = await world.survives("somebody else's retries are far away", 1, () => pause(form.calmMs));

		await behave({});
		expect(broken(figures)).toEqual([]);
	});

	test("what can't be understood and what is refused lies between good letters, and holds up none", async () => {
		const poisoned = await world.survives("poison between good letters", 1, async () => {
			for (let n = 0; n < POISON; n++) {
				await world.letters[0]!.ask("writeOne", { type: "letter", nature: "poison" });
				await world.auditor.asOperator(async (channel) => {
					const properties = { messageId: randomUUID(), persistent: true };
					channel.publish(LetterWritten.exchange, LetterWritten.routingKey, Buffer.from("<letter>"), properties);
				});
			}
			await buried(2 * POISON, 0);
		});

		expect(broken(poisoned)).toEqual([]);
		const reasons = (await deadLetters()).map(
			({ queue, failure, attempts }) => `${queue}: ${failure.code}, attempts: ${attempts}`,
		);
		expect(countsOf(reasons)).toEqual(
			Object.fromEntries(
				LETTER_QUEUES.flatMap(({ name }) => [
					[`${name}: ${REFUSED}, attempts: 1`, POISON],
					[`${name}: UNREADABLE_EVENT, attempts: 1`, POISON],
				]),
			),
		);
	});

	test("a letter that fails each time is tried so often, with pauses, and is dead with its error", async () => {
		const before = await countDead();
		await world.letters[0]!.ask("writeOne", { type: "letter", nature: "hopeless" });

		const letters = await buried(1, before);

		const hopeless = letters.filter(({ failure }) => failure.code === OUT_OF_LIGHT);
		expect(hopeless).toMatchObject([archive, index].map(({ name }) => ({ queue: name, attempts: ATTEMPTS })));
		for (const { diedAt, firstFailedAt, queue } of hopeless) {
			const delays = LETTER_QUEUES.find(({ name }) => name === queue)!.retryDelaysMs;
			const leastMs = delays.reduce((sum, each) => sum + each, 0);
			expect(diedAt.getTime() - firstFailedAt.getTime()).toBeGreaterThanOrEqual(leastMs - ATTEMPTS);
		}
		expect(await effectsOf("hopeless")).toEqual([]);
	});

	test("dead letters replayed twice have their effect once", async () => {
		await behave({ tolerant: true });
		const ids = (await deadLetters())
			.filter(({ failure }) => failure.code !== "UNREADABLE_EVENT")
			.map(({ eventId }) => eventId!);

		const figures = await world.survives("dead letters replayed twice", 1, async () => {
			for (const { name } of LETTER_QUEUES) {
				await Promise.all([operator.replay(name, ids), operator.replay(name, ids)]);
				await operator.replay(name, ids);
			}
			world.planted(-(POISON + 1) * LETTER_QUEUES.length);
			await until(async () => (await effectsOf("hopeless")).length === LETTER_QUEUES.length, { what: "the effects" });
		});

		await behave({});
		expect(broken(figures)).toEqual([]);
		const effects = [...(await effectsOf("poison")), ...(await effectsOf("hopeless"))];
		expect(effects.map(({ times }) => times)).toEqual(
			Array.from({ length: (POISON + 1) * LETTER_QUEUES.length }, () => 1),
		);
	});

	test("a node is killed in the middle of a replay, twice, and another one ends it: none lost, none read twice", async () => {
		const [doomed, other] = world.readers;
		const moments = ["after dead letters went back", "between dead letters"] as const;
		const readBefore = (await effectsOf("poison")).length;
		const deadBefore = await countDead();
		for (let n = 0; n < MANY; n++) await world.letters[0]!.ask("writeOne", { type: "letter", nature: "poison" });
		const manyMore = deadBefore + MANY * LETTER_QUEUES.length;
		await until(async () => (await countDead()) === manyMore, {
			what: "the dead letters",
			withinMs: 60_000,
			everyMs: 200,
		});
		await behave({ tolerant: true });

		const wanted = readBefore + MANY * LETTER_QUEUES.length;
		const figures = await world.survives("a replay of dead letters killed", moments.length, async (n) => {
			await doomed!.ask("dieAt", moments[n]!);
			await expect(doomed!.ask("replay", { queue: index.name, code: REFUSED })).rejects.toThrow(/ended while/);
			if (n === 0) {
				// Both at once: they are read again, and are dead letters still.
				await until(async () => (await countDead()) === manyMore && (await effectsOf("poison")).length > readBefore, {
					what: "letters that went back and were not removed",
					withinMs: 60_000,
				});
			}
			await doomed!.start();
			await doomed!.ask("behave", { tolerant: true });
			if (n === 0) return;
			// What the doomed one was given before it was told to be tolerant may be dead once more.
			await until(
				async () => {
					for (const { name } of LETTER_QUEUES) await other!.ask("replay", { queue: name, code: REFUSED });
					return (await countDead()) === deadBefore;
				},
				{ what: "no letter to be left", withinMs: 60_000, everyMs: 200 },
			);
			await until(async () => (await effectsOf("poison")).length >= wanted, { what: "the effects" });
		});

		await behave({});
		expect(broken(figures)).toEqual([]);
		expect((await effectsOf("poison")).map(({ times }) => times)).toEqual(Array.from({ length: wanted }, () => 1));
	});

	test("a letter that kills whoever reads it is dead after so many deaths, and the others are read", async () => {
		const before = await countDead();
		let deaths = 0;

		const figures = await world.survives("a deadly letter", 1, async () => {
			await world.letters[0]!.ask("writeOne", { type: "letter", nature: "deadly" });
			await until(
				async () => {
					for (const each of world.readers.filter((one) => one.hasEnded())) {
						deaths++;
						// It may be given the letter, and die again, before it has said that it is there.
						await each.start().catch(() => undefined);
					}
					return (await countDead()) > before;
				},
				{ what: "the dead letter", withinMs: 240_000, everyMs: 100 },
			);
			for (const each of world.readers.filter((one) => one.hasEnded())) await each.start();
			world.planted(1);
		});

		expect(broken(figures)).toEqual([]);
		expect((await deadLetters()).filter(({ failure }) => failure.code === "KILLED_ITS_CONSUMER")).toMatchObject([
			{ queue: index.name, attempts: 1 },
		]);
		// Three of which it is only suspected, and five alone with it.
		expect(deaths).toBeLessThanOrEqual(8);
		expect((await effectsOf("deadly")).map(({ consumer }) => consumer)).toEqual([archive.name]);
	});

	test("a reader is slow, and has a long queue before it", async () => {
		await behave({ slowMs: READING_MS, only: index.name });

		const figures = await world.survives("a slow consumer with a backlog", 1, async () => {
			await until(async () => (await unread(index.name)) >= form.backlog, {
				what: `a backlog of ${form.backlog}`,
				withinMs: 300_000,
				everyMs: 200,
			});
			await behave({});
		});

		expect(broken(figures)).toEqual([]);
	});

	async function unread(consumer: string): Promise<number> {
		const [row] = await world.books.ask<{ count: string }>(
			`SELECT count(*) AS count FROM letters.written WHERE type = 'letter' AND nature = 'good'
				AND NOT EXISTS (SELECT FROM readers.effects e WHERE consumer = $1 AND (e.box_id, e.number) = (written.box_id, written.number))`,
			[consumer],
		);
		return Number(row!.count);
	}
});

/** As an outbox would have sent it. */
function strayLetter(): Omit<Envelope<Letter>, "event_id"> {
	const boxId = randomUUID();
	return {
		event_type: LetterWritten.type,
		version: LetterWritten.version,
		timestamp: new Date().toISOString(),
		correlation_id: "a test",
		causation_id: "a test",
		aggregate_id: boxId,
		aggregate_version: 1,
		producer: LetterWritten.producer,
		data: { boxId, number: 1, nature: "good" },
	};
}

function countsOf(words: readonly string[]): Record<string, number> {
	const counts: Record<string, number> = {};
	for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
	return counts;
}
