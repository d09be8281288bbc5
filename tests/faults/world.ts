import { setTimeout as pause } from "node:timers/promises";
import type { MixinDatabase } from "../mixins/mixin-database";
import { privateRabbitmq, type PrivateRabbitmq } from "../support/private-rabbitmq";
import { until } from "../support/until";
import { auditOf, type Findings } from "./audit";
import { openAuditor, type Auditor } from "./auditor";
import { openBooks } from "./books";
import { lineOf, type Figures } from "./figures";
import { form, seed } from "./form";
import { LETTER_QUEUES, LetterWritten, notes } from "./letter.events";
import type { LettersAbilities } from "./letters.process";
import { member, type Member, type Part } from "./member";
import type { ReadersAbilities } from "./readers.process";

/** After the last fault is over. */
const SETTLING_MS_MAX = 60_000;
/** Each look is work for the database that is waited for. */
const LOOK_MS = 200;

/** Each queue gets each letter. */
const UNREAD = `SELECT (SELECT count(*) FROM letters.written WHERE type = 'letter')
	- (SELECT count(*) FROM readers.effects WHERE consumer <> '${notes.name}') / ${LETTER_QUEUES.length} AS count`;

export type LettersMember = Member<LettersAbilities>;
export type ReadersMember = Member<ReadersAbilities>;

/** Processes that write, relay and read letters, over a broker and a database that are theirs alone. */
export interface World extends AsyncDisposable {
	readonly broker: PrivateRabbitmq;
	readonly books: MixinDatabase;
	readonly auditor: Auditor;
	readonly letters: readonly LettersMember[];
	readonly readers: readonly ReadersMember[];
	/** The test itself has put so many more (or with a minus taken away) among the dead letters. */
	planted(letters: number): void;
	/**
	 * Has letters written all the while, does the fault so many times, and waits until all is calm again.
	 * `cause` returns when it is over. Writing goes on for `onwardsMs` after the last one.
	 */
	survives(fault: string, times: number, cause: (n: number) => Promise<void>, onwardsMs?: number): Promise<Figures>;
	/** Starts a writer that has died, which writes on. */
	resume(writer: LettersMember): Promise<void>;
	/** Waits until nothing is under way. */
	settled(): Promise<void>;
}

export interface WorldOptions {
	letters: number;
	readers: number;
	/** What a member takes for the database; the tests always use the real one. */
	databaseUrl?: (url: string, member: string) => Promise<string>;
	amqpUrl?: (url: string, member: string) => Promise<string>;
	/** Whether readers search for missed events. It heals what they lose, and so hides it: only for what takes queues away. */
	isSearched?: boolean;
}

