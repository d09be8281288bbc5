import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type { Database } from "../../mixins/database/database";
import type { Statement } from "../../mixins/database/statement";
import type { EventTransport, OutgoingMessage, PublishOutcome } from "../../mixins/events/transport";
import type { Relay, RelayOptions } from "../../mixins/outbox/relay";
import { until } from "../support/until";
import { letterOutbox, relayAlone, writeLetter } from "./letters";
import { mixinDatabase, type MixinDatabase } from "./mixin-database";

/** How much a relay reads and holds, what it counts, and what it says. The broker is made up, as in outbox-relay. */

let database: MixinDatabase;
const running: Relay[] = [];

beforeAll(async () => {
	database = await mixinDatabase({ letters: ["create_event_tables"] });
});
afterEach(async () => {
	for (const each of running.splice(0)) await each.stop();
	await database.ask("TRUNCATE letters.outbox, letters.outbox_aggregates, letters.outbox_relays");
	await database.ask("UPDATE letters.outbox_leases SET owner = NULL, expires_at = NULL");
});
afterAll(() => database[Symbol.asyncDispose]());

const CONFIRMED: PublishOutcome = { confirmed: true };
const REFUSED: PublishOutcome = { confirmed: false, reason: "no queue is bound for it", fault: "message" };
const ASIDE: PublishOutcome = { confirmed: false, reason: "its queue has no leader", fault: "route" };
const IN_TROUBLE: PublishOutcome = { confirmed: false, reason: "there is no connection" };

/** As relay.ts has them. */
const HELD_MAX = 6_000;
const BATCH_MAX = 1_000;
const PARTITIONS = 16;

const textOf = ({ body }: OutgoingMessage): string => (JSON.parse(body) as { data: { text: string } }).data.text;

function transportOf(publish: (texts: readonly string[]) => PublishOutcome[] | Promise<PublishOutcome[]>) {
	const taken: string[] = [];
	const transport = {
		async publish(messages: readonly OutgoingMessage[]) {
			const texts = messages.map(textOf);
			const outcomes = await publish(texts);
			taken.push(...texts.filter((_, at) => outcomes[at]!.confirmed));
			return outcomes;
		},
	} as unknown as EventTransport;
	return { taken, transport };
}

const all = (outcome: PublishOutcome) => (texts: readonly string[]) => texts.map(() => outcome);
/** Confirms what is not named, and answers the first time to what is. */
function atFirst(outcomes: Readonly<Record<string, PublishOutcome>>) {
	const seen = new Set<string>();
	return (texts: readonly string[]) =>
		texts.map((text) => {
			if (seen.has(text)) return CONFIRMED;
			seen.add(text);
			return outcomes[text] ?? CONFIRMED;
		});
}

async function start(transport: EventTransport, options: Partial<RelayOptions> = {}): Promise<Relay> {
	const worker = await relayAlone(database.db, { transport, ...options });
	running.push(worker);
	worker.start();
	return worker;
}

const insertMany = (count: number): Promise<unknown> =>
	database.ask(
		`INSERT INTO letters.outbox (event_id, partition, aggregate_id, aggregate_version, event_type, version, exchange,
			routing_key, correlation_id, causation_id, data)
		SELECT gen_random_uuid(), n % 16, gen_random_uuid(), 1, 'LetterWritten', 1, 'letters.events', 'letter.written', 'c',
			'c', json_build_object('text', n::text)
		FROM generate_series(1, $1) AS n`,
		[count],
	);
const isEmpty = async (): Promise<boolean> => (await database.ask("SELECT FROM letters.outbox LIMIT 1")).length === 0;

/** The same database; how many rows each read of the outbox has brought, and what fails. */
function watched(failing: (statement: Statement) => boolean = () => false) {
	const reads: number[] = [];
	/** How long each event that was refused is to wait, in milliseconds. */
	const pausesMs: number[] = [];
	const db: Database = {
		...database.db,
		async query<Row extends object>(statement: Statement, values?: readonly unknown[]) {
			if (failing(statement)) throw new Error("The server is going away");
			if (statement === letterOutbox.postpone) pausesMs.push(...(values![2] as number[]));
			const rows = await database.db.query<Row>(statement, values);
			if (statement === letterOutbox.read) reads.push(rows.length);
			return rows;
		},
	};
	return { db, reads, pausesMs, rows: () => reads.reduce((sum, each) => sum + each, 0) };
}

/** What a relay says. */
function newLog() {
	const lines: string[] = [];
	const say =
		(level: string) =>
		(...words: unknown[]): void =>
			void lines.push(`${level}: ${words.join(" ")}`);
	const log = { info: say("info"), warn: say("warn"), error: say("error"), debug: say("debug") };
	return { log: log as unknown as RelayOptions["log"], lines };
}

test("more than memory has room for goes out, each once", async () => {
	const count = HELD_MAX + 2 * BATCH_MAX;
	const post = transportOf(all(CONFIRMED));
	await insertMany(count);

	await start(post.transport);
	await until(isEmpty, { what: "the outbox to be empty", withinMs: 60_000 });

	expect(post.taken).toHaveLength(count);
	expect(new Set(post.taken).size).toBe(count);
}, 70_000);

