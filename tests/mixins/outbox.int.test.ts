import { randomUUID } from "node:crypto";
import { ServiceBroker, type Service } from "moleculer";
import { Database, type WithDatabase } from "../../mixins/database/database.mixin";
import { readEnvelope, type Envelope } from "../../mixins/events/envelope";
import { Outbox, type WithOutbox } from "../../mixins/outbox/outbox.mixin";
import type { EventTransport } from "../../mixins/events/transport";
import { transports } from "../support/servers";
import { until } from "../support/until";
import { anyTransport } from "./any-transport";
import { desk, letterTopology, LetterWritten, oneForEachPartition, writeLetter } from "./letters";
import { mixinDatabase, type MixinDatabase } from "./mixin-database";
import { recorder } from "./transport.stage";

const cause = { correlationId: "one request", causationId: "what led to it" };
type Letters = Service & WithDatabase & WithOutbox;

/** A node whose one service writes letters, connected to the other nodes of the same test. */
async function openNode(nodeID: string, url: string, transport: EventTransport) {
	const hints: number[] = [];
	const broker = new ServiceBroker({
		nodeID,
		namespace: url,
		logger: false,
		transporter: "Fake",
		middlewares: [
			{
				localEvent: (next: (ctx: { params: { partition: number } }) => unknown) => (ctx: never) => {
					hints.push((ctx as { params: { partition: number } }).params.partition);
					return next(ctx);
				},
			} as never,
		],
	});
	const letters = broker.createService({
		name: "letters",
		mixins: [Outbox({ schema: "letters", transport, topology: letterTopology }), Database({ url })],
	}) as unknown as Letters;
	let stopping: PromiseLike<void> | undefined;
	const node = { letters, hints, stop: async () => (stopping ??= broker.stop()) };
	open.push(node);
	await broker.start();
	return node;
}

const open: { stop(): Promise<void> }[] = [];

const write = (letters: Letters, letterId: string, text: string): Promise<void> =>
	letters.db.transaction((tx) => letters.publish(tx, LetterWritten({ letterId, text }), cause));

describe.each(transports)("an outbox over %s", (kind) => {
	let database: MixinDatabase;
	let transport: EventTransport;
	let close: () => Promise<void>;
	let envelopes: Envelope<{ text: string }>[] = [];

	beforeAll(async () => {
		database = await mixinDatabase({ letters: ["create_event_tables"] });
		const opened = await anyTransport(kind, database, letterTopology);
		({ transport } = opened);
		close = async () => opened[Symbol.asyncDispose]();
		const { handle } = recorder(({ body }) => void envelopes.push(readEnvelope(body) as Envelope<{ text: string }>));
		await transport.consume(desk, handle);
	});

	afterEach(async () => {
		for (const node of open.splice(0)) await node.stop();
		envelopes = [];
	});

	afterAll(async () => {
		await close();
		await database[Symbol.asyncDispose]();
	});

	const emptyOutbox = async (): Promise<boolean> =>
		(await database.ask("SELECT FROM letters.outbox LIMIT 1")).length === 0;

	test("publishes what was committed, with all that its envelope promises", async () => {
		const { letters } = await openNode("one", database.url, transport);
		const letterId = randomUUID();

		await write(letters, letterId, "größer ≠ 小さい 🛒");
		await until(() => envelopes.length === 1, { what: "the event" });

		expect(envelopes[0]).toEqual({
			event_id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
			event_type: "LetterWritten",
			version: 1,
			timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
			correlation_id: "one request",
			causation_id: "what led to it",
			aggregate_id: letterId,
			aggregate_version: 1,
			producer: "letters",
			data: { letterId, text: "größer ≠ 小さい 🛒" },
		});
		await until(emptyOutbox, { what: "the outbox to be empty" });
	});

	test("publishes nothing of a transaction that was rolled back, and leaves no gap in the versions", async () => {
		const { letters } = await openNode("one", database.url, transport);
		const letterId = randomUUID();

		await write(letters, letterId, "first");
		await expect(
			letters.db.transaction(async (tx) => {
				await letters.publish(tx, LetterWritten({ letterId, text: "never" }), cause);
				throw new Error("changed my mind");
			}),
		).rejects.toThrow("changed my mind");
		await write(letters, letterId, "second");
		await until(() => envelopes.length === 2, { what: "both events" });

		expect(envelopes.map(({ data, aggregate_version }) => [data.text, aggregate_version])).toEqual([
			["first", 1],
			["second", 2],
		]);
	});

	test("keeps one aggregate in order, without a gap, under 20 writers at once on two nodes", async () => {
		const nodes = [
			await openNode("one", database.url, transport),
			await openNode("two", database.url, transport),
		] as const;
		const letterId = randomUUID();
		const each = 5;

		await Promise.all(
			Array.from({ length: 20 }, async (_, writer) => {
				for (let n = 0; n < each; n++) await write(nodes[writer % 2]!.letters, letterId, `${writer}/${n}`);
			}),
		);
		await until(() => envelopes.length >= 20 * each, { what: "all events", withinMs: 30_000 });

		expect(envelopes.map(({ aggregate_version }) => aggregate_version)).toEqual(
			Array.from({ length: 20 * each }, (_, n) => n + 1),
		);
	});

	test("what one node commits, the node that owns its partition is told of at once", async () => {
		const one = await openNode("one", database.url, transport);
		const two = await openNode("two", database.url, transport);
		await until(async () => (await sharesOf(database)).join() === "8,8", { what: "each node to own eight partitions" });
		const ids = oneForEachPartition();
		const [hintsBefore, partitionsOfTwo] = [two.hints.length, await partitionsOf(database, "two")];

		for (const [partition, letterId] of ids.entries()) {
			await write(one.letters, letterId, String(partition));
			await until(() => envelopes.some(({ aggregate_id }) => aggregate_id === letterId), {
				what: `the event in partition ${partition}`,
			});
		}

		expect(new Set(two.hints.slice(hintsBefore))).toEqual(new Set(partitionsOfTwo));
	});

	test("a node that stops leaves its partitions to the other at once", async () => {
		const one = await openNode("one", database.url, transport);
		const two = await openNode("two", database.url, transport);
		await until(async () => (await sharesOf(database)).join() === "8,8", { what: "each node to own eight partitions" });

		await two.stop();
		const left = await partitionsOf(database, "two");
		const ids = oneForEachPartition();
		for (const letterId of ids) await write(one.letters, letterId, "anyone?");
		await until(() => envelopes.length === 16, { what: "all of them" });

		expect(left).toEqual([]);
		expect(new Set(envelopes.map(({ aggregate_id }) => aggregate_id))).toEqual(new Set(ids));
	});

	test("finds what was committed while no node was there", async () => {
		const letterId = randomUUID();
		await writeLetter(database.db, letterId, "is anybody there?");

		await openNode("one", database.url, transport);
		await until(() => envelopes.length === 1, { what: "the event" });

		expect(envelopes[0]).toMatchObject({ aggregate_id: letterId });
	});
});

async function sharesOf(database: MixinDatabase): Promise<number[]> {
	const rows = await database.ask<{ held: number }>(
		"SELECT count(*) AS held FROM letters.outbox_leases WHERE expires_at > now() GROUP BY owner",
	);
	return rows.map(({ held }) => held);
}

async function partitionsOf(database: MixinDatabase, node: string): Promise<number[]> {
	const rows = await database.ask<{ partition: number }>(
		"SELECT partition FROM letters.outbox_leases WHERE owner LIKE $1 || '/%'",
		[node],
	);
	return rows.map(({ partition }) => partition);
}
