import { ServiceBroker, type Service } from "moleculer";
import { z } from "zod";
import { Database, type WithDatabase } from "../../mixins/database/database.mixin";
import type { Database as DatabaseHandle } from "../../mixins/database/database";
import { event } from "../../mixins/events/contract";
import { consumer, Events, on } from "../../mixins/events/events.mixin";
import type { Delivery, EventTransport, Verdict } from "../../mixins/events/transport";
import { LetterWritten } from "./letters";
import type { MixinDatabase } from "./mixin-database";
import { letterOf, type Letter } from "./reading.stage";
import { withCode } from "./receiver.stage";

type Readers = Service & WithDatabase;

const ofLetter = { exchange: "letters.events", version: 1, aggregate: "letterId" } as const;
export const LetterBurnt = event({
	...ofLetter,
	type: "LetterBurnt",
	routingKey: "letter.burnt",
	data: z.object({ letterId: z.uuid() }),
});
export const ParcelSent = event({
	exchange: "parcels.events",
	version: 1,
	aggregate: "parcelId",
	type: "ParcelSent",
	routingKey: "parcel.sent",
	data: z.object({ parcelId: z.uuid() }),
});

/** A queue of a transport that delivers what a test says. */
interface Line {
	deliver(letter: Letter, its?: Partial<Delivery>): Promise<Verdict>;
	/** What its consumer was told, in a word each. */
	told: string[];
}

/** A service that consumes two queues, `readers.desk` and `readers.shelf`, of a transport in a test's hands. */
export interface LifeStage {
	service: Readers;
	line(queue: string): Line;
	/** What a handler waits for, or fails with, by the letter's text. */
	mishaps: Map<string, () => Promise<void>>;
	/** Statements that fail from now on, by their names. */
	refused: Set<string>;
	/** Names of the statements that were refused. */
	asked: string[];
	/** Whether the database answers who asks for nothing else. */
	answers: boolean;
	stop(): Promise<void>;
}

export async function lifeStage(
	database: MixinDatabase,
	kind: EventTransport["kind"],
	perQueue: { batchMax?: number } = {},
): Promise<LifeStage> {
	const lines = new Map<string, Line>();
	const stage = { mishaps: new Map(), refused: new Set(), asked: [], answers: true } as unknown as LifeStage;
	stage.line = (queue) => lines.get(queue)!;

	const consume: EventTransport["consume"] = async ({ name: queue }, handle) => {
		const inWork = new Set<Promise<Verdict>>();
		const told: string[] = [];
		lines.set(queue, {
			told,
			deliver(letter, its) {
				const verdict = handle({ ...deliveryOf(letter), queue, ...its });
				inWork.add(verdict);
				return verdict;
			},
		});
		return {
			pause: (lacking) => void told.push(`pause: ${lacking}`),
			resume: () => void told.push("resume"),
			async stop() {
				told.push("stop");
				await Promise.all(inWork);
			},
		};
	};
	const transport = { kind, consume, countDeadLetters: () => Promise.resolve(0) } as unknown as EventTransport;

	const read = on<Readers, typeof LetterWritten.data>(LetterWritten, async (_tx, { data }) => {
		await stage.mishaps.get(data.text)?.();
	});
	const nothing = (): Promise<void> => Promise.resolve();
	const consumers = [
		consumer<Readers>({ name: "readers.desk", ...perQueue }, read, on(ParcelSent, nothing), on(LetterBurnt, nothing)),
		consumer<Readers>({ name: "readers.shelf", ...perQueue }, read),
	];
	const broker = new ServiceBroker({ nodeID: "reader", logger: false });
	stage.service = broker.createService({
		name: "readers",
		mixins: [Events<Readers>({ schema: "readers", transport, consumers }), Database({ url: database.url })],
		created(this: Readers) {
			this.db = inHandsOf(stage, this.db);
		},
	}) as Readers;
	await broker.start();
	stage.stop = () => broker.stop();
	return stage;
}

/** The same database, which fails at what the stage refuses. */
function inHandsOf(stage: LifeStage, db: DatabaseHandle): DatabaseHandle {
	const own = Object.create(db) as DatabaseHandle;
	own.answers = () => Promise.resolve(stage.answers);
	own.query = async (statement, values) => {
		if (!stage.refused.has(statement.name)) return db.query(statement, values);
		stage.asked.push(statement.name);
		throw withCode("ECONNRESET");
	};
	return own;
}

function deliveryOf(letter: Letter): Omit<Delivery, "queue"> {
	return {
		exchange: LetterWritten.exchange,
		routingKey: LetterWritten.routingKey,
		messageId: letter.event_id,
		body: Buffer.from(JSON.stringify(letter)),
		attempt: 1,
		returned: 0,
	};
}

/** The next versions of one letter, so that they wait for each other. */
export const ofOneLetter = (letterId: string, ...texts: string[]): Letter[] =>
	texts.map((text, n) => letterOf(letterId, n + 1, text));
