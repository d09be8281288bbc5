import { alone } from "../../mixins/events/dead-letters/lock";
import { randomUUID } from "node:crypto";
import { Errors, ServiceBroker, type Service } from "moleculer";
import { v7 as uuidv7 } from "uuid";
import { Database, type WithDatabase } from "../../mixins/database/database.mixin";
import type { Transaction } from "../../mixins/database/database";
import { sql } from "../../mixins/database/statement";
import type { QueueDepth } from "../../mixins/events/dead-letters/dead-letters.mixin";
import type { LetterList, LetterTold } from "../../mixins/events/dead-letters/reading";
import type { Report } from "../../mixins/events/dead-letters/report";
import type { Envelope } from "../../mixins/events/envelope";
import { Events, on } from "../../mixins/events/events.mixin";
import type { EventTransport } from "../../mixins/events/transport";
import { transports } from "../support/servers";
import { until } from "../support/until";
import { anyTransport } from "./any-transport";
import { LetterWritten } from "./letters";
import { mixinDatabase, type MixinDatabase } from "./mixin-database";
import { messageTo, queueNamed } from "./transport.stage";

type Readers = Service & WithDatabase;

const QUEUE = "readers.desk";
const desk = queueNamed(QUEUE, "letters.events", { patterns: ["letter.*"] });
const keep = sql("test.keep", "INSERT INTO readers.kept (letter) VALUES ($1)");

/** What the reader refuses, by the letter's text. */
const refused = new Set<string>();

async function readLetter(
	this: Readers,
	tx: Transaction,
	{ data }: Envelope<{ letterId: string; text: string }>,
): Promise<void> {
	await tx.query(keep, [data.letterId]);
	if (refused.has(data.text))
		throw new Errors.MoleculerClientError(`I don't read ${data.text}`, 422, "NOT_TO_MY_TASTE");
}

