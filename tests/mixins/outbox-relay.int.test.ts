import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type { Database } from "../../mixins/database/database";
import type { EventTransport, OutgoingMessage, PublishOutcome } from "../../mixins/events/transport";
import type { Place } from "../../mixins/outbox/relay";
import type { Statement } from "../../mixins/database/statement";
import { until } from "../support/until";
import { append, PARTITIONS } from "../../mixins/outbox/append";
import type { Leases } from "../../mixins/outbox/leases";
import { cause, letterOutbox, LetterWritten, relayAlone, writeLetter } from "./letters";
import { outboxOfSuite } from "./relays.stage";

/**
 * What a relay does about a broker's answers. The broker here is made up, because no real one refuses on demand; that
 * the relay works with the real ones is shown in outbox.int.test.ts.
 */

const database = outboxOfSuite();
const { start } = database;

const CONFIRMED: PublishOutcome = { confirmed: true };
const REFUSED: PublishOutcome = { confirmed: false, reason: "no queue is bound for it", fault: "message" };
const IN_TROUBLE: PublishOutcome = { confirmed: false, reason: "there is no connection" };

/** Takes what `judge` lets through, and remembers it. */
function broker(judge: (letterId: string, text: string) => PublishOutcome) {
	const taken: string[] = [];
	let calls = 0;
	const publish = async (messages: readonly OutgoingMessage[]): Promise<PublishOutcome[]> => {
		calls++;
		return messages.map(({ body }) => {
			const { aggregate_id, data } = JSON.parse(body) as { aggregate_id: string; data: { text: string } };
			const outcome = judge(aggregate_id, data.text);
			if (outcome.confirmed) taken.push(data.text);
			return outcome;
		});
	};
	return { taken, calls: () => calls, transport: { publish } as unknown as EventTransport };
}

async function waiting(): Promise<{ text: string; attempts: number; dead: boolean; last_error: string | null }[]> {
	return database.ask(
		"SELECT data->>'text' AS text, attempts, dead_at IS NOT NULL AS dead, last_error FROM letters.outbox ORDER BY seq",
	);
}

test("an event that the broker does not take holds up its own aggregate and no other, and goes on later", async () => {
	const [stuck, free] = [randomUUID(), randomUUID()];
	let isStuck = true;
	const post = broker((letterId) => (letterId === stuck && isStuck ? REFUSED : CONFIRMED));
	for (const text of ["s1", "s2", "s3"]) await writeLetter(database.db, stuck, text);
	for (const text of ["f1", "f2", "f3"]) await writeLetter(database.db, free, text);

	await start(post.transport);
	await until(() => post.taken.length === 3, { what: "the free ones" });
	await until(async () => (await waiting())[0]!.attempts >= 2, { what: "a second attempt" });
	const held = await waiting();
	isStuck = false;
	await until(() => post.taken.length === 6, { what: "the stuck ones" });

	expect(post.taken).toEqual(["f1", "f2", "f3", "s1", "s2", "s3"]);
	expect(held.map(({ text, attempts }) => [text, attempts > 0])).toEqual([
		["s1", true],
		["s2", false],
		["s3", false],
	]);
	expect(held[0]!.last_error).toBe("no queue is bound for it");
	await until(async () => (await waiting()).length === 0, { what: "the outbox to be empty" });
});

test("after its last attempt an event is dead: visible with its reason, and no longer in the way", async () => {
	const letterId = randomUUID();
	const post = broker((_letterId, text) => (text === "poison" ? REFUSED : CONFIRMED));
	await writeLetter(database.db, letterId, "poison");
	await writeLetter(database.db, letterId, "next");
	await database.ask("UPDATE letters.outbox SET attempts = 1499 WHERE data->>'text' = 'poison'");

	await start(post.transport);
	await until(() => post.taken.length === 1, { what: "the next one" });

	expect(post.taken).toEqual(["next"]);
	await until(async () => (await waiting()).length === 1, { what: "the next one to be removed" });
	expect(await waiting()).toEqual([
		{ text: "poison", attempts: 1_500, dead: true, last_error: "no queue is bound for it" },
	]);
});

test("a broker in trouble costs no event an attempt", async () => {
	let isInTrouble = true;
	const post = broker(() => (isInTrouble ? IN_TROUBLE : CONFIRMED));
	await writeLetter(database.db, randomUUID(), "patient");

	await start(post.transport);
	await until(() => post.calls() >= 3, { what: "three attempts" });
	const [during] = await waiting();
	isInTrouble = false;
	await until(() => post.taken.length === 1, { what: "the event" });

	expect(during).toMatchObject({ attempts: 0, dead: false });
});

test("a broker in trouble is not asked more often because many events are written", async () => {
	const post = broker(() => IN_TROUBLE);
	const worker = await start(post.transport);
	const letters = Array.from({ length: 200 }, () => randomUUID());

	for (const letterId of letters) {
		await writeLetter(database.db, letterId, "hurry");
		worker.wake();
	}

	expect(post.calls()).toBeLessThan(50);
});