test("while nothing is confirmed it reads no more than memory has room for, a batch at a time", async () => {
	const count = HELD_MAX + 2 * BATCH_MAX;
	let letGo = (): void => undefined;
	const go = new Promise<void>((resolve) => (letGo = resolve));
	const post = transportOf(async (texts) => {
		await go;
		return all(CONFIRMED)(texts);
	});
	const { db, reads, rows } = watched();
	await insertMany(count);

	const worker = await start(post.transport, { db });
	await until(() => rows() > HELD_MAX - BATCH_MAX / 2, { what: "memory to be full" });
	for (let times = 0; times < 5; times++) {
		worker.wake();
		await pause(20);
	}
	const most = rows();
	letGo();
	await until(isEmpty, { what: "the outbox to be empty", withinMs: 60_000 });

	expect(Math.max(...reads)).toBeLessThan(BATCH_MAX + PARTITIONS);
	expect(most).toBeLessThan(HELD_MAX + BATCH_MAX / 2 + PARTITIONS);
	expect(new Set(post.taken).size).toBe(count);
}, 70_000);

test("what is published, refused and failed is counted, and how long the broker takes", async () => {
	const counts = new Map<string, number>();
	const times: number[] = [];
	const meter: RelayOptions["meter"] = {
		count: (name, by = 1) => void counts.set(name, (counts.get(name) ?? 0) + by),
		time: (_name, ms) => void times.push(ms),
	};
	const post = transportOf(atFirst({ bad: REFUSED, lost: IN_TROUBLE }));
	for (const text of ["good", "fine", "bad", "lost"]) await writeLetter(database.db, randomUUID(), text);
	const beganMs = performance.now();

	await start(post.transport, { meter });
	await until(isEmpty, { what: "the outbox to be empty" });

	expect(Object.fromEntries(counts)).toEqual({
		"outbox.published": 4,
		"outbox.refused": 1,
		"outbox.failed": 1,
	});
	expect(Math.min(...times)).toBeGreaterThanOrEqual(0);
	expect(Math.max(...times)).toBeLessThanOrEqual(performance.now() - beganMs);
});

test("it says once what has to wait, and once that it goes on", async () => {
	const { log, lines } = newLog();
	let isAway = true;
	const post = transportOf((texts) => all(isAway ? ASIDE : CONFIRMED)(texts));
	let tries = 0;
	const transport = { publish: (...args: [never]) => (tries++, post.transport.publish(...args)) };
	await writeLetter(database.db, randomUUID(), "for nobody");

	await start(transport as unknown as EventTransport, { log });
	await until(() => tries >= 3, { what: "three attempts" });
	isAway = false;
	await until(isEmpty, { what: "the outbox to be empty" });

	expect(lines).toEqual([
		"warn: What goes to letters.events letter.written can't be published and waits: its queue has no leader",
		"info: What goes to letters.events letter.written is no longer aside",
	]);
});

test("batches that tell the same trouble are one trouble", async () => {
	const { log, lines } = newLog();
	const answers: ((outcomes: PublishOutcome[]) => void)[] = [];
	const post = transportOf((texts) =>
		answers.length < 2 ? new Promise((resolve) => answers.push(resolve)) : all(CONFIRMED)(texts),
	);
	for (const text of ["one", "other"]) await writeLetter(database.db, randomUUID(), text);
	await database.ask(`UPDATE letters.outbox SET routing_key = 'letter.' || (data ->> 'text')`);

	await start(post.transport, { log });
	await until(() => answers.length === 2, { what: "both to be on their way" });
	for (const answer of answers) answer([IN_TROUBLE]);
	await until(isEmpty, { what: "the outbox to be empty" });

	expect(lines).toEqual([
		expect.stringMatching(/^warn: The outbox could not be relayed, next try in \d+ ms: there is no/),
	]);
});

test("a dead event is told with its reason, and no other is", async () => {
	const { log, lines } = newLog();
	const post = transportOf((texts) => texts.map((text) => (text === "poison" ? REFUSED : CONFIRMED)));
	for (const text of ["poison", "good"]) await writeLetter(database.db, randomUUID(), text);
	await database.ask("UPDATE letters.outbox SET attempts = 1498 WHERE data->>'text' = 'poison'");
	const isDead = async (): Promise<boolean> =>
		(await database.ask("SELECT FROM letters.outbox WHERE dead_at IS NOT NULL")).length === 1;

	await start(post.transport, { log });
	await until(async () => (await database.ask("SELECT FROM letters.outbox WHERE attempts = 1499")).length === 1, {
		what: "the last attempt but one",
	});
	const before = [...lines];
	await database.ask("UPDATE letters.outbox SET next_attempt_at = now()");
	await until(isDead, { what: "its death" });
	await until(() => lines.length === 1, { what: "it to be told" });

	expect(before).toEqual([]);
	expect(lines).toEqual([
		expect.stringMatching(
			/^error: LetterWritten [0-9a-f-]{36} is dead after 1500 attempts to publish it: no queue is bound for it$/,
		),
	]);
});

