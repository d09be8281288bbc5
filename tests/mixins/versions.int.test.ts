import { randomUUID } from "node:crypto";
import { ServiceBroker, type Service } from "moleculer";
import { v7 as uuidv7 } from "uuid";
import { z } from "zod";
import { Database, type WithDatabase } from "../../mixins/database/database.mixin";
import type { Transaction } from "../../mixins/database/database";
import { sql } from "../../mixins/database/statement";
import { event, type EventContract } from "../../mixins/events/contract";
import type { Envelope } from "../../mixins/events/envelope";
import { consumer, Events, on } from "../../mixins/events/events.mixin";
import type { EventTransport } from "../../mixins/events/transport";
import { transports } from "../support/servers";
import { until } from "../support/until";
import { anyTransport } from "./any-transport";
import { mixinDatabase, type MixinDatabase } from "./mixin-database";
import { messageTo } from "./transport.stage";

type Readers = Service & WithDatabase;

const definition = { type: "LetterPosted", exchange: "post.events", aggregate: "letterId" } as const;
/** One address, as one text. */
const Posted = event({
	...definition,
	version: 1,
	routingKey: "letter.posted",
	data: z.object({ letterId: z.uuid(), to: z.string() }),
});
/** The address in parts: another meaning of `to`, so another version, with a key of its own. */
const Posted2 = event({
	...definition,
	version: 2,
	routingKey: "letter.posted.v2",
	data: z.object({ letterId: z.uuid(), to: z.object({ name: z.string(), city: z.string() }) }),
});

const keep = sql("test.keep", "INSERT INTO readers.kept (reader, letter, receiver) VALUES ($1, $2, $3)");

/** A reader of before the new version: it lists what it knows. */
const old = consumer<Readers>(
	"readers.old",
	on(Posted, async (tx: Transaction, { data }: Envelope<z.output<typeof Posted.data>>) => {
		await tx.query(keep, ["old", data.letterId, data.to]);
	}),
);
/** One of after it lists both, as both are under way while nodes are replaced. */
const current = consumer<Readers>(
	"readers.current",
	on(Posted, async (tx: Transaction, { data }: Envelope<z.output<typeof Posted.data>>) => {
		await tx.query(keep, ["current", data.letterId, data.to]);
	}),
	on(Posted2, async (tx: Transaction, { data }: Envelope<z.output<typeof Posted2.data>>) => {
		await tx.query(keep, ["current", data.letterId, `${data.to.name}, ${data.to.city}`]);
	}),
);

describe.each(transports)("two versions of one event side by side, over %s", (kind) => {
	let database: MixinDatabase;
	let transport: EventTransport;
	let broker: ServiceBroker;
	let close: () => Promise<void>;

	beforeAll(async () => {
		database = await mixinDatabase({ readers: ["create_event_tables"] });
		await database.ask("CREATE TABLE readers.kept (reader text, letter uuid, receiver text)");
		const consumers = [old, current];
		const topology = { exchanges: ["post.events"], queues: consumers.map(({ queue }) => queue) };
		const opened = await anyTransport(kind, database, topology);
		({ transport } = opened);
		close = async () => opened[Symbol.asyncDispose]();
		broker = new ServiceBroker({ nodeID: "readers", logger: false });
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

	/** @returns the letter's id */
	async function post(contract: EventContract, to: unknown, version = contract.version): Promise<string> {
		const letterId = randomUUID();
		const eventId = uuidv7();
		const body = JSON.stringify({
			event_id: eventId,
			event_type: contract.type,
			version,
			timestamp: new Date().toISOString(),
			correlation_id: "a test",
			causation_id: "a test",
			aggregate_id: letterId,
			aggregate_version: 1,
			producer: "post",
			data: { letterId, to },
		});
		const message = messageTo("post.events", { eventId, body, routingKey: contract.routingKey });
		expect(await transport.publish([message])).toEqual([{ confirmed: true }]);
		return letterId;
	}

	const kept = (letterId: string) =>
		database.ask("SELECT reader, receiver FROM readers.kept WHERE letter = $1 ORDER BY reader", [letterId]);

	const deadIn = async (queue: string) =>
		(await transport.deadLetters(queue, 10)).map(({ failure }) => `${failure.code}: ${failure.message}`);

	test("each reader gets the versions that it lists, and nothing else is put into its queue", async () => {
		const first = await post(Posted, "Ada, London");
		const second = await post(Posted2, { name: "Ada", city: "London" });

		await until(async () => (await kept(first)).length === 2 && (await kept(second)).length === 1, {
			what: "both letters to be read",
		});
		expect(await kept(first)).toEqual([
			{ reader: "current", receiver: "Ada, London" },
			{ reader: "old", receiver: "Ada, London" },
		]);
		expect(await kept(second)).toEqual([{ reader: "current", receiver: "Ada, London" }]);
		expect(await deadIn("readers.old")).toEqual([]);
		expect(await deadIn("readers.current")).toEqual([]);
	});

	test("a version that a reader doesn't list is a dead letter that says so, and the next event is handled", async () => {
		await post(Posted, "whatever three means", 3);
		const next = await post(Posted, "Bob, Paris");

		await until(async () => (await kept(next)).length === 2, { what: "the next letter to be read" });
		for (const queue of ["readers.old", "readers.current"]) {
			await until(async () => (await deadIn(queue)).length === 1, { what: `the dead letter of ${queue}` });
		}
		expect(await deadIn("readers.old")).toEqual(["UNREADABLE_EVENT: LetterPosted has version 3, known here is 1"]);
		expect(await deadIn("readers.current")).toEqual([
			"UNREADABLE_EVENT: LetterPosted has version 3, known here are 1 and 2",
		]);
	});
});
