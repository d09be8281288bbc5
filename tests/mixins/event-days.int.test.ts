import { randomUUID } from "node:crypto";
import { ServiceBroker, type ServiceSchema } from "moleculer";
import { v7 as uuidv7 } from "uuid";
import { Database } from "../../mixins/database/database.mixin";
import { daysOf as keptDays } from "../../mixins/events/days";
import { Events } from "../../mixins/events/events.mixin";
import type { EventTransport } from "../../mixins/events/transport";
import { Outbox } from "../../mixins/outbox/outbox.mixin";
import { until } from "../support/until";
import { anyTransport } from "./any-transport";
import { mixinDatabase, type MixinDatabase } from "./mixin-database";

let database: MixinDatabase;

beforeEach(async () => {
	database = await mixinDatabase({ letters: ["create_event_tables"] });
});

afterEach(() => jest.restoreAllMocks());
afterEach(() => database[Symbol.asyncDispose]());

const DAY_MS = 86_400_000;
const nameOf = (parent: string, daysAgo: number): string =>
	`${parent}_${new Date(Date.now() - daysAgo * DAY_MS).toISOString().slice(0, 10).replaceAll("-", "")}`;
const keep = (historyDays = 14, inboxDays = 14): Promise<{ undone: number }[]> =>
	database.ask("SELECT letters.keep_event_days($1, $2) AS undone", [historyDays, inboxDays]);
const handle = (eventId: string): Promise<{ table: string }[]> =>
	database.ask(
		"INSERT INTO letters.inbox (consumer, event_id) VALUES ('a', $1) RETURNING tableoid::regclass::text AS table",
		[eventId],
	);

async function daysOf(parent: string): Promise<string[]> {
	const rows = await database.ask<{ name: string }>(
		`SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = $1::regclass ORDER BY 1`,
		[`letters.${parent}`],
	);
	return rows.map(({ name }) => name.replace("letters.", "")).filter((name) => !name.endsWith("_default"));
}

/** A day as it was made when it was young. */
async function makeDay(parent: string, daysAgo: number, from: string, to: string): Promise<void> {
	const name = `letters.${nameOf(parent, daysAgo)}`;
	await database.ask(`CREATE TABLE ${name} (LIKE letters.${parent} INCLUDING ALL)`);
	await database.ask(`ALTER TABLE letters.${parent} ATTACH PARTITION ${name} FOR VALUES FROM ('${from}') TO ('${to}')`);
}

/** The smallest id of a UTC day. */
function firstIdOf(daysAgo: number): string {
	const midnight = Math.floor(Date.now() / DAY_MS) * DAY_MS - daysAgo * DAY_MS;
	const hex = midnight.toString(16).padStart(12, "0");
	return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}

const dateOf = (daysAgo: number): string => new Date(Date.now() - daysAgo * DAY_MS).toISOString().slice(0, 10);

const NOTHING = { exchanges: [], queues: [] };
type Mixins = (transport: EventTransport) => Partial<ServiceSchema>[];
const listening: Mixins = (transport) => [Events({ schema: "letters", transport, consumers: [] })];
const publishing = (transport: EventTransport, historyDays = 14): Partial<ServiceSchema>[] => [
	Outbox({ schema: "letters", transport, topology: NOTHING, historyDays }),
];

/** Starts a service with these mixins, and stops it when `meanwhile` is over. */
async function work(mixins: Mixins, meanwhile: () => Promise<void> = async () => undefined): Promise<void> {
	await using opened = await anyTransport("postgres", database, NOTHING);
	const broker = new ServiceBroker({ logger: false });
	broker.createService({ name: "letters", mixins: [...mixins(opened.transport), Database({ url: database.url })] });
	await broker.start();
	try {
		await meanwhile();
	} finally {
		await broker.stop();
	}
}

test("there are always partitions for today and the two days to come", async () => {
	await keep();

	for (const parent of ["inbox", "outbox_history"]) {
		expect(await daysOf(parent)).toEqual([nameOf(parent, 0), nameOf(parent, -1), nameOf(parent, -2)]);
	}
});

test("an event is remembered in the day in which it was made", async () => {
	const [today] = await handle(uuidv7());
	const [tomorrow] = await handle(uuidv7({ msecs: Date.now() + DAY_MS }));
	const [timeless] = await handle(randomUUID());

	expect(today!.table).toBe(`letters.${nameOf("inbox", 0)}`);
	expect(tomorrow!.table).toBe(`letters.${nameOf("inbox", -1)}`);
	expect(timeless!.table).toBe("letters.inbox_default");
});

test("days that are over their time are dropped, younger ones stay", async () => {
	await makeDay("inbox", 16, firstIdOf(16), firstIdOf(15));
	await makeDay("inbox", 13, firstIdOf(13), firstIdOf(12));
	await makeDay("outbox_history", 4, dateOf(4), dateOf(3));
	await makeDay("outbox_history", 2, dateOf(2), dateOf(1));

	await keep(3, 14);

	expect(await daysOf("inbox")).not.toContain(nameOf("inbox", 16));
	expect(await daysOf("inbox")).toContain(nameOf("inbox", 13));
	expect(await daysOf("outbox_history")).not.toContain(nameOf("outbox_history", 4));
	expect(await daysOf("outbox_history")).toContain(nameOf("outbox_history", 2));
});

test("what has no day is forgotten by its age", async () => {
	const [old, young] = [randomUUID(), randomUUID()];
	await handle(old);
	await handle(young);
	await database.ask("UPDATE letters.inbox SET handled_at = now() - interval '15 days' WHERE event_id = $1", [old]);

	await keep();

	expect(await database.ask("SELECT event_id FROM letters.inbox")).toEqual([{ event_id: young }]);
});

