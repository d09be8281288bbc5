import { randomUUID } from "node:crypto";
import { Errors, ServiceBroker, type Service } from "moleculer";
import { v7 as uuidv7 } from "uuid";
import { Database, type WithDatabase } from "../../mixins/database/database.mixin";
import type { Transaction } from "../../mixins/database/database";
import { sql } from "../../mixins/database/statement";
import type { Envelope } from "../../mixins/events/envelope";
import { Events, on, type QueueConsumer } from "../../mixins/events/events.mixin";
import type { EventTransport } from "../../mixins/events/transport";
import { transports } from "../support/servers";
import { until } from "../support/until";
import { anyTransport } from "./any-transport";
import { LetterWritten } from "./letters";
import { mixinDatabase, type MixinDatabase } from "./mixin-database";
import { messageTo, queueNamed } from "./transport.stage";

type Readers = Service & WithDatabase;
type Letter = Envelope<{ letterId: string; text: string }>;

const keep = sql("test.keep", "INSERT INTO readers.kept (letter, reader) VALUES ($1, $2)");
const breakConnection = sql("test.break", "SELECT pg_terminate_backend(pg_backend_pid())");

/** What a reader does at each attempt at a letter, by its text; well where nothing is said. */
type Behaviour = (service: Readers, tx: Transaction, attempt: number) => Promise<void>;
const behaviours = new Map<string, Behaviour>();

const queues = ["first", "second"].map((reader) => ({
	reader,
	queue: queueNamed(`readers.${reader}`, "letters.events", { patterns: ["letter.*"] }),
}));

function consumers(): QueueConsumer<Readers>[] {
	return queues.map(({ reader, queue }) => {
		const attempts = new Map<string, number>();
		const read = on<Readers, typeof LetterWritten.data>(
			LetterWritten,
			async function (this: Readers, tx: Transaction, event: Letter) {
				const attempt = (attempts.get(event.event_id) ?? 0) + 1;
				attempts.set(event.event_id, attempt);
				await tx.query(keep, [event.data.letterId, reader]);
				await behaviours.get(event.data.text)?.(this, tx, attempt);
			},
		);
		return { queue, subscriptions: [read] };
	});
}

const inDays = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString();

