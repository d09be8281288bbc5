import { partitionLeases, type Leases } from "../../mixins/outbox/leases";
import { randomUUID } from "node:crypto";
import { writeLetter } from "./letters";
import { onServer } from "../support/postgres-server";
import { until } from "../support/until";
import { mixinDatabase, type MixinDatabase } from "./mixin-database";

const ALL = Array.from({ length: 16 }, (_, partition) => partition);
let database: MixinDatabase;

beforeAll(async () => {
	database = await mixinDatabase({ letters: ["create_event_tables"] });
});

afterEach(async () => {
	await database.ask("UPDATE letters.outbox_leases SET owner = NULL, expires_at = NULL");
	await database.ask("DELETE FROM letters.outbox_relays");
});

afterAll(() => database[Symbol.asyncDispose]());

const relays = (...names: string[]): Leases[] => names.map((name) => partitionLeases(database.db, "letters", name));

/** Each renews in turn, as they do each second. */
async function rounds(count: number, all: readonly Leases[]): Promise<void> {
	for (let round = 0; round < count; round++) for (const leases of all) await leases.renew();
}

const shares = (all: readonly Leases[]): number[] => all.map((leases) => leases.mine().length);
const allHeld = (all: readonly Leases[]): number[] => all.flatMap((leases) => leases.mine()).toSorted((a, b) => a - b);

test("one relay alone has all partitions, once it has asked for them", async () => {
	const [only] = relays("one") as [Leases];

	expect(only.mine()).toEqual([]);
	await only.renew();

	expect(only.mine().toSorted((a, b) => a - b)).toEqual(ALL);
});

test.each([
	[2, [8, 8]],
	[3, [6, 6, 4]],
	[4, [4, 4, 4, 4]],
])("%i relays share the partitions, each one held by exactly one of them", async (count, expected) => {
	const all = relays(...Array.from({ length: count }, (_, n) => `relay ${n}`));

	await rounds(3, all);

	expect(shares(all).toSorted((a, b) => b - a)).toEqual(expected);
	expect(allHeld(all)).toEqual(ALL);
});

test("more relays than partitions: some have none, none is held twice", async () => {
	const all = relays(...Array.from({ length: 20 }, (_, n) => `relay ${n}`));

	await rounds(3, all);

	expect(Math.max(...shares(all))).toBe(1);
	expect(allHeld(all)).toEqual(ALL);
});

test("relays that ask at the same time never hold the same partition", async () => {
	const all = relays("one", "two", "three", "four");

	for (let round = 0; round < 10; round++) {
		await Promise.all(all.map((leases) => leases.renew()));
		const held = await database.ask("SELECT partition FROM letters.outbox_leases WHERE expires_at > now()");
		expect(new Set(allHeld(all)).size).toBe(allHeld(all).length);
		expect(held.length).toBe(allHeld(all).length);
	}

	expect(shares(all)).toEqual([4, 4, 4, 4]);
});

test("a relay that has its share keeps no other one from what is free, not even while it renews", async () => {
	let beforeCommit = async (): Promise<void> => undefined;
	const slow = {
		...database.db.upkeep,
		query: (async (statement, values) =>
			database.db.upkeep.transaction(async (tx) => {
				const rows = await tx.query(statement, values);
				await beforeCommit();
				return rows;
			})) as typeof database.db.upkeep.query,
	};
	const full = partitionLeases(slow, "letters", "full");
	const [leaving, hungry] = relays("leaving", "hungry") as [Leases, Leases];
	await rounds(3, [full, leaving, hungry]);
	await leaving.release();

	beforeCommit = async () => void (await hungry.renew());
	await full.renew();

	expect(shares([full, hungry])).toEqual([8, 8]);
});

test("a renewal says which partitions are new here", async () => {
	const [one, other] = relays("one", "other") as [Leases, Leases];

	const first = await one.renew();
	const second = await one.renew();
	await one.release();
	const third = await other.renew();

	expect(first.gained.toSorted((a, b) => a - b)).toEqual(ALL);
	expect(second.gained).toEqual([]);
	expect(third.gained).toHaveLength(16);
});

test("a partition whose lease ran out is new again, although nobody else has taken it", async () => {
	const [only] = relays("only") as [Leases];
	await only.renew();
	await database.ask("UPDATE letters.outbox_leases SET expires_at = now() WHERE partition = 3");

	const { gained } = await only.renew();

	expect(gained).toEqual([3]);
});

