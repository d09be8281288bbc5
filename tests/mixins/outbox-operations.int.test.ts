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

describe("an outbox, for its operators", () => {
	let database: MixinDatabase;
	let transport: EventTransport;
	let broker: ServiceBroker;
	let service: Service & WithDatabase & WithOutbox;
	let close: () => Promise<void>;
	const heard = recorder();

	beforeAll(async () => {
		database = await mixinDatabase({ letters: ["create_event_tables"] });
		const opened = await anyTransport("postgres", database, letterTopology);
		({ transport } = opened);
		close = async () => opened[Symbol.asyncDispose]();
		await transport.consume(desk, heard.handle);
		broker = new ServiceBroker({ nodeID: "letters", logger: false, metrics: { enabled: true, reporter: [] } });
		service = broker.createService({
			name: "letters",
			mixins: [Outbox({ schema: "letters", transport, topology: letterTopology }), Database({ url: database.url })],
		}) as Service & WithDatabase & WithOutbox;
		await broker.start();
	});
	afterAll(async () => {
		await broker.stop();
		await close();
		await database[Symbol.asyncDispose]();
	});

	const call = <Result>(action: string, params: object = {}): Promise<Result> =>
		broker.call(`letters.outbox.${action}`, params);

	/** An event that was tried for a day in vain. */
	async function deadEvent(): Promise<string> {
		const letterId = randomUUID();
		await service.db.transaction(async (tx) => {
			await service.publish(tx, LetterWritten({ letterId, text: "hello" }), { correlationId: "c", causationId: "c" });
			await tx.query(
				{
					name: "",
					text: "UPDATE letters.outbox SET dead_at = now(), attempts = 1500, last_error = 'no queue is bound for it' WHERE aggregate_id = $1",
				},
				[letterId],
			);
		});
		const [row] = await database.ask<{ event_id: string }>(
			"SELECT event_id FROM letters.outbox WHERE aggregate_id = $1",
			[letterId],
		);
		return row!.event_id;
	}

	test("a dead event is counted, listed and read", async () => {
		const id = await deadEvent();

		expect(await call<OutboxStatus>("status")).toMatchObject({ waiting: 0, oldestAgeS: null, dead: 1 });
		expect(await call<FailingEvent[]>("failing")).toMatchObject([
			{ eventId: id, eventType: "LetterWritten", attempts: 1_500, lastError: "no queue is bound for it" },
		]);
		const read = await call<ToldEvent>("read", { id });
		expect(read).toMatchObject({ eventId: id, exchange: "letters.events", routingKey: "letter.written" });
		expect(JSON.parse(read.data)).toMatchObject({ text: "hello" });
		await expect(call("read", { id: randomUUID() })).rejects.toMatchObject({ code: 404 });
	});

	test("one that is tried again leaves, and the report says of the others that they are not there", async () => {
		const id = await deadEvent();
		const unknown = randomUUID();

		const report = await call<OutboxReport[]>("retry", { ids: [id, unknown], by: "ada" });
		const again = await call<OutboxReport[]>("retry", { ids: [id], by: "grace" });

		expect(report).toMatchObject([
			{ id, outcome: "RETRIED", eventType: "LetterWritten" },
			{ id: unknown, outcome: "NOT_FOUND" },
		]);
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

	test("its depth and the age of its oldest event are gauges", async () => {
		const gauges = broker.metrics
			.list({ includes: "outbox.**" })
			.filter(({ type }: { type: string }) => type === "gauge");

		expect(gauges.map(({ name }: { name: string }) => name).toSorted()).toEqual([
			"outbox.dead",
			"outbox.oldest.age.seconds",
			"outbox.waiting",
		]);
	});
});