test("an event that was refused waits, and each time longer", async () => {
	const { db, pausesMs } = watched();
	let calls = 0;
	const post = transportOf((texts) => all(++calls > 4 ? CONFIRMED : REFUSED)(texts));
	await writeLetter(database.db, randomUUID(), "at last");

	await start(post.transport, { db });
	await until(isEmpty, { what: "the outbox to be empty" });

	const [first, , , last] = pausesMs;
	expect(pausesMs).toHaveLength(4);
	expect(first).toBeGreaterThanOrEqual(50);
	expect(last).toBeGreaterThanOrEqual(2 * first!);
});

test.each([
	["removed", letterOutbox.remove, /^warn: Published events could not be removed from the outbox yet: The server/],
	["postponed", letterOutbox.postpone, /^warn: The outbox could not be relayed, next try in \d+ ms: The server/],
	["read", letterOutbox.read, /^warn: The outbox could not be relayed, next try in \d+ ms: The server/],
])("what can't be %s just now is tried again, and said once", async (_what, failing, said) => {
	const { log, lines } = newLog();
	let failures = 0;
	const { db } = watched((statement) => statement === failing && failures++ === 0);
	const post = transportOf(atFirst({ bad: REFUSED }));
	for (const text of ["good", "bad"]) await writeLetter(database.db, randomUUID(), text);

	await start(post.transport, { db, log });
	await until(isEmpty, { what: "the outbox to be empty" });

	expect([...new Set(post.taken)].toSorted()).toEqual(["bad", "good"]);
	expect(failures).toBeGreaterThan(0);
	expect(lines).toEqual([expect.stringMatching(said)]);
});

test("a database in trouble is not asked more often because many events are written", async () => {
	let reads = 0;
	const { db } = watched((statement) => statement === letterOutbox.read && reads++ >= 0);
	const worker = await start(transportOf(all(CONFIRMED)).transport, { db });

	for (let times = 0; times < 200; times++) {
		await writeLetter(database.db, randomUUID(), "hurry");
		worker.wake();
	}

	expect(reads).toBeLessThan(50);
});

test("a relay that has no partition asks for nothing", async () => {
	const { log, lines } = newLog();
	const { db, reads } = watched();
	const leases = {
		mine: () => [],
		renew: async () => ({ gained: [], isWaiting: false }),
		release: async () => undefined,
	};
	await writeLetter(database.db, randomUUID(), "somebody else's");

	const worker = await start(transportOf(all(CONFIRMED)).transport, {
		db,
		log,
		leases: leases as unknown as RelayOptions["leases"],
	});
	for (let times = 0; times < 5; times++) {
		worker.wake();
		await pause(20);
	}

	expect(reads).toEqual([]);
	expect(lines).toEqual([]);
});

test("a relay that ends sends nothing that was not on its way", async () => {
	const letterId = randomUUID();
	let letGo = (): void => undefined;
	const go = new Promise<void>((resolve) => (letGo = resolve));
	let calls = 0;
	const post = transportOf(async (texts) => {
		calls++;
		await go;
		return all(CONFIRMED)(texts);
	});
	for (const text of ["first", "second"]) await writeLetter(database.db, letterId, text);
	const worker = await relayAlone(database.db, { transport: post.transport });
	worker.start();
	await until(() => calls === 1, { what: "the first to be on its way" });

	const stopping = worker.stop();
	letGo();
	await stopping;

	expect(post.taken).toEqual(["first"]);
	expect(await database.ask("SELECT data ->> 'text' AS text FROM letters.outbox")).toEqual([{ text: "second" }]);
});

test("a relay that ends waits for what is on its way, and until it is removed", async () => {
	const [way, removal] = [newGate(), newGate()];
	const post = transportOf(async (texts) => {
		await way.reached();
		return all(CONFIRMED)(texts);
	});
	const db: Database = {
		...database.db,
		async query<Row extends object>(statement: Statement, values?: readonly unknown[]) {
			if (statement === letterOutbox.remove) await removal.reached();
			return database.db.query<Row>(statement, values);
		},
	};
	await writeLetter(database.db, randomUUID(), "the last one");
	const worker = await relayAlone(database.db, { transport: post.transport, db });
	worker.start();
	await way.isReached;
	const order: string[] = [];

	const stopping = worker.stop().then(() => order.push("stopped"));
	way.open();
	await removal.isReached;
	await pause(200);
	order.push("removed");
	removal.open();
	await stopping;

	expect(order).toEqual(["removed", "stopped"]);
	expect(await isEmpty()).toBe(true);
});

/** Where somebody waits until it is opened. */
function newGate() {
	let open = (): void => undefined;
	const opened = new Promise<void>((resolve) => (open = resolve));
	let arrive = (): void => undefined;
	const isReached = new Promise<void>((resolve) => (arrive = resolve));
	return { isReached, open: () => open(), reached: async () => (arrive(), opened) };
}
