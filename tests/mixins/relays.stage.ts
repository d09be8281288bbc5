import type { Database } from "../../mixins/database/database";
import type { Statement } from "../../mixins/database/statement";
import type { EventTransport, OutgoingMessage, PublishOutcome } from "../../mixins/events/transport";
import type { Relay, RelayOptions } from "../../mixins/outbox/relay";
import { letterOutbox, relayAlone } from "./letters";
import { mixinDatabase, type MixinDatabase } from "./mixin-database";

/** The outbox of a suite, and the relays at work on it. */
export interface Outbox extends Pick<MixinDatabase, "db" | "ask"> {
	/** A relay alone; it ends with the test. */
	start(transport: EventTransport, options?: Partial<RelayOptions>): Promise<Relay>;
	/** Ends with the test as well. */
	endWithTest(worker: Relay): void;
	isEmpty(): Promise<boolean>;
}

/** Opened before the suite that calls it, and emptied after each of its tests. */
export function outboxOfSuite(): Outbox {
	let database: MixinDatabase;
	const running: Relay[] = [];

	beforeAll(async () => {
		database = await mixinDatabase({ letters: ["create_event_tables"] });
	});
	afterEach(async () => {
		for (const each of running.splice(0)) await each.stop();
		await database.ask("TRUNCATE letters.outbox, letters.outbox_aggregates, letters.outbox_relays");
		await database.ask("UPDATE letters.outbox_leases SET owner = NULL, expires_at = NULL");
	});
	afterAll(() => database[Symbol.asyncDispose]());

	return {
		get db() {
			return database.db;
		},
		ask: (text, values) => database.ask(text, values),
		async start(transport, options = {}) {
			const worker = await relayAlone(database.db, { transport, ...options });
			running.push(worker);
			worker.start();
			return worker;
		},
		endWithTest: (worker) => void running.push(worker),
		isEmpty: async () => (await database.ask("SELECT FROM letters.outbox LIMIT 1")).length === 0,
	};
}

export const CONFIRMED: PublishOutcome = { confirmed: true };
export const REFUSED: PublishOutcome = { confirmed: false, reason: "no queue is bound for it", fault: "message" };
export const ASIDE: PublishOutcome = { confirmed: false, reason: "its queue has no leader", fault: "route" };
export const IN_TROUBLE: PublishOutcome = { confirmed: false, reason: "there is no connection" };

const textOf = ({ body }: OutgoingMessage): string => (JSON.parse(body) as { data: { text: string } }).data.text;

/** A broker that is made up: it takes what `publish` confirms, and remembers it. */
export function transportOf(publish: (texts: readonly string[]) => PublishOutcome[] | Promise<PublishOutcome[]>) {
	const taken: string[] = [];
	const transport = {
		async publish(messages: readonly OutgoingMessage[]) {
			const texts = messages.map(textOf);
			const outcomes = await publish(texts);
			taken.push(...texts.filter((_, at) => outcomes[at]!.confirmed));
			return outcomes;
		},
	} as unknown as EventTransport;
	return { taken, transport };
}

export const all = (outcome: PublishOutcome) => (texts: readonly string[]) => texts.map(() => outcome);
/** Confirms what is not named, and answers the first time to what is. */
export function atFirst(outcomes: Readonly<Record<string, PublishOutcome>>) {
	const seen = new Set<string>();
	return (texts: readonly string[]) =>
		texts.map((text) => {
			if (seen.has(text)) return CONFIRMED;
			seen.add(text);
			return outcomes[text] ?? CONFIRMED;
		});
}

/** The same database; how many rows each read of the outbox has brought, and what fails. */
export function watched({ db: real }: Pick<Outbox, "db">, failing: (statement: Statement) => boolean = () => false) {
	const reads: number[] = [];
	/** How long each event that was refused is to wait, in milliseconds. */
	const pausesMs: number[] = [];
	const db: Database = {
		...real,
		async query<Row extends object>(statement: Statement, values?: readonly unknown[]) {
			if (failing(statement)) throw new Error("The server is going away");
			if (statement === letterOutbox.postpone) pausesMs.push(...(values![2] as number[]));
			const rows = await real.query<Row>(statement, values);
			if (statement === letterOutbox.read) reads.push(rows.length);
			return rows;
		},
	};
	return { db, reads, pausesMs, rows: () => reads.reduce((sum, each) => sum + each, 0) };
}

/** What a relay says. */
export function newLog() {
	const lines: string[] = [];
	const say =
		(level: string) =>
		(...words: unknown[]): void =>
			void lines.push(`${level}: ${words.join(" ")}`);
	const log = { info: say("info"), warn: say("warn"), error: say("error"), debug: say("debug") };
	return { log: log as unknown as RelayOptions["log"], lines };
}
