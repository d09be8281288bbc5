import { randomUUID } from "node:crypto";
import { Errors, type ServiceBroker } from "moleculer";
import { LANES } from "../../mixins/events/lanes";
import type { QueueSpec } from "../../mixins/events/topology";
import type { DeadLetter, EventTransport } from "../../mixins/events/transport";
import { UnknownAggregateError } from "../../mixins/events/unknown-aggregate";
import { onServer } from "../support/postgres-server";
import { transports } from "../support/servers";
import { until } from "../support/until";
import { anyTransport } from "./any-transport";
import { mixinDatabase, type MixinDatabase } from "./mixin-database";
import {
	byLetter,
	keptOf,
	letterOf,
	prepareReading,
	reader,
	send,
	versions,
	watched,
	type Letter,
	type Watched,
} from "./reading.stage";
import { gate, queueNamed } from "./transport.stage";

describe.each(transports)("consuming over %s", (kind) => {
	let database: MixinDatabase;
	let transport: EventTransport;
	let close: () => Promise<void>;
	const nodes: ServiceBroker[] = [];
	let stages = 0;
	let independent = false;

	beforeAll(async () => {
		database = await mixinDatabase({ readers: ["create_event_tables"] });
		await prepareReading(database);
		const opened = await anyTransport(kind, database, { exchanges: [], queues: [] });
		({ transport } = opened);
		close = async () => opened[Symbol.asyncDispose]();
	});

	afterEach(async () => {
		for (const node of nodes.splice(0)) await node.stop();
	});

	afterAll(async () => {
		await close();
		await database[Symbol.asyncDispose]();
	});

	/** An exchange and a queue of the test's own. */
	async function stage(options: Partial<QueueSpec> = {}): Promise<{ exchange: string; queue: QueueSpec }> {
		const exchange = `letters${++stages}.events`;
		const queue = queueNamed(`readers.test${stages}`, exchange, { prefetch: 200, ...options });
		await transport.declare({ exchanges: [exchange], queues: [queue] });
		return { exchange, queue };
	}

	/** Starts a node, with its handlers in turn or side by side. What it reads passes by a watcher. */
	async function read(queue: QueueSpec, work?: Parameters<typeof reader>[2]): Promise<Watched> {
		const watch = watched(transport);
		nodes.push(await reader("reader", { database, transport: watch.transport, queue, independent }, work));
		return watch;
	}

	async function allKept(letters: readonly Letter[]): Promise<void> {
		const ids = new Set(letters.map(({ event_id }) => event_id)).size;
		await until(async () => (await keptOf(database, letters)).length >= ids, {
			what: "every letter to be kept",
			withinMs: 60_000,
		});
		expect(await keptOf(database, letters)).toHaveLength(ids);
	}

	const dead = (queue: QueueSpec, count: number): Promise<DeadLetter[]> =>
		until(
			async () => {
				const found = await transport.deadLetters(queue.name, 100);
				return found.length >= count && found;
			},
			{ what: `${count} dead letters` },
		);

	async function transactionsOf(letters: readonly Letter[]): Promise<number> {
		const [row] = await database.ask<{ count: number }>(
			"SELECT count(DISTINCT xmin::text)::int AS count FROM readers.kept WHERE letter = ANY ($1)",
			[letters.map(({ aggregate_id }) => aggregate_id)],
		);
		return row!.count;
	}

	describe.each([
		["in turn", false],
		["side by side", true],
	])("a crowd, its handlers %s,", (_how, sideBySide) => {
		beforeEach(() => (independent = sideBySide));
		afterEach(() => (independent = false));

		test("of events that wait shares transactions, and each has its effect and its row in the inbox", async () => {
			const { exchange, queue } = await stage();
			const letters = Array.from({ length: 150 }, () => letterOf());
			const work = gate();
			const { delivered } = await read(queue, () => work.opened);

			await send(transport, exchange, letters);
			await until(() => delivered() === 150, { what: "every letter to be delivered", withinMs: 30_000 });
			work.open();
			await allKept(letters);

			// Those that waited for the gate were slow, so each lane goes on with four at a time.
			expect(await transactionsOf(letters)).toBeLessThan(50);
			const [handled] = await database.ask<{ count: number }>(
				"SELECT count(*)::int AS count FROM readers.inbox WHERE event_id = ANY ($1)",
				[letters.map(({ event_id }) => event_id)],
			);
			expect(handled).toEqual({ count: 150 });
		});

		test("has one effect for each event, however often it holds it", async () => {
			const { exchange, queue } = await stage();
			const letters = Array.from({ length: 60 }, () => letterOf());
			await send(transport, exchange, [...letters, ...letters.toReversed(), ...letters]);
			let hooks = 0;

			await read(queue, async (tx) => tx.afterCommit(() => hooks++));
			await allKept(letters);
			const last = letterOf();
			await send(transport, exchange, [last]);
			await allKept([last]);

			await allKept(letters);
			expect(hooks).toBe(61);
		});

		test("is not harmed by those among it that fail for good, now and then, or with their connection", async () => {
			const letters = Array.from({ length: 200 }, (_, n) =>
				letterOf(randomUUID(), 1, ["refused", "fails once", "breaks the connection once"][n % 40] ?? "fine"),
			);
			const failed = new Set<string>();
			const { exchange, queue } = await stage();
			await send(transport, exchange, letters);

			await read(queue, async (tx, { event_id, data: { text } }) => {
				if (text === "refused") throw new Errors.MoleculerClientError("Not for me", 422, "NOT_FOR_ME");
				if (!text.includes("once") || failed.has(event_id)) return;
				failed.add(event_id);
				if (text === "fails once") throw new Error("spilled the ink");
				await tx.query({ name: "test.end", text: "SELECT pg_terminate_backend(pg_backend_pid())" });
			});
			await allKept(letters.filter(({ data }) => data.text !== "refused"));

			expect((await dead(queue, 5)).map(({ failure: { code }, attempts }) => ({ code, attempts }))).toEqual(
				Array.from({ length: 5 }, () => ({ code: "NOT_FOR_ME", attempts: 1 })),
			);
		});

		test("is finished with its transaction when the node stops, and the rest waits for the next", async () => {
			const { exchange, queue } = await stage();
			const letters = Array.from({ length: 50 }, () => letterOf());
			const work = gate();
			const { delivered, isStopping } = await read(queue, () => work.opened);
			await send(transport, exchange, letters);
			await until(() => delivered() === 50, { what: "every letter to be delivered" });

			const stopping = nodes.pop()!.stop();
			await until(isStopping, { what: "the node to stop consuming" });
			work.open();
			await stopping;
			const before = await keptOf(database, letters);
			expect(before.length).toBeLessThan(50);

			await read(queue);
			await allKept(letters);
		});

		test("is handled in the order of each aggregate", async () => {
			const letters = versions(
				Array.from({ length: 12 }, () => randomUUID()),
				1,
				25,
			);
			const { exchange, queue } = await stage();
			await send(transport, exchange, letters);

			await read(queue);
			await allKept(letters);

			const inOrder = Array.from({ length: 25 }, (_, n) => n + 1);
			expect([...byLetter(await keptOf(database, letters)).values()]).toEqual(
				Array.from({ length: 12 }, () => inOrder),
			);
		});
	});

	test("handlers that are independent don't wait for each other, but those of an aggregate do", async () => {
		independent = true;
		const { exchange, queue } = await stage();
		const letters = Array.from({ length: 80 }, () => versions([randomUUID()], 1, 2)).flat();
		const work = gate();
		const inWork = new Set<string>();
		const overlaps: string[] = [];
		let begun = 0;
		await read(queue, async (_tx, { aggregate_id }) => {
			if (inWork.has(aggregate_id)) overlaps.push(aggregate_id);
			inWork.add(aggregate_id);
			// Each lane's first transaction has one event, so that the next has those that came meanwhile.
			if (++begun > LANES) await work.opened;
			inWork.delete(aggregate_id);
		});

		await send(transport, exchange, letters);
		try {
			await until(() => inWork.size > LANES, { what: "several handlers of one transaction to be in work" });
		} finally {
			work.open();
			independent = false;
		}
		await allKept(letters);

		expect(overlaps).toEqual([]);
	});

	test("an event of something that is not here yet is tried again, and is a dead letter when it does not come", async () => {
		const { exchange, queue } = await stage();
		const [early, lost] = [letterOf(), letterOf()];
		const attempts = new Map<string, number>();
		await read(queue, async (_tx, { aggregate_id, event_id }) => {
			const attempt = (attempts.get(event_id) ?? 0) + 1;
			attempts.set(event_id, attempt);
			const isHere = aggregate_id === early.aggregate_id && attempt === 2;
			if (!isHere) throw new UnknownAggregateError("letter", aggregate_id, "LetterWritten");
		});

		await send(transport, exchange, [early, lost]);
		await allKept([early]);

		const [letter] = await dead(queue, 1);
		expect(letter).toMatchObject({
			eventId: lost.event_id,
			attempts: 3,
			failure: {
				code: "UNKNOWN_AGGREGATE",
				message: `LetterWritten tells of the letter ${lost.aggregate_id}, of which nothing is known here`,
			},
		});
		expect(await keptOf(database, [lost])).toEqual([]);
	});

	test("an event of a type that nobody here knows is passed over and counted", async () => {
		const { exchange, queue } = await stage();
		const strange: Letter = { ...letterOf(), event_type: "LetterBurnt" };
		const next = letterOf();
		await read(queue);
		await send(transport, exchange, [strange, next]);
		await allKept([next]);

		expect(nodes[0]!.metrics.getMetric("events.ignored")!.get({ queue: queue.name })).toMatchObject({ value: 1 });
		expect(await transport.deadLetters(queue.name, 10)).toEqual([]);
	});

	// Six seconds, in which the broker has no part.
	if (kind === "postgres") {
		test("an event whose session is ended each time is dead in the end, and holds up nobody for long", async () => {
			const { exchange, queue } = await stage({ retryDelaysMs: [] });
			const [deadly, fine] = [letterOf(randomUUID(), 1, "ends its session"), letterOf()];
			await send(transport, exchange, [deadly, fine]);

			await read(queue, async (tx, { data: { text } }) => {
				if (text !== "fine")
					await tx.query({ name: "test.end", text: "SELECT pg_terminate_backend(pg_backend_pid())" });
			});

			expect(await dead(queue, 1)).toMatchObject([{ failure: { code: "57P01" }, attempts: 1 }]);
			await allKept([fine]);
		});
	}

	test("while the database takes no connections an event waits where it stands, without losing an attempt", async () => {
		const { exchange, queue } = await stage({ retryDelaysMs: [10] });
		const letters = Array.from({ length: 20 }, () => letterOf());
		await send(transport, exchange, letters);
		const name = new URL(database.url).pathname.slice(1);
		const elsewhere = new URL(database.url);
		elsewhere.pathname = "/postgres";

		await onServer(elsewhere.href, async (admin) => {
			let [isReading, isAway] = [false, false];
			await read(queue, async () => {
				if (isAway) return;
				// Whoever starts needs the database as well.
				await until(() => isReading, { what: "the reader to have started" });
				isAway = true;
				await admin.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
				await admin.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", [name]);
			});
			isReading = true;
			await until(() => isAway, { what: "the database to be away" });
			// Longer than all attempts would last.
			await new Promise((resolve) => setTimeout(resolve, 700));
			await admin.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`);
		});

		await allKept(letters);
		expect(await transport.deadLetters(queue.name, 10)).toEqual([]);
	});

	describe("in the order of the aggregates", () => {
		test("an event that fails is tried again where it stands, and only its aggregate waits", async () => {
			const { exchange, queue } = await stage({
				order: "aggregate",
				retryDelaysMs: Array.from({ length: 500 }, () => 40),
			});
			const [slow, quick] = [randomUUID(), randomUUID()];
			const others = versions([quick], 2, 8);
			const letters = [letterOf(slow, 1, "fails"), ...versions([slow], 2, 8), ...others];
			let failures = 0;
			await read(queue, async (_tx, { data: { text } }) => {
				// At least once, also where the others have been quicker.
				const isEnough = failures > 0 && (await keptOf(database, others)).length === others.length;
				if (text !== "fails" || isEnough) return;
				failures++;
				throw new Error("spilled the ink");
			});

			await send(transport, exchange, letters);
			await allKept(letters);

			const rows = await keptOf(database, letters);
			expect(failures).toBeGreaterThan(0);
			expect(byLetter(rows).get(slow)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
			expect(byLetter(rows).get(quick)).toEqual([2, 3, 4, 5, 6, 7, 8]);
			expect(rows.slice(0, 7).map(({ letter }) => letter)).toEqual(Array.from({ length: 7 }, () => quick));
		});

		test("after its last attempt it is dead with all of them, and the next goes on", async () => {
			const { exchange, queue } = await stage({ order: "aggregate" });
			const letterId = randomUUID();
			const poison = letterOf(letterId, 1, "fails");
			const others = versions([letterId], 2, 4);
			await read(queue, async (_tx, { data: { text } }) => {
				if (text === "fails") throw new Error("out of ink");
			});

			await send(transport, exchange, [poison, ...others]);
			await allKept(others);

			expect(byLetter(await keptOf(database, others)).get(letterId)).toEqual([2, 3, 4]);
			const [letter] = await dead(queue, 1);
			expect(letter).toMatchObject({ eventId: poison.event_id, attempts: 3, failure: { message: "out of ink" } });
			expect(letter!.diedAt.getTime() - letter!.firstFailedAt.getTime()).toBeGreaterThanOrEqual(100);
		});

		// Without a broker there is one process, and nobody waits in turn.
		if (kind === "rabbitmq") {
			test("whoever waits in turn gets nothing before what a node that stops still holds is given back", async () => {
				const { exchange, queue } = await stage({ order: "aggregate", prefetch: 20 });
				const letters = versions([randomUUID()], 1, 60);
				const work = gate();
				const { delivered, isStopping } = await read(queue, () => work.opened);
				await send(transport, exchange, letters);
				await until(() => delivered() === 20, { what: "the first letters to be delivered" });
				const next = await read(queue);

				const stopping = nodes.shift()!.stop();
				await until(isStopping, { what: "the node to stop consuming" });
				// A broker that has the next one in turn too early delivers to it now.
				await transport.countWaiting(queue.name);
				const early = next.delivered();
				work.open();
				await stopping;
				await allKept(letters);

				expect(early).toBe(0);
				expect((await keptOf(database, letters)).map(({ version }) => version)).toEqual(
					letters.map(({ aggregate_version }) => aggregate_version),
				);
			});
		}

		test("a node that stops in the middle hands over, and no aggregate's order breaks", async () => {
			const { exchange, queue } = await stage({ order: "aggregate" });
			const letterIds = Array.from({ length: 8 }, () => randomUUID());
			const letters = versions(letterIds, 1, 30);
			const failed = new Set<string>();
			const clumsy = async (_tx: unknown, { event_id, aggregate_version }: Letter): Promise<void> => {
				if (aggregate_version % 10 !== 3 || failed.has(event_id)) return;
				failed.add(event_id);
				throw new Error("spilled the ink");
			};
			await read(queue, clumsy);
			await send(transport, exchange, letters);
			await until(async () => (await keptOf(database, letters)).length > 10, { what: "some letters to be kept" });

			await nodes.pop()!.stop();
			await read(queue, clumsy);
			await allKept(letters);

			const inOrder = Array.from({ length: 30 }, (_, n) => n + 1);
			expect([...byLetter(await keptOf(database, letters)).values()]).toEqual(letterIds.map(() => inOrder));
		});
	});
});
