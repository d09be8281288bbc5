import { ServiceBroker, type Service } from "moleculer";
import type { WithDatabase } from "../../mixins/database/database.mixin";
import { Database } from "../../mixins/database/database.mixin";
import { readEnvelope, type Envelope } from "../../mixins/events/envelope";
import { rabbitmqTransport } from "../../mixins/events/rabbitmq/transport";
import type { EventTransport } from "../../mixins/events/transport";
import { Outbox, type WithOutbox } from "../../mixins/outbox/outbox.mixin";
import { wireTo, type Wire } from "../support/proxy";
import { describeOnRabbitMQ, testVhost, type TestVhost } from "../support/servers";
import { until } from "../support/until";
import { cause, desk, letterTopology, LetterWritten, oneForEachPartition } from "./letters";
import { mixinDatabase, type MixinDatabase } from "./mixin-database";
import { QUIET, recorder } from "./transport.stage";

type Letters = Service & WithDatabase & WithOutbox;

/** A node whose one service writes letters, behind a wire of its own to RabbitMQ; PostgreSQL always answers it. */
interface Writer {
	name: string;
	wire: Wire;
	transport: EventTransport;
	write(letterId: string, text: string): Promise<void>;
}

describeOnRabbitMQ("an outbox of two nodes, when RabbitMQ is cut off from", () => {
	let database: MixinDatabase;
	let vhost: TestVhost;
	let here: Writer;
	let there: Writer;
	let envelopes: Envelope<{ text: string }>[] = [];
	const closing: (() => PromiseLike<void>)[] = [];

	beforeAll(async () => {
		database = await mixinDatabase({ letters: ["create_event_tables"] });
		vhost = await testVhost();
	});
	beforeEach(async () => {
		envelopes = [];
		const reader = await connected(vhost.url);
		const { handle } = recorder(({ body }) => void envelopes.push(readEnvelope(body) as Envelope<{ text: string }>));
		await reader.consume(desk, handle);
		here = await openWriter("here");
		there = await openWriter("there");
		await until(async () => (await shares()) === "here 8, there 8", { what: "each to have its share" });
	});
	afterEach(async () => {
		for (const close of closing.splice(0).toReversed()) await close();
	});
	afterAll(async () => {
		await vhost[Symbol.asyncDispose]();
		await database[Symbol.asyncDispose]();
	});

	async function connected(url: string): Promise<EventTransport> {
		const transport = rabbitmqTransport({ url, node: "test-node", log: QUIET });
		closing.push(() => transport.close());
		await transport.connect();
		await transport.declare(letterTopology);
		return transport;
	}

	async function openWriter(name: string): Promise<Writer> {
		const wire = await wireTo(vhost.url);
		closing.push(() => wire[Symbol.asyncDispose]());
		const transport = await connected(wire.url);
		const broker = new ServiceBroker({ nodeID: name, namespace: database.url, logger: false, transporter: "Fake" });
		const letters = broker.createService({
			name: "letters",
			mixins: [Outbox({ schema: "letters", transport, topology: letterTopology }), Database({ url: database.url })],
		}) as unknown as Letters;
		closing.push(() => broker.stop());
		await broker.start();
		const write = (letterId: string, text: string): Promise<void> =>
			letters.db.transaction((tx) => letters.publish(tx, LetterWritten({ letterId, text }), cause));
		return { name, wire, transport, write };
	}

	async function shares(): Promise<string> {
		const rows = await database.ask<{ node: string; held: number }>(
			`SELECT split_part(owner, '/', 1) AS node, count(*) AS held FROM letters.outbox_leases
			WHERE expires_at > now() GROUP BY 1 ORDER BY 1`,
		);
		return rows.map(({ node, held }) => `${node} ${held}`).join(", ");
	}

	async function alive(): Promise<string[]> {
		const rows = await database.ask<{ node: string }>(
			"SELECT split_part(owner, '/', 1) AS node FROM letters.outbox_relays WHERE expires_at > now() ORDER BY 1",
		);
		return rows.map(({ node }) => node);
	}

	const versions = (letterId: string): number[] => [
		...new Set(envelopes.flatMap((each) => (each.aggregate_id === letterId ? [each.aggregate_version] : []))),
	];

	const written = async (by: Writer, ids: readonly string[], text: string): Promise<void> => {
		for (const letterId of ids) await by.write(letterId, text);
	};

	const arrived = (ids: readonly string[], what: string, upTo: number): Promise<unknown> =>
		until(() => ids.every((letterId) => versions(letterId).includes(upTo)), { what, withinMs: 60_000 });

	test("one of them: it leaves its share to the other, and has it again when it is back", async () => {
		const ids = oneForEachPartition();
		await written(here, ids, "before");

		here.wire.sever();
		await written(here, ids, "from who is cut off");
		await written(there, ids, "from who is not");
		await arrived(ids, "all letters to be sent while the cut lasts", 3);
		expect(await shares()).toBe("there 16");
		expect(await alive()).toEqual(["there"]);
		expect(here.transport.canPublish()).toBe(false);

		here.wire.mend();
		await until(async () => (await shares()) === "here 8, there 8", { what: "both to have their share again" });
		await written(here, ids, "after");
		await arrived(ids, "the letters after", 4);
		// First arrivals: what was sent twice comes with the same version again.
		for (const letterId of ids) expect(versions(letterId)).toEqual([1, 2, 3, 4]);
	});

	test("both: nobody has a share, and whoever is back first has all of it", async () => {
		const ids = oneForEachPartition();
		here.wire.sever();
		there.wire.sever();
		await written(here, ids, "while nobody can publish");
		await until(async () => (await shares()) === "", { what: "both to give their shares back" });
		expect(await alive()).toEqual([]);

		there.wire.mend();
		await arrived(ids, "all letters to be sent by the one that is back", 1);
		expect(await shares()).toBe("there 16");

		here.wire.mend();
		await until(async () => (await shares()) === "here 8, there 8", { what: "both to have their share again" });
	});
});
