import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { PARTITIONS } from "../../mixins/outbox/append";
import { BATCH_MAX } from "../../mixins/outbox/batches";
import type { RelayOptions } from "../../mixins/outbox/relay";
import { until } from "../support/until";
import { writeLetter } from "./letters";
import {
	all,
	atFirst,
	CONFIRMED,
	IN_TROUBLE,
	newLog,
	outboxOfSuite,
	REFUSED,
	transportOf,
	watched,
} from "./relays.stage";

/** How much a relay reads and holds, how long it waits, and what it counts. */

const outbox = outboxOfSuite();

/** As relay.ts has it. */
const HELD_MAX = 6_000;

const insertMany = (count: number): Promise<unknown> =>
	outbox.ask(
		`INSERT INTO letters.outbox (event_id, partition, aggregate_id, aggregate_version, event_type, version, exchange,
			routing_key, correlation_id, causation_id, data)
		SELECT gen_random_uuid(), n % 16, gen_random_uuid(), 1, 'LetterWritten', 1, 'letters.events', 'letter.written', 'c',
			'c', json_build_object('text', n::text)
		FROM generate_series(1, $1) AS n`,
		[count],
	);
test("more than memory has room for goes out, each once", async () => {
	const count = HELD_MAX + 2 * BATCH_MAX;
	const post = transportOf(all(CONFIRMED));
	await insertMany(count);

	await outbox.start(post.transport);
	await until(outbox.isEmpty, { what: "the outbox to be empty", withinMs: 60_000 });

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
	const { db, reads, rows } = watched(outbox);
	await insertMany(count);

	const worker = await outbox.start(post.transport, { db });
	await until(() => rows() > HELD_MAX - BATCH_MAX / 2, { what: "memory to be full" });
	for (let times = 0; times < 5; times++) {
		worker.wake();
		await pause(20);
	}
	const most = rows();
	letGo();
	await until(outbox.isEmpty, { what: "the outbox to be empty", withinMs: 60_000 });

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
	for (const text of ["good", "fine", "bad", "lost"]) await writeLetter(outbox.db, randomUUID(), text);
	const beganMs = performance.now();

	await outbox.start(post.transport, { meter });
	await until(outbox.isEmpty, { what: "the outbox to be empty" });

	expect(Object.fromEntries(counts)).toEqual({
		"outbox.published": 4,
		"outbox.refused": 1,
		"outbox.failed": 1,
	});
	expect(Math.min(...times)).toBeGreaterThanOrEqual(0);
	expect(Math.max(...times)).toBeLessThanOrEqual(performance.now() - beganMs);
});

test("an event that was refused waits, and each time longer", async () => {
	const { db, pausesMs } = watched(outbox);
	let calls = 0;
	const post = transportOf((texts) => all(++calls > 4 ? CONFIRMED : REFUSED)(texts));
	await writeLetter(outbox.db, randomUUID(), "at last");

	await outbox.start(post.transport, { db });
	await until(outbox.isEmpty, { what: "the outbox to be empty" });

	const [first, , , last] = pausesMs;
	expect(pausesMs).toHaveLength(4);
	expect(first).toBeGreaterThanOrEqual(50);
	expect(last).toBeGreaterThanOrEqual(2 * first!);
});

test("a relay that has no partition asks for nothing", async () => {
	const { log, lines } = newLog();
	const { db, reads } = watched(outbox);
	const leases = {
		mine: () => [],
		renew: async () => ({ gained: [], isWaiting: false }),
		release: async () => undefined,
	};
	await writeLetter(outbox.db, randomUUID(), "somebody else's");

	const worker = await outbox.start(transportOf(all(CONFIRMED)).transport, {
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