test("a relay that dies between the confirm and the removal leaves the event to be published once more", async () => {
	const letterId = randomUUID();
	const post = broker(() => CONFIRMED);
	let isDead = false;
	const mortal: Database = {
		...database.db,
		async query(statement, values) {
			if (statement.name === "letters.outbox.remove") isDead = true;
			if (isDead) throw new Error("The process was killed");
			return database.db.query(statement, values);
		},
	};
	await writeLetter(database.db, letterId, "once or twice");

	const first = await start(post.transport, { db: mortal });
	await until(() => isDead, { what: "the first relay to die" });
	await first.stop();
	await database.ask("UPDATE letters.outbox_leases SET expires_at = now()");
	await database.ask("DELETE FROM letters.outbox_relays");
	await start(post.transport);
	await until(async () => (await waiting()).length === 0, { what: "the outbox to be empty" });

	expect(post.taken).toEqual(["once or twice", "once or twice"]);
});

test("what nobody announced is found: rows that were inserted by hand", async () => {
	const post = broker(() => CONFIRMED);
	await start(post.transport);
	await writeLetter(database.db, randomUUID(), "found by the first look");
	await until(() => post.taken.length === 1, { what: "the first look" });

	await writeLetter(database.db, randomUUID(), "unannounced");
	await until(() => post.taken.length === 2, { what: "the next renewal of the leases" });

	expect(post.taken[1]).toBe("unannounced");
});

test("a relay whose lease is over publishes nothing", async () => {
	const post = broker(() => CONFIRMED);
	const worker = await relayAlone(database.db, { transport: post.transport, leases: expiredLeases() });
	database.endWithTest(worker);
	worker.start();

	await writeLetter(database.db, randomUUID(), "not mine");
	worker.wake();
	await worker.stop();

	expect(post.taken).toEqual([]);
});

test("two hundred events of one aggregate, which lie about in disorder, come in the order of their versions", async () => {
	const letterId = randomUUID();
	const post = broker(() => CONFIRMED);
	await database.ask(
		`INSERT INTO letters.outbox (seq, event_id, partition, aggregate_id, aggregate_version, event_type, version, exchange,
			routing_key, correlation_id, causation_id, data)
		OVERRIDING SYSTEM VALUE
		SELECT 1000000 + n, gen_random_uuid(), 0, $1::uuid, n, 'LetterWritten', 1, 'letters.events', 'letter.written', 'c',
			'c', json_build_object('text', n::text)
		FROM generate_series(1, 200) AS n ORDER BY random()`,
		[letterId],
	);

	await start(post.transport);
	await until(() => post.taken.length === 200, { what: "all of them" });

	expect(post.taken).toEqual(Array.from({ length: 200 }, (_, n) => String(n + 1)));
});

/** Aggregates that share a partition, which goes by the last digits. */
const neighbours = (): [string, string] => {
	const one = randomUUID();
	return [one, `${randomUUID().slice(0, -4)}${one.slice(-4)}`];
};

test("an event that commits late, with a lower number than what was read, still goes before what follows it", async () => {
	const post = broker(() => CONFIRMED);
	const [late, other] = neighbours();
	await start(post.transport);

	const committed = await database.db.transaction(async (tx) => {
		await append(tx, letterOutbox, LetterWritten({ letterId: late, text: "late" }), cause);
		await writeLetter(database.db, other, "early");
		await until(() => post.taken.length === 1, { what: "the one that committed first" });
		return true;
	});
	await writeLetter(database.db, late, "after the late one");
	await until(() => post.taken.length === 3, { what: "all three" });

	expect(committed).toBe(true);
	expect(post.taken).toEqual(["early", "late", "after the late one"]);
});

test("an event that commits late and that nothing follows or announces is found by the look at everything", async () => {
	const post = broker(() => CONFIRMED);
	const [late, other] = neighbours();
	await start(post.transport, { leases: endlessLeases() });

	await database.db.transaction(async (tx) => {
		await append(tx, letterOutbox, LetterWritten({ letterId: late, text: "late" }), cause);
		await writeLetter(database.db, other, "early");
		await until(() => post.taken.length === 1, { what: "the one that committed first" });
	});
	await until(() => post.taken.length === 2, { what: "the late one" });

	expect(post.taken).toEqual(["early", "late"]);
});