test("a day that a long transaction looks at is dropped at the next try, and nobody waits for it", async () => {
	await makeDay("inbox", 20, firstIdOf(20), firstIdOf(19));
	const during = await database.db.transaction(async (tx) => {
		await tx.query({ name: "", text: "SELECT count(*) FROM letters.inbox" });
		const kept = await keep();
		return { kept, days: await daysOf("inbox") };
	});

	await keep();

	expect(during.kept[0]!.undone).toBeGreaterThan(0);
	expect(during.days).toContain(nameOf("inbox", 20));
	expect(await daysOf("inbox")).not.toContain(nameOf("inbox", 20));
});

test("whoever calls it needs no right to change tables", async () => {
	const role = `guest_${randomUUID().slice(0, 8)}`;
	await database.ask(`CREATE ROLE ${role}`);
	try {
		await database.ask(`GRANT USAGE ON SCHEMA letters TO ${role}`);
		await makeDay("inbox", 20, firstIdOf(20), firstIdOf(19));

		await database.db.transaction(async (tx) => {
			await tx.query({ name: "", text: `SET LOCAL ROLE ${role}` });
			await tx.query({ name: "", text: "SELECT letters.keep_event_days(14, 14)" });
		});

		expect(await daysOf("inbox")).not.toContain(nameOf("inbox", 20));
	} finally {
		await database.ask(`DROP OWNED BY ${role}`);
		await database.ask(`DROP ROLE ${role}`);
	}
});

describe.each(["inbox", "outbox_history"] as const)("of a service that fills %s alone", (own) => {
	const other = own === "inbox" ? "outbox_history" : "inbox";

	test("the days of that table are kept, and the other one is left as it is", async () => {
		for (const days of [0, 1, 2]) await database.ask(`DROP TABLE letters.${nameOf(own, -days)}`);
		await makeDay("inbox", 20, firstIdOf(20), firstIdOf(19));
		await makeDay("outbox_history", 20, dateOf(20), dateOf(19));
		const others = await daysOf(other);

		await work(own === "inbox" ? listening : publishing);

		expect(await daysOf(own)).toEqual([nameOf(own, 0), nameOf(own, -1), nameOf(own, -2)]);
		expect(await daysOf(other)).toEqual(others);
	});
});

test("a service that publishes and listens keeps each for its own time", async () => {
	await makeDay("inbox", 20, firstIdOf(20), firstIdOf(19));
	await makeDay("outbox_history", 20, dateOf(20), dateOf(19));

	await work((transport) => [...listening(transport), ...publishing(transport, 60)]);

	expect(await daysOf("inbox")).not.toContain(nameOf("inbox", 20));
	expect(await daysOf("outbox_history")).toContain(nameOf("outbox_history", 20));
});

test("whoever listens also forgets what was noted of events that are too old, and of queues that are no more", async () => {
	await database.ask(`INSERT INTO letters.inbox_failures (consumer, event_id, failed_at, due_at)
		SELECT 'letters.gone', gen_random_uuid(), now() - days * interval '1 day', NULL FROM unnest(ARRAY[13, 15]) AS days`);
	await database.ask(`INSERT INTO letters.inbox_suspects (consumer, event_id, process, begun_at)
		SELECT 'letters.gone', gen_random_uuid(), 'one/1', now() - days * interval '1 day' FROM unnest(ARRAY[13, 15]) AS days`);
	const notes = async (): Promise<string[]> => {
		const rows = await database.ask<{ note: string }>(
			`SELECT 'failure ' || date_part('day', now() - failed_at) AS note FROM letters.inbox_failures
			UNION ALL SELECT 'suspect ' || date_part('day', now() - begun_at) FROM letters.inbox_suspects ORDER BY 1`,
		);
		return rows.map(({ note }) => note);
	};

	await work(listening, async () => {
		await until(async () => (await notes()).length === 2, { what: "the old notes to be gone" });
	});

	expect(await notes()).toEqual(["failure 13", "suspect 13"]);
});

test("five at once do it once", async () => {
	await makeDay("inbox", 20, firstIdOf(20), firstIdOf(19));

	await Promise.all(Array.from({ length: 5 }, () => keep()));

	expect(await daysOf("inbox")).toHaveLength(3);
});

test("the days of a table are kept at once and every hour until the end, and what fails is said", async () => {
	const every = jest.spyOn(globalThis, "setInterval");
	const end = jest.spyOn(globalThis, "clearInterval");
	const warned: unknown[][] = [];
	const log = { warn: (...words: unknown[]) => void warned.push(words), debug: () => undefined };
	const days = keptDays(database.db, "letters", "inbox", 14, log as never);

	await days.start();
	const at = every.mock.calls.findIndex(([, ms]) => ms === 3_600_000);
	const before = await daysOf("inbox");
	await database.ask("DROP FUNCTION letters.keep_event_days");
	every.mock.calls[at]![0]();
	await until(() => warned.length > 0, { what: "a failure to be said" });
	days.stop();
	await days.start();
	days.stop();

	expect(before).toContain(nameOf("inbox", 0));
	expect(warned).toEqual(
		Array.from({ length: 2 }, () => [
			"The days of letters.inbox could not be kept:",
			expect.stringContaining("keep_event_days"),
		]),
	);
	expect(end).toHaveBeenCalledWith(every.mock.results[at]!.value);
});