export async function openWorld(options: WorldOptions): Promise<World> {
	const [broker, books] = await Promise.all([privateRabbitmq(), openBooks()]);
	const auditor = await openAuditor(broker.url, LetterWritten.exchange);
	const { databaseUrl = async (url) => url, amqpUrl = async (url) => url, isSearched = false } = options;
	const partOf = async (name: string, number: number): Promise<Part> => ({
		name,
		seed: seed * 1_000 + number,
		databaseUrl: await databaseUrl(books.url, name),
		amqpUrl: await amqpUrl(broker.url, name),
		transporterUrl: broker.url,
		isSearched,
	});
	const parts = (role: string, count: number, from: number) =>
		Promise.all(Array.from({ length: count }, (_, n) => partOf(`${role}-${n + 1}`, from + n)));
	const readers = (await parts("readers", options.readers, 0)).map((part) =>
		member<ReadersAbilities>("readers.process.ts", part),
	);
	const letters = (await parts("letters", options.letters, 100)).map((part) =>
		member<LettersAbilities>("letters.process.ts", part),
	);
	const pace = { perSecond: form.perSecond / options.letters, waitingMax: form.waitingMax };
	const audit = auditOf(books);
	let before: Findings | undefined;
	let plantedDead = 0;
	let deadBefore = 0;

	async function dispose(): Promise<void> {
		await Promise.all([...letters, ...readers].map((each) => each.kill()));
		await broker[Symbol.asyncDispose]();
		await books[Symbol.asyncDispose]();
	}

	try {
		await Promise.all([...readers, ...letters].map((each) => each.start()));
	} catch (error) {
		await dispose();
		throw error;
	}

	const clock = async (): Promise<Date> => (await books.ask<{ now: Date }>("SELECT clock_timestamp() AS now"))[0]!.now;

	const unread = async (): Promise<number> => (await books.ask<{ count: number }>(UNREAD))[0]!.count;

	/** Milliseconds from `over` until every reader had read a letter that was written later; undefined before that. */
	async function firstReadMs(over: Date): Promise<number | undefined> {
		const rows = await books.ask<{ ms: number }>(
			`SELECT extract(epoch FROM min(effects.at) - $1)::float8 * 1000 AS ms
			FROM readers.effects JOIN letters.written USING (box_id, number)
			WHERE written.at > $1 AND type = 'letter' GROUP BY consumer`,
			[over],
		);
		return rows.length < LETTER_QUEUES.length ? undefined : Math.max(...rows.map(({ ms }) => ms));
	}

	async function allReadMs(over: Date): Promise<number> {
		const [row] = await books.ask<{ ms: number | null }>(
			`SELECT extract(epoch FROM max(effects.at) - $1)::float8 * 1000 AS ms
			FROM readers.effects JOIN letters.written USING (box_id, number) WHERE written.at <= $1`,
			[over],
		);
		return Math.max(0, row!.ms ?? 0);
	}

	function lastWords(): string {
		return [...letters, ...readers].map((each) => `${each.name} last said: ${each.words()}`).join("\n");
	}

	async function readAgain(fault: string, over: Date): Promise<number> {
		return until(() => firstReadMs(over), {
			what: `letters to be read again after "${fault}"`,
			withinMs: SETTLING_MS_MAX,
			everyMs: LOOK_MS,
		}).catch((error: Error) => {
			throw new Error(`${error.message}\n${lastWords()}`, { cause: error });
		});
	}

	async function settled(): Promise<void> {
		await until(() => audit.isSettled(), {
			what: "every event to leave the outbox and to have its effects",
			withinMs: SETTLING_MS_MAX,
			everyMs: LOOK_MS,
			// What is not there by then, the figures tell in numbers.
		}).catch(() => undefined);
	}

	async function inspect(): Promise<Findings & { dead: number }> {
		const found = await audit.find(await auditor.hear());
		const dead = (await auditor.deadIn([...LETTER_QUEUES, notes].map(({ name }) => name))) - plantedDead;
		const since = {
			...found,
			events: found.events - (before?.events ?? 0),
			twiceOnTheWire: found.twiceOnTheWire - (before?.twiceOnTheWire ?? 0),
			lost: found.lost - (before?.lost ?? 0),
			phantoms: found.phantoms - (before?.phantoms ?? 0),
			missing: found.missing - (before?.missing ?? 0),
			doubled: found.doubled - (before?.doubled ?? 0),
			outOfOrder: found.outOfOrder - (before?.outOfOrder ?? 0),
			readOutOfOrder: found.readOutOfOrder - (before?.readOutOfOrder ?? 0),
			readLate: found.readLate - (before?.readLate ?? 0),
			dead: dead - deadBefore,
		};
		before = found;
		deadBefore = dead;
		return since;
	}

	return {
		broker,
		books,
		auditor,
		letters,
		readers,
		settled,
		async resume(writer) {
			await writer.start();
			await writer.ask("start", pace);
		},
		planted: (count) => void (plantedDead += count),

		async survives(fault, times, cause, onwardsMs = 0) {
			const figures = { firstMs: 0, allMs: 0, heldUp: 0 };
			const overs: Date[] = [];
			await Promise.all(letters.map((each) => each.ask("start", pace)));
			try {
				for (let n = 0; n < times; n++) {
					await pause(form.swingMs);
					await cause(n);
					const over = await clock();
					overs.push(over);
					figures.heldUp = Math.max(figures.heldUp, await unread());
					figures.firstMs = Math.max(figures.firstMs, await readAgain(fault, over));
				}
				await pause(onwardsMs);
			} finally {
				await Promise.all(letters.map((each) => each.ask("stop", undefined)));
			}
			await settled();
			for (const over of overs) figures.allMs = Math.max(figures.allMs, await allReadMs(over));
			const all: Figures = { fault, faults: times, ...(await inspect()), ...figures };
			process.stdout.write(lineOf(all));
			return all;
		},

		[Symbol.asyncDispose]: dispose,
	};
}