test("what was read is not published any more when the lease has gone meanwhile", async () => {
	let isMine = true;
	let confirm = (): void => undefined;
	const letterId = randomUUID();
	const post = broker(() => CONFIRMED);
	const slow = {
		async publish(messages: readonly OutgoingMessage[]) {
			const outcomes = await post.transport.publish(messages);
			await new Promise<void>((resolve) => (confirm = resolve));
			return outcomes;
		},
	} as unknown as EventTransport;
	const leases = { ...expiredLeases(), mine: () => (isMine ? endlessLeases().mine() : []) };
	for (const text of ["sent", "read"]) await writeLetter(database.db, letterId, text);
	const worker = await relayAlone(database.db, { transport: slow, leases });
	worker.start();
	await until(() => post.taken.length === 1, { what: "the first one" });

	isMine = false;
	confirm();
	await until(async () => (await waiting()).length === 1, { what: "the first one to be removed" });
	await worker.stop();

	expect(post.taken).toEqual(["sent"]);
	expect(await waiting()).toMatchObject([{ text: "read", attempts: 0 }]);
});

describe("while a read is under way", () => {
	/** The answer to the next read waits, with what it has found, until it is let go. */
	function slowReads() {
		let next: { found: (rows: object[]) => void; go: Promise<void> } | undefined;
		const db: Pick<Database, "query"> = {
			async query<Row extends object>(statement: Statement, values?: readonly unknown[]) {
				const holdUp = statement === letterOutbox.read ? next : undefined;
				if (holdUp) next = undefined;
				const rows = await database.db.query<Row>(statement, values);
				holdUp?.found(rows);
				await holdUp?.go;
				return rows;
			},
		};
		return {
			db: { ...database.db, ...db } as Database,
			holdUpNext() {
				let letGo = (): void => undefined;
				const go = new Promise<void>((resolve) => (letGo = resolve));
				const found = new Promise<object[]>((resolve) => (next = { found: resolve, go }));
				return { found, letGo };
			},
		};
	}

	test("what it leaves out, and what is then not taken by the broker, still goes first", async () => {
		const letterId = randomUUID();
		const post = broker(() => CONFIRMED);
		const reads = slowReads();
		let refuse = (): void => undefined;
		const refused = new Promise<void>((resolve) => (refuse = resolve));
		let calls = 0;
		const transport = {
			async publish(messages: readonly OutgoingMessage[]) {
				if (++calls > 1) return post.transport.publish(messages);
				await refused;
				return messages.map(() => IN_TROUBLE);
			},
		} as unknown as EventTransport;
		let isMine = true;
		const leases = { ...expiredLeases(), mine: () => (isMine ? endlessLeases().mine() : []) };
		await writeLetter(database.db, letterId, "first");
		const worker = await start(transport, { db: reads.db, leases });
		await until(() => calls === 1, { what: "the first to be on its way" });
		// Partitions that come back are read from their beginning, but for what is on its way.
		isMine = false;
		worker.wake();
		await pause(50);
		const read = reads.holdUpNext();
		await writeLetter(database.db, letterId, "second");
		isMine = true;
		worker.wake();

		const found = await read.found;
		refuse();
		await pause(50);
		read.letGo();
		await until(() => post.taken.length === 2, { what: "both" });

		expect(found).toHaveLength(1);
		expect(post.taken).toEqual(["first", "second"]);
	});

	test("what commits below what it finds, and is announced meanwhile, is read at once", async () => {
		const post = broker(() => CONFIRMED);
		const [late, other] = neighbours();
		const reads = slowReads();
		const worker = await start(post.transport, { db: reads.db, leases: endlessLeases() });
		await pause(50);
		let place: Place | undefined;
		let read = reads.holdUpNext();

		await database.db.transaction(async (tx) => {
			place = await append(tx, letterOutbox, LetterWritten({ letterId: late, text: "late" }), cause);
			await writeLetter(database.db, other, "early");
			for (;;) {
				if ((await read.found).length > 0) break;
				read.letGo();
				read = reads.holdUpNext();
			}
		});
		worker.wake(place);
		read.letGo();
		// Before the look at everything, which comes five seconds after the start.
		await until(() => post.taken.length === 2, { what: "both", withinMs: 4_500 });

		expect(post.taken).toEqual(["early", "late"]);
	});
});

test("what was confirmed is in the history, as it was committed", async () => {
	const letterId = randomUUID();
	const post = broker(() => CONFIRMED);
	await writeLetter(database.db, letterId, "kept");
	const [committed] = await database.ask(`SELECT ${KEPT} FROM letters.outbox`);

	await start(post.transport);
	await until(async () => (await waiting()).length === 0, { what: "the outbox to be empty" });

	expect(await database.ask(`SELECT ${KEPT} FROM letters.outbox_history WHERE aggregate_id = $1`, [letterId])).toEqual([
		committed,
	]);
});

const KEPT = `event_id, aggregate_id, aggregate_version, event_type, version, exchange, routing_key, correlation_id,
	causation_id, data, created_at, attempts`;

function endlessLeases() {
	return { ...expiredLeases(), mine: () => Array.from({ length: PARTITIONS }, (_, partition) => partition) };
}

function expiredLeases(): Leases {
	const renewal = { gained: [], isWaiting: true };
	return { mine: () => [], renew: async () => renewal, release: async () => undefined };
}
