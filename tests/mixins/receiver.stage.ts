import { randomUUID } from "node:crypto";
import { ServiceBroker } from "moleculer";
import type { Database } from "../../mixins/database/database";
import { sql } from "../../mixins/database/statement";
import { on } from "../../mixins/events/events.mixin";
import { handlingOf } from "../../mixins/events/handling";
import { lanes } from "../../mixins/events/lanes";
import { queueMeter } from "../../mixins/events/meters";
import { receive } from "../../mixins/events/receive";
import { receiverOf, type Receiver } from "../../mixins/events/receiver";
import { suspectsOf } from "../../mixins/events/suspects";
import type { QueueSpec } from "../../mixins/events/topology";
import type { Delivery } from "../../mixins/events/transport";
import type { FailedEvent } from "../../mixins/inbox/failures";
import { inboxOf } from "../../mixins/inbox/inbox";
import { LetterWritten } from "./letters";
import type { MixinDatabase } from "./mixin-database";
import { letterOf, type Letter, type Readers } from "./reading.stage";
import { queueNamed } from "./transport.stage";

const keep = sql("test.keep_text", "INSERT INTO readers.kept (letter, version, text) VALUES ($1, $2, $3)");

/** What a handler does at its next attempts at a letter, once it has kept it; well where nothing is left. */
type Mishap = Error | (() => Promise<void>);

/** A receiver without a transport: a test hands it what was delivered. */
export interface ReceiverStage {
	receiver: Receiver;
	queue: QueueSpec;
	/** Letters at which a handler was called, in that order. */
	begun: string[];
	failed: FailedEvent[];
	warned: string[];
	/** How often the database was said to have answered. */
	heard(): number;
	/** Of this queue. */
	counted(counter: string): number;
	mishaps: Map<string, Mishap[]>;
	/** In one transaction. */
	together(letters: readonly Letter[]): Promise<void>;
	deliver(letter: Letter, its?: Partial<Delivery>): ReturnType<Receiver["handle"]>;
	/** The process that notes are about. */
	process: string;
	stop(): void;
}

let queues = 0;

export function receiverStage(database: MixinDatabase, its: Partial<QueueSpec> & StageOptions = {}): ReceiverStage {
	const exchange = "letters.events";
	const { db = database.db, independent, ...of } = its;
	const queue = queueNamed(`readers.alone${++queues}`, exchange, { patterns: ["letter.written"], ...of });
	const broker = new ServiceBroker({ nodeID: "reader", logger: false, metrics: { enabled: true, reporter: [] } });
	const stage = { begun: [], failed: [], warned: [], mishaps: new Map(), queue } as unknown as ReceiverStage;
	const logger = {
		debug: () => undefined,
		warn: (...words: unknown[]) => void stage.warned.push(JSON.stringify(words)),
	};
	const service = { name: "readers", broker, logger, db } as unknown as Readers;
	const handle = on<Readers, typeof LetterWritten.data>(LetterWritten, async (tx, letter) => {
		stage.begun.push(letter.data.text);
		await tx.query(keep, [letter.aggregate_id, letter.aggregate_version, letter.data.text]);
		const mishap = stage.mishaps.get(letter.data.text)?.shift();
		if (mishap instanceof Error) throw mishap;
		await mishap?.();
	});
	let heard = 0;
	const suspects = suspectsOf(service, "readers");
	const consumer = { queue, subscriptions: [handle], ...(independent !== undefined && { independent }) };
	const inbox = inboxOf("readers");
	const options = {
		suspects: suspects.of(queue.name),
		heard: () => void heard++,
		failed: async (events: readonly FailedEvent[]) => void stage.failed.push(...events),
	};
	stage.receiver = receiverOf(service, consumer, { inbox, ...options });
	const deliveryOf = (letter: Letter): Delivery => ({
		queue: queue.name,
		exchange,
		routingKey: "letter.written",
		messageId: letter.event_id,
		body: Buffer.from(JSON.stringify(letter)),
		attempt: 1,
		returned: 0,
	});
	stage.deliver = (letter, its) => stage.receiver.handle({ ...deliveryOf(letter), ...its });
	stage.together = (letters) => {
		const meter = queueMeter(broker, queue.name);
		const stopping = new AbortController().signal;
		const handling = handlingOf<Readers>(service, inbox, {
			...options,
			spec: queue,
			independent: independent ?? false,
			stopping,
			meter,
		});
		return handling.handleTogether(letters.map((letter) => receive<Readers>(deliveryOf(letter), [handle])!));
	};
	stage.heard = () => heard;
	stage.process = `reader/${broker.instanceID}`;
	stage.stop = () => {
		stage.receiver.stop();
		suspects.stop();
	};
	stage.counted = (counter) => {
		const snapshot = broker.metrics.getMetric(`events.${counter}`)?.snapshot() as { value?: number; sum?: number }[];
		return snapshot.reduce((sum, { value, sum: total }) => sum + (value ?? total ?? 0), 0);
	};
	return stage;
}

export interface StageOptions {
	db?: Database;
	independent?: boolean;
}

export const withCode = (code: string): Error => Object.assign(new Error(`it has ${code}`), { code });
export const named = (text: string): Letter => letterOf(randomUUID(), 1, text);
export const noteOf = ({ event_id: eventId }: Letter, backInMs: number | undefined): FailedEvent => ({
	eventId,
	exchange: "letters.events",
	routingKey: "letter.written",
	backInMs,
});

/** Ids of aggregates whose events one lane handles one after the other. */
export function idsOnOneLane(count: number): string[] {
	const [first, ...others] = [randomUUID()] as [string, ...string[]];
	while (others.length < count - 1) {
		const other = randomUUID();
		let begun = 0;
		const never = (): Promise<never> => (begun++, new Promise(() => undefined));
		const both = lanes({ handleTogether: never, handleAlone: never, batchMax: 1 });
		for (const aggregateId of [first, other]) void both.handle({ aggregateId, attempt: 1, isSuspect: false });
		if (begun === 1) others.push(other);
	}
	return [first, ...others];
}

/** The database, which can be written to only after so many looks. */
export function awayFor(database: MixinDatabase, looks: number): Database & { looks: number } {
	const away = Object.create(database.db) as Database & { looks: number };
	away.looks = 0;
	away.proveWritable = async () => {
		if (++away.looks <= looks) throw withCode("ECONNREFUSED");
		return database.db.proveWritable();
	};
	return away;
}