test("a renewal says whether something waits in its partitions behind what was read", async () => {
	const [only] = relays("only") as [Leases];
	const before = await only.renew();
	const { partition, seq } = await writeLetter(database.db, randomUUID(), "waiting");
	const unread = await only.renew();
	const readAll = await only.renew(new Map([[partition, seq]]));
	const readBefore = await only.renew(new Map([[partition, seq - 1]]));
	const readElsewhere = await only.renew(new Map([[(partition + 1) % 16, seq]]));
	await database.ask("UPDATE letters.outbox SET dead_at = now()");
	const dead = await only.renew();
	await database.ask("DELETE FROM letters.outbox");

	expect([before, unread, readAll, readBefore, readElsewhere, dead].map(({ isWaiting }) => isWaiting)).toEqual([
		false,
		true,
		false,
		true,
		true,
		false,
	]);
});

test("a renewal does not tell what waits in the partitions of others", async () => {
	const [one, other] = relays("one", "other") as [Leases, Leases];
	await rounds(3, [one, other]);
	const { partition } = await writeLetter(database.db, randomUUID(), "of one of them");

	const waits = new Map<Leases, boolean>();
	for (const each of [one, other]) waits.set(each, (await each.renew()).isWaiting);
	await database.ask("DELETE FROM letters.outbox");

	const owner = one.mine().includes(partition) ? one : other;
	expect(waits.get(owner)).toBe(true);
	expect([...waits.values()].filter(Boolean)).toHaveLength(1);
});

test("a partition that a stranger has locked is the only one that is not renewed", async () => {
	const [only] = relays("only") as [Leases];
	await only.renew();
	await database.ask("UPDATE letters.outbox_leases SET expires_at = now() + interval '1 minute' WHERE owner = 'only'");

	await onServer(database.url, async (stranger) => {
		await stranger.query("BEGIN");
		await stranger.query("SELECT FROM letters.outbox_leases WHERE partition = 7 FOR UPDATE");
		await only.renew();
	});

	expect(allHeld([only])).toEqual(ALL.filter((partition) => partition !== 7));
	await only.renew();
	expect(allHeld([only])).toEqual(ALL);
});

test("what a relay gives back is the others' at their next renewal", async () => {
	const [leaving, staying] = relays("leaving", "staying") as [Leases, Leases];
	await rounds(3, [leaving, staying]);

	await leaving.release();
	await staying.renew();

	expect(leaving.mine()).toEqual([]);
	expect(staying.mine()).toHaveLength(16);
});

test("what a frozen relay held is the others' when its lease is over, and it knows so itself", async () => {
	const [frozen, awake] = relays("frozen", "awake") as [Leases, Leases];
	await rounds(3, [frozen, awake]);
	const frozenAtMs = performance.now();

	await until(
		async () => {
			await awake.renew();
			expect(new Set(allHeld([frozen, awake])).size).toBe(allHeld([frozen, awake]).length);
			return awake.mine().length === 16;
		},
		{ what: "the other one to have all partitions" },
	);

	expect(frozen.mine()).toEqual([]);
	expect(performance.now() - frozenAtMs).toBeGreaterThan(2_500);
});

test("a frozen relay that wakes up gets its fair share again, and a new epoch for each of it", async () => {
	const [frozen, awake] = relays("frozen", "awake") as [Leases, Leases];
	await rounds(3, [frozen, awake]);
	const before = await epochs();
	await database.ask("UPDATE letters.outbox_leases SET expires_at = now() WHERE owner = 'frozen'");
	await database.ask("UPDATE letters.outbox_relays SET expires_at = now() WHERE owner = 'frozen'");
	await awake.renew();

	await rounds(2, [frozen, awake]);
	await rounds(1, [frozen, awake]);

	expect(shares([frozen, awake])).toEqual([8, 8]);
	expect(allHeld([frozen, awake])).toEqual(ALL);
	const after = await epochs();
	for (const partition of frozen.mine()) expect(after.get(partition)).toBeGreaterThan(before.get(partition)!);
});

test("a relay that can't reach the database keeps what it has only until the lease is over", async () => {
	let isCut = false;
	const cut = {
		...database.db,
		query: (async (statement, values) => {
			if (isCut) throw new Error("cut off");
			return database.db.query(statement, values);
		}) as typeof database.db.query,
	};
	const leases = partitionLeases(cut, "letters", "cut off");
	await leases.renew();
	isCut = true;

	await expect(leases.renew()).rejects.toThrow("cut off");
	const stillHeld = leases.mine().length;
	await until(() => leases.mine().length === 0, { what: "the lease to be over" });

	expect(stillHeld).toBe(16);
});

async function epochs(): Promise<Map<number, number>> {
	const rows = await database.ask<{ partition: number; epoch: number }>(
		"SELECT partition, epoch FROM letters.outbox_leases",
	);
	return new Map(rows.map(({ partition, epoch }) => [partition, epoch]));
}
