import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type { Database } from "../../mixins/database/database";
import type { Statement } from "../../mixins/database/statement";
import type { EventTransport, PublishOutcome } from "../../mixins/events/transport";
import { until } from "../support/until";
import { letterOutbox, relayAlone, writeLetter } from "./letters";
import {
	all,
	ASIDE,
	atFirst,
	CONFIRMED,
	IN_TROUBLE,
	newLog,
	outboxOfSuite,
	REFUSED,
	transportOf,
	watched,
} from "./relays.stage";

/** What a relay says of trouble and does about it, and how it ends. */

const outbox = outboxOfSuite();

test("it says once what has to wait, and once that it goes on", async () => {
	const { log, lines } = newLog();
	let isAway = true;
	const post = transportOf((texts) => all(isAway ? ASIDE : CONFIRMED)(texts));
	let tries = 0;
	const transport = { publish: (...args: [never]) => (tries++, post.transport.publish(...args)) };
	await writeLetter(outbox.db, randomUUID(), "for nobody");

	await outbox.start(transport as unknown as EventTransport, { log });
	await until(() => tries >= 3, { what: "three attempts" });
	isAway = false;
	await until(outbox.isEmpty, { what: "the outbox to be empty" });

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
	for (const text of ["one", "other"]) await writeLetter(outbox.db, randomUUID(), text);
	await outbox.ask(`UPDATE letters.outbox SET routing_key = 'letter.' || (data ->> 'text')`);

	await outbox.start(post.transport, { log });
	await until(() => answers.length === 2, { what: "both to be on their way" });
	for (const answer of answers) answer([IN_TROUBLE]);
	await until(outbox.isEmpty, { what: "the outbox to be empty" });

	expect(lines).toEqual([
		expect.stringMatching(/^warn: The outbox could not be relayed, next try in \d+ ms: there is no/),
	]);
});

test("a dead event is told with its reason, and no other is", async () => {
	const { log, lines } = newLog();
	const post = transportOf((texts) => texts.map((text) => (text === "poison" ? REFUSED : CONFIRMED)));
	for (const text of ["poison", "good"]) await writeLetter(outbox.db, randomUUID(), text);
	await outbox.ask("UPDATE letters.outbox SET attempts = 1498 WHERE data->>'text' = 'poison'");
	const isDead = async (): Promise<boolean> =>
		(await outbox.ask("SELECT FROM letters.outbox WHERE dead_at IS NOT NULL")).length === 1;

	await outbox.start(post.transport, { log });
	await until(async () => (await outbox.ask("SELECT FROM letters.outbox WHERE attempts = 1499")).length === 1, {
		what: "the last attempt but one",
	});
	const before = [...lines];
	await outbox.ask("UPDATE letters.outbox SET next_attempt_at = now()");
	await until(isDead, { what: "its death" });
	await until(() => lines.length === 1, { what: "it to be told" });

	expect(before).toEqual([]);
	expect(lines).toEqual([
		expect.stringMatching(
			/^error: LetterWritten [0-9a-f-]{36} is dead after 1500 attempts to publish it: no queue is bound for it$/,
		),
	]);
});

test.each([
	["removed", letterOutbox.remove, /^warn: Published events could not be removed from the outbox yet: The server/],
	["postponed", letterOutbox.postpone, /^warn: The outbox could not be relayed, next try in \d+ ms: The server/],
	["read", letterOutbox.read, /^warn: The outbox could not be relayed, next try in \d+ ms: The server/],
])("what can't be %s just now is tried again, and said once", async (_what, failing, said) => {
	const { log, lines } = newLog();
	let failures = 0;
	const { db } = watched(outbox, (statement) => statement === failing && failures++ === 0);
	const post = transportOf(atFirst({ bad: REFUSED }));
	for (const text of ["good", "bad"]) await writeLetter(outbox.db, randomUUID(), text);

	await outbox.start(post.transport, { db, log });
	await until(outbox.isEmpty, { what: "the outbox to be empty" });

	expect([...new Set(post.taken)].toSorted()).toEqual(["bad", "good"]);
	expect(failures).toBeGreaterThan(0);
	expect(lines).toEqual([expect.stringMatching(said)]);
});

test("a database in trouble is not asked more often because many events are written", async () => {
	let reads = 0;
	const { db } = watched(outbox, (statement) => statement === letterOutbox.read && reads++ >= 0);
	const worker = await outbox.start(transportOf(all(CONFIRMED)).transport, { db });

	for (let times = 0; times < 200; times++) {
		await writeLetter(outbox.db, randomUUID(), "hurry");
		worker.wake();
	}

	expect(reads).toBeLessThan(50);
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
	for (const text of ["first", "second"]) await writeLetter(outbox.db, letterId, text);
	const worker = await relayAlone(outbox.db, { transport: post.transport });
	worker.start();
	await until(() => calls === 1, { what: "the first to be on its way" });

	const stopping = worker.stop();
	letGo();
	await stopping;

	expect(post.taken).toEqual(["first"]);
	expect(await outbox.ask("SELECT data ->> 'text' AS text FROM letters.outbox")).toEqual([{ text: "second" }]);
});

test("a relay that ends waits for what is on its way, and until it is removed", async () => {
	const [way, removal] = [newGate(), newGate()];
	const post = transportOf(async (texts) => {
		await way.reached();
		return all(CONFIRMED)(texts);
	});
	const db: Database = {
		...outbox.db,
		async query<Row extends object>(statement: Statement, values?: readonly unknown[]) {
			if (statement === letterOutbox.remove) await removal.reached();
			return outbox.db.query<Row>(statement, values);
		},
	};
	await writeLetter(outbox.db, randomUUID(), "the last one");
	const worker = await relayAlone(outbox.db, { transport: post.transport, db });
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
	expect(await outbox.isEmpty()).toBe(true);
});

/** Where somebody waits until it is opened. */
function newGate() {
	let open = (): void => undefined;
	const opened = new Promise<void>((resolve) => (open = resolve));
	let arrive = (): void => undefined;
	const isReached = new Promise<void>((resolve) => (arrive = resolve));
	return { isReached, open: () => open(), reached: async () => (arrive(), opened) };
}
