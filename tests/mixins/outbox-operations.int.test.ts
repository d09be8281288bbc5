import { randomUUID } from "node:crypto";
import { ServiceBroker, type Service } from "moleculer";
import { Database, type WithDatabase } from "../../mixins/database/database.mixin";
import type { EventTransport } from "../../mixins/events/transport";
import type { FailingEvent, OutboxReport, OutboxStatus, ToldEvent } from "../../mixins/outbox/operations";
import { Outbox, type WithOutbox } from "../../mixins/outbox/outbox.mixin";
import { until } from "../support/until";
import { anyTransport } from "./any-transport";
import { desk, letterTopology, LetterWritten } from "./letters";
import { mixinDatabase, type MixinDatabase } from "./mixin-database";
import { recorder } from "./transport.stage";

const ISO = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;

describe("an outbox, for its operators", () => {
	let database: MixinDatabase;
	let transport: EventTransport;
	let broker: ServiceBroker;
	let service: Service & WithDatabase & WithOutbox;
	let close: () => Promise<void>;
	const heard = recorder();
	/** Where relays were told to look. */
	const hints: unknown[] = [];

	const openBroker = (nodeID: string): [ServiceBroker, Service & WithDatabase & WithOutbox] => {
		const middleware = {
			localEvent: (next: (ctx: unknown) => unknown) => (ctx: { params: unknown }) => {
				hints.push(ctx.params);
				return next(ctx);
			},
		};
		const opened = new ServiceBroker({
			nodeID,
			logger: false,
			metrics: { enabled: true, reporter: [] },
			middlewares: [middleware as never],
		});
		const letters = opened.createService({
			name: "letters",
			mixins: [Outbox({ schema: "letters", transport, topology: letterTopology }), Database({ url: database.url })],
		}) as Service & WithDatabase & WithOutbox;
		return [opened, letters];
	};

	beforeAll(async () => {
		database = await mixinDatabase({ letters: ["create_event_tables"] });
		const opened = await anyTransport("postgres", database, letterTopology);
		({ transport } = opened);
		close = async () => opened[Symbol.asyncDispose]();
		await transport.consume(desk, heard.handle);
		[broker, service] = openBroker("letters");
		await broker.start();
	});
	afterAll(async () => {
		await broker.stop();
		await close();
		await database[Symbol.asyncDispose]();
	});

	const call = <Result>(action: string, params: object = {}): Promise<Result> =>
		broker.call(`letters.outbox.${action}`, params);

	/** An event that could not be published. @param how it stands, as columns of the outbox */
	async function failedEvent(how: string): Promise<{ id: string; partition: number; seq: number }> {
		const letterId = randomUUID();
		await service.db.transaction(async (tx) => {
			await service.publish(tx, LetterWritten({ letterId, text: "hello" }), { correlationId: "c", causationId: "c" });
			await tx.query({ name: "", text: `UPDATE letters.outbox SET ${how} WHERE aggregate_id = $1` }, [letterId]);
		});
		const [row] = await database.ask<{ id: string; partition: number; seq: number }>(
			"SELECT event_id AS id, partition, seq::int AS seq FROM letters.outbox WHERE aggregate_id = $1",
			[letterId],
		);
		return row!;
	}

	const DEAD = "dead_at = now(), attempts = 1500, last_error = 'no queue is bound for it'";
	/** An event that was tried for a day in vain. */
	const deadEvent = async (): Promise<string> => (await failedEvent(DEAD)).id;
	/** One that is to be tried again when these tests are over. */
	const waitingEvent = async (): Promise<string> =>
		(await failedEvent("attempts = 3, last_error = 'refused', next_attempt_at = now() + interval '1 day'")).id;
	const forget = (): Promise<unknown> => database.ask("DELETE FROM letters.outbox");

	test("a dead event is counted, listed and read", async () => {
		const id = await deadEvent();

		expect(await call<OutboxStatus>("status")).toMatchObject({ waiting: 0, oldestAgeS: null, dead: 1 });
		expect(await call<FailingEvent[]>("failing")).toMatchObject([
			{
				eventId: id,
				eventType: "LetterWritten",
				attempts: 1_500,
				lastError: "no queue is bound for it",
				createdAt: expect.stringMatching(ISO),
				deadAt: expect.stringMatching(ISO),
			},
		]);
		const read = await call<ToldEvent>("read", { id });
		expect(read).toMatchObject({ eventId: id, exchange: "letters.events", routingKey: "letter.written" });
		expect(JSON.parse(read.data)).toMatchObject({ text: "hello" });
		const unknown = randomUUID();
		await expect(call("read", { id: unknown })).rejects.toMatchObject({
			message: `letters's outbox has no event ${unknown}`,
			code: 404,
			type: "NOT_FOUND",
		});
		await forget();
	});

	test("one that is to be tried again is listed behind the dead, which may be told to be few", async () => {
		const waiting = await waitingEvent();
		const dead = await deadEvent();

		const all = await call<FailingEvent[]>("failing");
		// As a REPL sends it.
		const first = await call<FailingEvent[]>("failing", { limit: "1" });

		expect(all.map(({ eventId, deadAt }) => [eventId, deadAt])).toEqual([
			[dead, expect.stringMatching(ISO)],
			[waiting, null],
		]);
		expect(first.map(({ eventId }) => eventId)).toEqual([dead]);
		expect(await call<OutboxStatus>("status")).toMatchObject({ waiting: 1, failing: 1, dead: 1 });
		await forget();
	});

	const id = "00000000-0000-4000-8000-000000000001";
	test.each([
		["failing", { limit: 0 }],
		["failing", { limit: 1.5 }],
		["failing", { limit: 1_001 }],
		["failing", { limit: "few" }],
		["failing", { count: 1 }],
		["read", {}],
		["read", { id: "the first one" }],
		["read", { id, by: "ada" }],
		["retry", { ids: [], by: "ada" }],
		["retry", { ids: ["the first one"], by: "ada" }],
		["retry", { ids: [id], by: "ada", reason: "they are there again" }],
		["discard", { ids: [], reason: "nobody wants it", by: "ada" }],
		["discard", { ids: [id], by: "ada" }],
		["discard", { ids: [id], reason: "nobody wants it", by: "ada", force: true }],
	])("is not asked for %s with %j", async (action, params) => {
		await expect(call(action, params)).rejects.toMatchObject({ code: 422, type: "VALIDATION_ERROR" });
	});

	test("one that is tried again leaves, and the report says of the others that they are not there", async () => {
		const { id, partition, seq } = await failedEvent(DEAD);
		const unknown = randomUUID();
		hints.length = 0;

		const report = await call<OutboxReport[]>("retry", { ids: [id.toUpperCase(), unknown, id], by: "ada" });
		const again = await call<OutboxReport[]>("retry", { ids: [id], by: "grace" });

		expect(report).toMatchObject([
			{ id, outcome: "RETRIED", eventType: "LetterWritten" },
			{ id: unknown, eventType: null, outcome: "NOT_FOUND", reason: "no dead event of this outbox has that id" },
		]);
		expect(hints).toContainEqual({ partition, seq });
		expect(again).toMatchObject([{ id, outcome: "NOT_FOUND" }]);
		await until(() => heard.deliveries.some(({ messageId }) => messageId === id), {
			what: "the event to be published",
		});
	});

	test("a discard keeps what it was, who gave it up and why; what only waits can't be discarded", async () => {
		const id = await deadEvent();

		const report = await call<OutboxReport[]>("discard", { ids: [id], reason: "nobody wants it", by: "ada" });

		expect(report).toMatchObject([{ id, outcome: "DISCARDED" }]);
		expect(
			await database.ask("SELECT reason, discarded_by, event_type FROM letters.outbox_discarded WHERE event_id = $1", [
				id,
			]),
		).toEqual([{ reason: "nobody wants it", discarded_by: "ada", event_type: "LetterWritten" }]);
		expect(await database.ask("SELECT 1 FROM letters.outbox WHERE event_id = $1", [id])).toEqual([]);
		for (const nothing of [" ", "\u200b\u200b\u200b"]) {
			const refused = { type: "VALIDATION_ERROR" };
			await expect(call("discard", { ids: [id], reason: nothing, by: "ada" })).rejects.toMatchObject(refused);
			await expect(call("discard", { ids: [id], reason: "unwanted", by: nothing })).rejects.toMatchObject(refused);
			await expect(call("retry", { ids: [id], by: nothing })).rejects.toMatchObject(refused);
		}
	});

	/** One that counts what is there when it starts. */
	async function anotherBroker() {
		const [another] = openBroker("another");
		await another.start();
		const told = (name: string): unknown => another.metrics.getMetric(name)?.get({ service: "letters" })?.value;
		return { told, metrics: another.metrics, [Symbol.asyncDispose]: async () => another.stop() };
	}

	test("its depth and the age of its oldest event are gauges, in seconds, of its service", async () => {
		await waitingEvent();
		await deadEvent();
		await deadEvent();
		await using another = await anotherBroker();
		const { told } = another;

		await until(() => told("outbox.dead") === 2, { what: "the dead to be counted" });

		expect(told("outbox.waiting")).toBe(1);
		expect(told("outbox.oldest.age.seconds")).toBeGreaterThan(0);
		await forget();
	});

	test("the age of the oldest is 0 where nothing waits", async () => {
		await using another = await anotherBroker();
		const { told, metrics } = another;

		await until(() => told("outbox.dead") === 0, { what: "it to be counted" });

		expect(told("outbox.oldest.age.seconds")).toBe(0);
		const gauges = metrics.list({ includes: "outbox.**" }) as {
			type: string;
			name: string;
			description: string;
		}[];
		const descriptions = gauges
			.filter(({ type }) => type === "gauge")
			.map(({ name, description }) => [name, description]);
		expect(Object.fromEntries(descriptions)).toEqual({
			"outbox.dead": expect.stringMatching(/./),
			"outbox.oldest.age.seconds": expect.stringMatching(/in seconds/),
			"outbox.waiting": expect.stringMatching(/./),
		});
	});
});