describe.each(transports)("a service that consumes events over %s", (kind) => {
	let database: MixinDatabase;
	let transport: EventTransport;
	let broker: ServiceBroker;
	let close: () => Promise<void>;

	beforeAll(async () => {
		database = await mixinDatabase({ readers: ["create_event_tables"] });
		await database.ask("CREATE TABLE readers.kept (letter uuid, reader text)");
		const topology = { exchanges: ["letters.events"], queues: queues.map(({ queue }) => queue) };
		const opened = await anyTransport(kind, database, topology);
		({ transport } = opened);
		close = async () => opened[Symbol.asyncDispose]();
		broker = new ServiceBroker({ nodeID: "readers", logger: false });
		broker.createService({
			name: "readers",
			mixins: [
				Events<Readers>({ schema: "readers", transport, consumers: consumers() }),
				Database({ url: database.url }),
			],
		});
		await broker.start();
	});

	afterAll(async () => {
		await broker.stop();
		await close();
		await database[Symbol.asyncDispose]();
	});

	/** Sends a letter and returns its id. What is given stands in the place of what is right. */
	async function send(text: string, wrong: Partial<Letter> & { times?: number } = {}): Promise<string> {
		const { times = 1, ...envelope } = wrong;
		const letterId = randomUUID();
		const eventId = envelope.event_id ?? uuidv7();
		await sendBody(bodyOf(letterId, text, { event_id: eventId, ...envelope }), eventId, times);
		return letterId;
	}

	const bodyOf = (letterId: string, text: string, wrong: Partial<Letter>): string =>
		JSON.stringify({
			event_type: "LetterWritten",
			version: 1,
			timestamp: new Date().toISOString(),
			correlation_id: "a test",
			causation_id: "a test",
			aggregate_id: letterId,
			aggregate_version: 1,
			producer: "letters",
			data: { letterId, text },
			...wrong,
		});

	async function sendBody(body: string, eventId: string, times = 1): Promise<void> {
		const message = messageTo("letters.events", { eventId, body, routingKey: "letter.written" });
		const outcomes = await transport.publish(Array.from({ length: times }, () => message));
		expect(outcomes).toEqual(Array.from({ length: times }, () => ({ confirmed: true })));
	}

	async function keptBy(letterId: string): Promise<string[]> {
		const rows = await database.ask<{ reader: string }>(
			"SELECT reader FROM readers.kept WHERE letter = $1 ORDER BY reader",
			[letterId],
		);
		return rows.map(({ reader }) => reader);
	}

	/** Waits until all that was sent of an aggregate before is done with: it stands in front of this in both lanes. */
	async function allDone(aggregateId: string): Promise<void> {
		const last = await send("the last one", { aggregate_id: aggregateId });
		await until(async () => (await keptBy(last)).length === 2, { what: "both readers to have read the last one" });
	}

	const deadLetterOf = (eventId: string) =>
		until(
			async () => (await transport.deadLetters("readers.first", 100)).find((letter) => letter.eventId === eventId),
			{ what: "the dead letter" },
		);

	const handled = (eventId: string) =>
		database.ask<{ consumer: string }>("SELECT consumer FROM readers.inbox WHERE event_id = $1 ORDER BY consumer", [
			eventId,
		]);

	test("handles an event once for each consumer, and remembers that", async () => {
		const eventId = uuidv7();

		const letter = await send("hello", { event_id: eventId });
		await until(async () => (await keptBy(letter)).length === 2, { what: "both readers" });

		expect(await handled(eventId)).toEqual([{ consumer: "readers.first" }, { consumer: "readers.second" }]);
	});

	test("one that is delivered three times at once has its effect once", async () => {
		const eventId = uuidv7();

		const letter = await send("three times", { event_id: eventId, times: 3 });
		await allDone(letter);

		expect(await keptBy(letter)).toEqual(["first", "second"]);
	});

	test("one whose ids are in capitals has its effect, and neither it nor the same in lower case has a second", async () => {
		const eventId = uuidv7();
		const aggregateId = randomUUID();
		const shouting = { event_id: eventId.toUpperCase(), aggregate_id: aggregateId.toUpperCase() };

		const letter = await send("in capitals", shouting);
		await until(async () => (await keptBy(letter)).length === 2, { what: "both readers" });
		await sendBody(bodyOf(letter, "in capitals", { ...shouting }), eventId.toUpperCase());
		await sendBody(bodyOf(letter, "in capitals", { event_id: eventId, aggregate_id: aggregateId }), eventId);
		await allDone(aggregateId);

		expect(await keptBy(letter)).toEqual(["first", "second"]);
		expect(await handled(eventId)).toEqual([{ consumer: "readers.first" }, { consumer: "readers.second" }]);
	});

	test("one that comes again later has no second effect", async () => {
		const eventId = uuidv7();
		const letter = await send("again", { event_id: eventId });
		await until(async () => (await keptBy(letter)).length === 2, { what: "both readers" });

		const repeated = await send("again", { event_id: eventId });
		await allDone(repeated);

		expect(await keptBy(letter)).toHaveLength(2);
		expect(await keptBy(repeated)).toHaveLength(0);
	});

	test("a handler that fails leaves neither its effect nor the memory of it, and is tried again", async () => {
		const eventId = uuidv7();
		const atSecondAttempt: unknown[] = [];
		behaviours.set("fails once", async (_service, _tx, attempt) => {
			if (attempt === 1) throw new Error("spilled the ink");
			atSecondAttempt.push(await handled(eventId));
		});

		const letter = await send("fails once", { event_id: eventId });
		await until(async () => (await keptBy(letter)).length === 2, { what: "both readers" });

		expect(atSecondAttempt[0]).toEqual([]);
		expect(await keptBy(letter)).toEqual(["first", "second"]);
	});

	test("one whose connection breaks in the middle is tried again, and has its effect once", async () => {
		behaviours.set("breaks the connection", async (_service, tx, attempt) => {
			if (attempt === 1) await tx.query(breakConnection);
		});

		const letter = await send("breaks the connection");
		await until(async () => (await keptBy(letter)).length === 2, { what: "both readers" });

		expect(await keptBy(letter)).toEqual(["first", "second"]);
	});

	test("what a handler refuses for good is a dead letter at once, with the reason, and leaves nothing", async () => {
		const eventId = uuidv7();
		behaviours.set("is refused", async () => {
			throw new Errors.MoleculerClientError("I don't read that", 422, "NOT_TO_MY_TASTE");
		});

		const letter = await send("is refused", { event_id: eventId });
		const dead = await deadLetterOf(eventId);

		expect(dead).toMatchObject({ attempts: 1, failure: { code: "NOT_TO_MY_TASTE", message: "I don't read that" } });
		expect(await keptBy(letter)).toEqual([]);
		expect(await handled(eventId)).toEqual([]);
	});

	test("what keeps failing is a dead letter after the last attempt, and can be replayed when the cause is mended", async () => {
		const eventId = uuidv7();
		behaviours.set("fails", async () => {
			throw new Error("out of ink");
		});

		const letter = await send("fails", { event_id: eventId });
		const dead = await deadLetterOf(eventId);
		behaviours.delete("fails");
		await transport.replay("readers.first", [eventId]);
		await transport.replay("readers.first", [eventId]);
		await until(async () => (await keptBy(letter)).includes("first"), { what: "the first reader" });

		expect(dead).toMatchObject({ attempts: 3, failure: { message: "out of ink" } });
	});

	test("an event of a type that nobody here knows is ignored", async () => {
		const eventId = uuidv7();

		const letter = await send("burnt", { event_id: eventId, event_type: "LetterBurnt", version: 7, data: {} as never });
		await allDone(letter);

		expect(await handled(eventId)).toEqual([]);
		expect((await transport.deadLetters("readers.first", 100)).filter((letter) => letter.eventId === eventId)).toEqual(
			[],
		);
	});

	test.each<[string, () => Partial<Letter>, RegExp]>([
		["another version of it", () => ({ version: 2 }), /LetterWritten has version 2, known here is 1/],
		[
			"data that breaks the contract",
			() => ({ data: { letterId: "7", text: "x" } }),
			/^LetterWritten: letterId: Invalid UUID$/,
		],
		["no aggregate version", () => ({ aggregate_version: "one" as never }), /aggregate_version/],
		[
			"an age beyond what the inbox remembers",
			() => ({ event_id: uuidv7({ msecs: Date.now() - 14.1 * 86_400_000 }) }),
			/older than the 14 days that the inbox remembers/,
		],
		[
			"an id without a time, and an age by its timestamp beyond what the inbox is sure to remember,",
			() => ({ event_id: randomUUID(), timestamp: inDays(-13.1) }),
			/older than the 13 days that the inbox remembers/,
		],
		[
			"a time for which there is no day in the inbox",
			() => ({ event_id: randomUUID(), timestamp: inDays(1.1) }),
			/of a time that is to come/,
		],
	])("%s is a dead letter at once, with what is wrong, and the next event is handled", async (_what, make, reason) => {
		const wrong = make();
		const eventId = wrong.event_id ?? uuidv7();

		const letter = await send("wrong", { ...wrong, event_id: eventId });
		const dead = await deadLetterOf(eventId);
		await allDone(letter);

		expect(dead).toMatchObject({ attempts: 1, failure: { code: "UNREADABLE_EVENT", message: expect.any(String) } });
		expect(dead.failure.message).toMatch(reason);
		expect(await handled(eventId)).toEqual([]);
	});

	test("a body that is not JSON is a dead letter at once", async () => {
		const eventId = uuidv7();

		await sendBody("<letter>", eventId);
		const dead = await deadLetterOf(eventId);

		expect(dead.failure).toMatchObject({ code: "UNREADABLE_EVENT" });
		expect(dead.failure.message).toMatch(/^not JSON/);
	});

	test("an event that is almost as old as the memory is handled", async () => {
		const letter = await send("old", { event_id: uuidv7({ msecs: Date.now() - 13.9 * 86_400_000 }) });

		await until(async () => (await keptBy(letter)).length === 2, { what: "both readers" });

		expect(await keptBy(letter)).toEqual(["first", "second"]);
	});
});