describe.each(transports)("a service's dead letters over %s", (kind) => {
	let database: MixinDatabase;
	let transport: EventTransport;
	let broker: ServiceBroker;
	let close: () => Promise<void>;

	beforeAll(async () => {
		database = await mixinDatabase({ readers: ["create_event_tables"] });
		await database.ask("CREATE TABLE readers.kept (letter uuid)");
		const opened = await anyTransport(kind, database, { exchanges: ["letters.events"], queues: [desk] });
		({ transport } = opened);
		close = async () => opened[Symbol.asyncDispose]();
		broker = new ServiceBroker({ nodeID: "readers", logger: false });
		const consumers = [
			{ queue: desk, subscriptions: [on<Readers, typeof LetterWritten.data>(LetterWritten, readLetter)] },
		];
		broker.createService({
			name: "readers",
			mixins: [Events<Readers>({ schema: "readers", transport, consumers }), Database({ url: database.url })],
		});
		await broker.start();
	});
	afterAll(async () => {
		await broker.stop();
		await close();
		await database[Symbol.asyncDispose]();
	});
	afterEach(async () => {
		refused.clear();
		await transport.visitDeadLetters(QUEUE, {
			decide: async (letters) => letters.map(() => "remove"),
			carriedOut: () => true,
		});
	});

	const call = <Result>(action: string, params: object): Promise<Result> =>
		broker.call(`readers.deadLetters.${action}`, params, { timeout: 60_000 });
	const replay = (params: object): Promise<Report> => call("replay", { queue: QUEUE, by: "ada", ...params });

	interface Sent {
		eventId: string;
		letterId: string;
	}

	/** Sends a letter; what is given stands in the place of what is right. */
	async function send(text: string, wrong: Partial<Envelope> = {}): Promise<Sent> {
		const letterId = randomUUID();
		const eventId = wrong.event_id ?? uuidv7();
		const envelope = {
			event_id: eventId,
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
		};
		const message = messageTo("letters.events", {
			eventId,
			body: JSON.stringify(envelope),
			routingKey: "letter.written",
		});
		expect(await transport.publish([message])).toEqual([{ confirmed: true }]);
		return { eventId, letterId };
	}

	async function sendAll(count: number, text: string): Promise<Sent[]> {
		const sent: Sent[] = [];
		for (let number = 0; number < count; number++) sent.push(await send(text));
		return sent;
	}

	const dead = (count: number): Promise<boolean> =>
		until(async () => (await transport.countDeadLetters(QUEUE)) === count, {
			what: `${count} dead letters`,
			withinMs: 30_000,
		});

	async function timesKept(letterId: string): Promise<number> {
		const [row] = await database.ask<{ count: number }>("SELECT count(*) FROM readers.kept WHERE letter = $1", [
			letterId,
		]);
		return row!.count;
	}

	const kept = (letterId: string): Promise<boolean> =>
		until(async () => (await timesKept(letterId)) > 0, { what: "the letter to be read", withinMs: 30_000 });

	test("are counted for each queue, and listed by what they are, without their bodies", async () => {
		refused.add("bills");
		const bill = await send("bills");
		await dead(1);
		await sendAll(2, "bills");
		const odd = await send("odd", { version: 9 });
		await dead(4);

		expect(await call<QueueDepth[]>("queues", {})).toEqual([{ queue: QUEUE, letters: 4 }]);
		const refusals = await call<LetterList>("list", { queue: QUEUE, code: "NOT_TO_MY_TASTE", limit: 2 });
		expect(refusals).toMatchObject({ total: 4, seen: 4, matching: 3 });
		expect(refusals.letters).toHaveLength(2);
		expect(refusals.letters[0]).toEqual({
			id: bill.eventId,
			eventType: "LetterWritten",
			code: "NOT_TO_MY_TASTE",
			message: "I don't read bills",
			attempts: 1,
			firstFailedAt: expect.any(String) as string,
			diedAt: expect.any(String) as string,
			node: "test-node",
		});
		expect((await call<LetterList>("list", { queue: QUEUE, code: "UNREADABLE_EVENT" })).letters).toMatchObject([
			{ id: odd.eventId },
		]);
		expect(await call<LetterList>("list", { queue: QUEUE, type: "LetterBurnt" })).toMatchObject({ matching: 0 });
		const future = new Date(Date.now() + 60_000).toISOString();
		expect(await call<LetterList>("list", { queue: QUEUE, since: future })).toMatchObject({ matching: 0, total: 4 });
	});

	test("one is read whole, with its error, its history and what would become of it", async () => {
		refused.add("bills");
		const bill = await send("bills");
		await dead(1);

		const letter = await call<LetterTold>("read", { queue: QUEUE, id: bill.eventId });

		expect(letter).toMatchObject({
			queue: QUEUE,
			service: "readers",
			exchange: "letters.events",
			routingKey: "letter.written",
			code: "NOT_TO_MY_TASTE",
			message: "I don't read bills",
			stack: expect.stringContaining("readLetter") as string,
			judgement: { verdict: "WOULD_APPLY" },
			discarded: null,
		});
		expect(JSON.parse(letter.body)).toMatchObject({ event_id: bill.eventId, data: { text: "bills" } });
		await expect(call("read", { queue: QUEUE, id: "nobody" })).rejects.toThrow(/no dead letter nobody/);
		await expect(call("read", { queue: "readers.sofa", id: "x" })).rejects.toThrow(/no queue readers\.sofa/);
	});

	test("a dry run says of each what would happen, and does nothing", async () => {
		refused.add("bills");
		const would = await send("bills");
		const odd = await send("odd", { data: { letterId: 7 } });
		const burnt = await send("old", { event_id: uuidv7({ msecs: Date.now() - 15 * 86_400_000 }) });
		const applied = await send("bills");
		await dead(4);
		await database.ask("INSERT INTO readers.inbox (consumer, event_id) VALUES ($1, $2)", [QUEUE, applied.eventId]);

		const report = await replay({ all: true, dryRun: true });

		const verdicts = new Map(report.letters.map(({ id, judgement }) => [id, judgement!]));
		expect(verdicts.get(would.eventId)).toEqual({ verdict: "WOULD_APPLY" });
		expect(verdicts.get(applied.eventId)).toEqual({ verdict: "ALREADY_APPLIED" });
		expect(verdicts.get(odd.eventId)).toEqual({
			verdict: "CANT_BE_UNDERSTOOD",
			why: expect.stringMatching(/LetterWritten: .*letterId/) as string,
		});
		expect(verdicts.get(burnt.eventId)).toEqual({
			verdict: "TOO_OLD",
			why: expect.stringMatching(/older than the 14 days/) as string,
		});
		expect(report.counts).toEqual({ LEFT: 4 });
		expect(await transport.countDeadLetters(QUEUE)).toBe(4);
	});

	test("a letter whose id is in capitals is read, replayed and discarded by it in any case", async () => {
		refused.add("bills");
		const [one, other] = [uuidv7(), uuidv7()];
		for (const id of [one, other]) await send("bills", { event_id: id.toUpperCase() });
		await dead(2);
		refused.clear();

		const told = await call<LetterTold>("read", { queue: QUEUE, id: one.toUpperCase() });
		const report = await replay({ ids: [one.toUpperCase()] });
		await until(async () => (await replay({ ids: [one] })).letters[0]!.judgement?.verdict === "ALREADY_APPLIED", {
			what: "it to be handled",
		});
		const again = await replay({ ids: [one.toUpperCase()] });
		const discarded = await call<Report>("discard", { queue: QUEUE, ids: [other], reason: "unwanted", by: "ada" });

		expect(told).toMatchObject({ id: one, judgement: { verdict: "WOULD_APPLY" } });
		expect(report.letters).toMatchObject([{ id: one, outcome: "PUT_BACK" }]);
		expect(again.letters).toMatchObject([{ id: one, outcome: "NOT_FOUND", judgement: { verdict: "ALREADY_APPLIED" } }]);
		expect(discarded.letters).toMatchObject([{ id: other, outcome: "DISCARDED" }]);
	});

	test("a replay tells of each what was done, and the counts add up", async () => {
		refused.add("bills");
		const bill = await send("bills");
		const odd = await send("odd", { version: 9 });
		const old = await send("old", { event_id: uuidv7({ msecs: Date.now() - 15 * 86_400_000 }) });
		await dead(3);
		const applied = await send("news");
		await kept(applied.letterId);
		refused.clear();
		const unknown = uuidv7();

		const ids = [bill.eventId, odd.eventId, old.eventId, applied.eventId, unknown];
		const report = await replay({ ids });

		expect(Object.fromEntries(report.letters.map(({ id, outcome }) => [id, outcome]))).toEqual({
			[bill.eventId]: "PUT_BACK",
			[odd.eventId]: "REFUSED",
			[old.eventId]: "REFUSED",
			[applied.eventId]: "NOT_FOUND",
			[unknown]: "NOT_FOUND",
		});
		expect(report.letters).toHaveLength(5);
		expect(report.counts).toEqual({ PUT_BACK: 1, REFUSED: 2, NOT_FOUND: 2 });
		expect(report).toMatchObject({ total: 3, seen: 3 });
		const reasons = new Map(report.letters.map(({ id, reason }) => [id, reason]));
		expect(reasons.get(applied.eventId)).toMatch(/and applied$/);
		expect(reasons.get(unknown)).toMatch(/not applied/);
		expect(reasons.get(odd.eventId)).toMatch(/has version 9/);
		await kept(bill.letterId);
		await dead(2);
	});

	test("what can't be understood goes back when it is forced to, and what is too old never does", async () => {
		const odd = await send("odd", { version: 9 });
		const old = await send("old", { event_id: uuidv7({ msecs: Date.now() - 15 * 86_400_000 }) });
		await dead(2);

		const report = await replay({ ids: [odd.eventId, old.eventId], force: true });

		expect(report.counts).toEqual({ PUT_BACK: 1, REFUSED: 1 });
		await dead(2);
	});

	test.each([
		["by error code", { code: "NOT_TO_MY_TASTE" }],
		["by event type", { type: "LetterWritten" }],
		["by time of death", { since: new Date(0).toISOString() }],
	])("some are replayed %s", async (_how, wanted) => {
		refused.add("bills");
		const bills = await sendAll(2, "bills");
		await dead(2);
		refused.clear();

		const report = await replay(wanted);

		expect(report.counts).toEqual({ PUT_BACK: 2 });
		for (const { letterId } of bills) await kept(letterId);
	});

	test("without a word which, or with two, nothing is replayed", async () => {
		await expect(replay({})).rejects.toMatchObject({ code: 422, message: expect.stringMatching(/^Say which letters/) });
		await expect(replay({ all: true, code: "X" })).rejects.toMatchObject({ code: 422 });
		await expect(replay({ since: "yesterday" })).rejects.toMatchObject({
			message: expect.stringMatching(/not a time/),
		});
	});

	test("a queue that two operators replay at once, and one of them again, has each effect once", async () => {
		refused.add("bills");
		const bills = await sendAll(120, "bills");
		await dead(120);
		refused.clear();

		const reports = await Promise.all([replay({ all: true }), replay({ all: true })]);
		const again = await replay({ ids: bills.map(({ eventId }) => eventId) });

		expect(reports.map(({ counts }) => counts["PUT_BACK"] ?? 0).toSorted((a, b) => a - b)).toEqual([0, 120]);
		expect(again.counts).toEqual({ NOT_FOUND: 120 });
		for (const { letterId } of bills) await kept(letterId);
		await dead(0);
		for (const { letterId } of bills) expect(await timesKept(letterId)).toBe(1);
	});

	test("a letter that lies there twice, and is put back twice, has one effect", async () => {
		refused.add("bills");
		const eventId = uuidv7();
		const first = await send("bills", { event_id: eventId });
		await dead(1);
		const second = await send("bills", { event_id: eventId, aggregate_id: first.letterId });
		await dead(2);
		refused.clear();

		const report = await replay({ ids: [eventId] });

		expect(report.counts).toEqual({ PUT_BACK: 2 });
		const read = async (): Promise<number> => (await timesKept(first.letterId)) + (await timesKept(second.letterId));
		await until(async () => (await read()) > 0, { what: "one of them to be read" });
		const last = await send("the last one");
		await kept(last.letterId);
		expect(await read()).toBe(1);
	});

	test("a discard keeps what it was, who gave it up, when and why, and says so later", async () => {
		refused.add("bills");
		const [bill, other] = await sendAll(2, "bills");
		await dead(2);
		const unknown = uuidv7();

		const report = await call<Report>("discard", {
			queue: QUEUE,
			ids: [bill!.eventId, unknown],
			reason: "paid by hand",
			by: "ada",
		});

		expect(report.counts).toEqual({ DISCARDED: 1, NOT_FOUND: 1 });
		expect((await call<LetterList>("list", { queue: QUEUE })).letters).toMatchObject([{ id: other!.eventId }]);
		const rows = await database.ask<{ body: Buffer }>(
			"SELECT * FROM readers.dead_letters_discarded WHERE letter_id = $1",
			[bill!.eventId],
		);
		expect(rows).toMatchObject([
			{
				queue: QUEUE,
				event_type: "LetterWritten",
				error_code: "NOT_TO_MY_TASTE",
				exchange: "letters.events",
				routing_key: "letter.written",
				attempts: 1,
				reason: "paid by hand",
				discarded_by: "ada",
				discarded_at: expect.any(Date) as Date,
			},
		]);
		expect(JSON.parse(rows[0]!.body.toString())).toMatchObject({ event_id: bill!.eventId, data: { text: "bills" } });
		const again = await replay({ ids: [bill!.eventId] });
		expect(again.letters[0]).toMatchObject({
			outcome: "NOT_FOUND",
			reason: expect.stringMatching(/^discarded by ada/),
		});
	});

	test.each(["  ", "\u200b\u200b\u200b"])(
		"a discard without a reason, or by nobody, %j, is refused",
		async (nothing) => {
			const discard = (said: object) =>
				call("discard", { queue: QUEUE, ids: ["x"], reason: "unwanted", by: "ada", ...said });

			await expect(discard({ reason: nothing })).rejects.toMatchObject({ type: "VALIDATION_ERROR" });
			await expect(discard({ by: nothing })).rejects.toMatchObject({ type: "VALIDATION_ERROR" });
		},
	);

	test("a discard that died before the letter was gone is completed by the next, as one line", async () => {
		refused.add("bills");
		const bill = await send("bills");
		await dead(1);
		const [letter] = await transport.deadLetters(QUEUE, 1);
		await database.ask(
			`INSERT INTO readers.dead_letters_discarded (queue, letter_id, exchange, routing_key, body, body_bytes, attempts,
				first_failed_at, died_at, error_code, error_message, node, reason, discarded_by)
			VALUES ($1, $2, 'e', 'k', '', 0, 1, now(), $3, 'c', 'm', 'n', 'died half-way', 'grace')`,
			[QUEUE, bill.eventId, letter!.diedAt],
		);

		const report = await call<Report>("discard", { queue: QUEUE, ids: [bill.eventId], reason: "for good", by: "ada" });

		expect(report.counts).toEqual({ DISCARDED: 1 });
		expect(
			await database.ask("SELECT reason, discarded_by FROM readers.dead_letters_discarded WHERE letter_id = $1", [
				bill.eventId,
			]),
		).toEqual([{ reason: "for good", discarded_by: "ada" }]);
	});

	test("while somebody goes through the letters, another is told so and does nothing", async () => {
		refused.add("bills");
		await send("bills");
		await dead(1);

		await alone(database.db, QUEUE, () =>
			expect(replay({ all: true })).rejects.toMatchObject({ type: "LETTERS_BUSY", code: 409 }),
		);

		expect((await replay({ all: true, dryRun: true })).counts).toEqual({ LEFT: 1 });
	});

	test("what ends a replay in the middle is told beside what was done until then", async () => {
		refused.add("bills");
		await sendAll(150, "bills");
		await dead(150);
		await database.ask("ALTER TABLE readers.inbox RENAME TO inbox_away");

		const report = await replay({ all: true });
		await database.ask("ALTER TABLE readers.inbox_away RENAME TO inbox");

		expect(report.interrupted).toMatch(/inbox/);
		expect(report.letters).toEqual([]);
		expect(await transport.countDeadLetters(QUEUE)).toBe(150);
	});
});
