import { randomUUID } from "node:crypto";
import { ServiceBroker, type Service } from "moleculer";
import { v7 as uuidv7 } from "uuid";
import { Database, type WithDatabase } from "../../mixins/database/database.mixin";
import type { Transaction } from "../../mixins/database/database";
import { sql } from "../../mixins/database/statement";
import type { Envelope } from "../../mixins/events/envelope";
import { Events, on, type QueueConsumer } from "../../mixins/events/events.mixin";
import type { EventTransport } from "../../mixins/events/transport";
import { LetterWritten } from "./letters";
import type { MixinDatabase } from "./mixin-database";
import { messageTo } from "./transport.stage";

export type Readers = Service & WithDatabase;
export type Letter = Envelope<{ letterId: string; text: string }>;
type Read = (tx: Transaction, letter: Letter, service: Readers) => Promise<void>;

const keep = sql("test.keep_version", "INSERT INTO readers.kept (letter, version, text, node) VALUES ($1, $2, $3, $4)");

/** A table of what was read, in its order and by its transaction. */
export async function prepareReading(database: MixinDatabase): Promise<void> {
	await database.ask(`CREATE TABLE readers.kept (
		id bigint GENERATED ALWAYS AS IDENTITY, letter uuid, version int, text text, node text
	)`);
}

/** A node that reads letters from a queue, keeps them, and does `read` in the same transaction. */
export async function reader(
	node: string,
	{ database, transport, ...consumer }: ReaderOptions,
	read: Read = async () => undefined,
): Promise<ServiceBroker> {
	const handle = on<Readers, typeof LetterWritten.data>(
		LetterWritten,
		async function (this: Readers, tx: Transaction, letter: Letter) {
			await tx.query(keep, [letter.aggregate_id, letter.aggregate_version, letter.data.text, node]);
			await read(tx, letter, this);
		},
	);
	const broker = new ServiceBroker({ nodeID: node, logger: false, metrics: { enabled: true, reporter: [] } });
	broker.createService({
		name: "readers",
		mixins: [
			Events<Readers>({
				schema: "readers",
				transport,
				consumers: [{ ...consumer, subscriptions: [handle] }],
			}),
			Database({ url: database.url }),
		],
	});
	await broker.start();
	return broker;
}

/** The same transport, and what passes through it. */
export interface Watched {
	transport: EventTransport;
	/** How many deliveries have been handed to a handler. */
	delivered(): number;
	/** A consumer has been told to stop. */
	isStopping(): boolean;
}

export function watched(transport: EventTransport): Watched {
	let delivered = 0;
	let stopping = false;
	const consume: EventTransport["consume"] = async (queue, handle) => {
		const consumer = await transport.consume(queue, (delivery) => {
			delivered++;
			return handle(delivery);
		});
		return {
			...consumer,
			stop() {
				stopping = true;
				return consumer.stop();
			},
		};
	};
	return { transport: { ...transport, consume }, delivered: () => delivered, isStopping: () => stopping };
}

interface ReaderOptions extends Omit<QueueConsumer<Readers>, "subscriptions"> {
	database: Pick<MixinDatabase, "url">;
	transport: EventTransport;
}

/** The next versions of one letter each, in the order of the batch. */
export function versions(letterIds: readonly string[], from: number, to: number, text = "fine"): Letter[] {
	return Array.from({ length: to - from + 1 }, (_, n) => n + from).flatMap((version) =>
		letterIds.map((letterId) => letterOf(letterId, version, text)),
	);
}

export function letterOf(letterId: string = randomUUID(), version = 1, text = "fine"): Letter {
	return {
		event_id: uuidv7(),
		event_type: "LetterWritten",
		version: 1,
		timestamp: new Date().toISOString(),
		correlation_id: "a test",
		causation_id: "a test",
		aggregate_id: letterId,
		aggregate_version: version,
		producer: "letters",
		data: { letterId, text },
	};
}

export async function send(transport: EventTransport, exchange: string, letters: readonly Letter[]): Promise<void> {
	const outcomes = await transport.publish(
		letters.map((letter) =>
			messageTo(exchange, {
				eventId: letter.event_id,
				eventType: letter.event_type,
				routingKey: "letter.written",
				body: JSON.stringify(letter),
			}),
		),
	);
	const refused = outcomes.filter(({ confirmed }) => !confirmed);
	if (refused.length > 0) throw new Error(`${refused.length} letters were not taken: ${JSON.stringify(refused[0])}`);
}

export interface Kept {
	letter: string;
	version: number;
	text: string;
	node: string;
}

/** What was kept of these letters, in the order in which it was. */
export function keptOf(database: MixinDatabase, letters: readonly Letter[]): Promise<Kept[]> {
	return database.ask("SELECT letter, version, text, node FROM readers.kept WHERE letter = ANY ($1) ORDER BY id", [
		[...new Set(letters.map(({ aggregate_id }) => aggregate_id))],
	]);
}

/** The versions that were kept of each letter, in the order in which they were. */
export function byLetter(rows: readonly Kept[]): Map<string, number[]> {
	const versionsOf = new Map<string, number[]>();
	for (const { letter, version } of rows) versionsOf.set(letter, [...(versionsOf.get(letter) ?? []), version]);
	return versionsOf;
}
