import { randomUUID } from "node:crypto";
import { ServiceBroker, type Service } from "moleculer";
import { v7 as uuidv7 } from "uuid";
import { Database, type WithDatabase } from "../../mixins/database/database.mixin";
import type { Position, PublishedEvent } from "../../mixins/events/missed/decide";
import type { EventTransport, OutgoingMessage, PublishOutcome } from "../../mixins/events/transport";
import { Outbox, type WithOutbox } from "../../mixins/outbox/outbox.mixin";
import { until } from "../support/until";
import { anyTransport } from "./any-transport";
import { cause, letterTopology, LetterWritten } from "./letters";
import { mixinDatabase, type MixinDatabase } from "./mixin-database";
import { queueNamed, recorder } from "./transport.stage";

const desk = queueNamed("readers.desk", "letters.events");
const archive = queueNamed("readers.archive", "letters.events");
const topology = { ...letterTopology, queues: [desk, archive] };

const BEGINNING: Position = { publishedAt: "-infinity", eventId: "00000000-0000-0000-0000-000000000000" };

describe("what an outbox has published", () => {
	let database: MixinDatabase;
	let broker: ServiceBroker;
	let letters: Service & WithDatabase & WithOutbox;
	let close: () => Promise<void>;
	let refusal: PublishOutcome | undefined;
	const sent: OutgoingMessage[] = [];
	const heard = { desk: recorder(), archive: recorder() };

	beforeAll(async () => {
		database = await mixinDatabase({ letters: ["create_event_tables"] });
		const opened = await anyTransport("postgres", database, topology);
		close = async () => opened[Symbol.asyncDispose]();
		const transport: EventTransport = {
			...opened.transport,
			async publish(messages) {
				sent.push(...messages);
				return refusal ? messages.map(() => refusal!) : await opened.transport.publish(messages);
			},
		};
		await transport.consume(desk, heard.desk.handle);
		await transport.consume(archive, heard.archive.handle);
		broker = new ServiceBroker({ nodeID: "letters", logger: false });
		letters = broker.createService({
			name: "letters",
			mixins: [Outbox({ schema: "letters", transport, topology }), Database({ url: database.url })],
		}) as Service & WithDatabase & WithOutbox;
		await broker.start();
	});
	afterAll(async () => {
		await broker.stop();
		await close();
		await database[Symbol.asyncDispose]();
	});

	/** Some, one after the other, that were published so many seconds ago, two seconds apart; before a negative number, it is to come. @returns their ids */
	async function published(count: number, secondsAgo: number): Promise<string[]> {
		const ids: string[] = [];
		for (let nth = 0; nth < count; nth++) {
			const letterId = randomUUID();
			await letters.db.transaction((tx) => letters.publish(tx, LetterWritten({ letterId, text: "hello" }), cause));
			const found = async (): Promise<string | undefined> => {
				const text = "SELECT event_id AS id FROM letters.outbox_history WHERE aggregate_id = $1";
				return (await database.ask<{ id: string }>(text, [letterId]))[0]?.id;
			};
			const id = await until(found, { what: "the event to be published" });
			await database.ask(
				"UPDATE letters.outbox_history SET published_at = now() - $2 * interval '1 second' WHERE event_id = $1",
				[id, secondsAgo - 2 * nth],
			);
			ids.push(id);
		}
		return ids;
	}

	const ask = (params: object): Promise<PublishedEvent[]> =>
		broker.call("letters.publishedEvents", { routingKeys: ["letter.written"], after: BEGINNING, limit: 10, ...params });
	const idsOf = (events: readonly PublishedEvent[]): string[] => events.map(({ eventId }) => eventId);

	test("is told in its order, from a position on, no more than is asked for, and not what was published a moment ago", async () => {
		const ids = await published(3, 60);
		await published(1, -600);

		const all = await ask({});
		const first = await ask({ limit: 1 });
		const rest = await ask({ after: { publishedAt: first[0]!.publishedAt, eventId: ids[0] } });

		expect(idsOf(all)).toEqual(ids);
		expect(all[0]).toEqual({
			eventId: ids[0],
			publishedAt: expect.any(String),
			ageMs: expect.any(Number),
			exchange: "letters.events",
			routingKey: "letter.written",
		});
		expect(all[0]!.ageMs).toBeGreaterThanOrEqual(60_000);
		expect(idsOf(first)).toEqual(ids.slice(0, 1));
		expect(idsOf(rest)).toEqual(ids.slice(1));
		expect(await ask({ routingKeys: ["letter.burnt"] })).toEqual([]);
	});

	test("is put into one queue once more, as it was; of what is not known nothing is", async () => {
		const [id] = await published(1, 60);
		const times = (queue: keyof typeof heard): number =>
			heard[queue].deliveries.filter(({ messageId }) => messageId === id).length;
		await until(() => times("desk") === 1 && times("archive") === 1, { what: "both to hear of it" });

		const count = await broker.call("letters.publishAgain", { eventIds: [id, randomUUID()], queue: "readers.desk" });

		expect(count).toBe(1);
		await until(() => times("desk") === 2, { what: "one of them to hear of it again" });
		const [before, again] = heard.desk.deliveries.filter(({ messageId }) => messageId === id);
		expect(again!.body.toString()).toBe(before!.body.toString());
		expect(times("archive")).toBe(1);
		// A queue that is gone takes nothing, and whoever asks is to hear of that.
		expect(sent.at(-1)).toMatchObject({ queue: "readers.desk", mandatory: true });
	});

	test("is put into it although it is some days old", async () => {
		const [id] = await published(1, 60);
		const madeMs = Date.now() - 3 * 86_400_000;
		const old = uuidv7({ msecs: madeMs });
		await database.ask("UPDATE letters.outbox_history SET event_id = $2, published_at = $3 WHERE event_id = $1", [
			id,
			old,
			new Date(madeMs),
		]);

		const count = await broker.call("letters.publishAgain", { eventIds: [old], queue: "readers.desk" });

		expect(count).toBe(1);
	});

	test("is asked for again where the broker has not taken it", async () => {
		const [id] = await published(1, 60);
		refusal = { confirmed: false, reason: "the disk is full" };
		await using _taking = { [Symbol.asyncDispose]: async () => void (refusal = undefined) };

		const attempt = broker.call("letters.publishAgain", { eventIds: [id], queue: "readers.desk" });

		await expect(attempt).rejects.toMatchObject({
			message: "1 events could not be put into readers.desk again: the disk is full",
			code: 503,
			type: "NOT_PUBLISHED_AGAIN",
			retryable: true,
			data: { queue: "readers.desk" },
		});
	});

	test("is complete up to a moment so long ago, and five minutes more", async () => {
		const moment = await broker.call("letters.historyCompleteUntil", { beforeMs: 60_000 });

		const [ago] = await database.ask<{ seconds: number }>(
			"SELECT extract(epoch FROM now() - $1::timestamptz)::float8 AS seconds",
			[moment],
		);
		expect(ago!.seconds).toBeGreaterThanOrEqual(360);
		expect(ago!.seconds).toBeLessThan(420);
	});

	test.each([
		["publishedEvents", { routingKeys: ["letter.written"], after: BEGINNING, limit: 0 }],
		["publishedEvents", { routingKeys: ["letter.written"], after: BEGINNING, limit: 1.5 }],
		["publishedEvents", { routingKeys: ["letter.written"], after: BEGINNING, limit: 10_001 }],
		["publishedEvents", { routingKeys: ["letter.written"], after: BEGINNING }],
		["publishedEvents", { routingKeys: "letter.written", after: BEGINNING, limit: 1 }],
		["publishedEvents", { routingKeys: [1], after: BEGINNING, limit: 1 }],
		["publishedEvents", { routingKeys: ["letter.written"], after: { publishedAt: "-infinity" }, limit: 1 }],
		["publishedEvents", { routingKeys: ["letter.written"], after: BEGINNING, limit: 1, queue: "readers.desk" }],
		["historyCompleteUntil", {}],
		["historyCompleteUntil", { beforeMs: -1 }],
		["historyCompleteUntil", { beforeMs: 0.5 }],
		["historyCompleteUntil", { beforeMs: 0, queue: "readers.desk" }],
		["publishAgain", { eventIds: ["the first one"], queue: "readers.desk" }],
		["publishAgain", { eventIds: [] }],
		["publishAgain", { queue: "readers.desk" }],
		["publishAgain", { eventIds: [], queue: "readers.desk", by: "ada" }],
	])("is not told or sent where %s is asked with %j", async (action, params) => {
		await expect(broker.call(`letters.${action}`, params)).rejects.toMatchObject({
			code: 422,
			type: "VALIDATION_ERROR",
		});
	});
});
