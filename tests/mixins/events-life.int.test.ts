import { createHash, randomUUID } from "node:crypto";
import type { EventContract } from "../../mixins/events/contract";
import { RETURNS_MAX } from "../../mixins/events/suspects";
import { pausesOver } from "../support/pauses";
import { until } from "../support/until";
import { LetterBurnt, lifeStage, ofOneLetter, ParcelSent, type LifeStage } from "./events-life.stage";
import { LetterWritten } from "./letters";
import { mixinDatabase, type MixinDatabase } from "./mixin-database";
import { named } from "./receiver.stage";
import { gate } from "./transport.stage";

/** What the Events mixin does from a service's start to its end, and while its database is away. */

const QUEUES = ["readers.desk", "readers.shelf"];
const DONE = { kind: "done" };
const LEFT = { kind: "left" };

let database: MixinDatabase;
let stage: LifeStage | undefined;
/** Lets each handler that waits go on. */
const opening: (() => void)[] = [];

async function start(
	...options: [Parameters<typeof lifeStage>[1], Parameters<typeof lifeStage>[2]?]
): Promise<LifeStage> {
	stage = await lifeStage(database, ...options);
	return stage;
}

beforeAll(async () => {
	database = await mixinDatabase({ readers: ["create_event_tables"] });
});
afterEach(async () => {
	jest.restoreAllMocks();
	for (const open of opening.splice(0)) open();
	await stage?.stop();
	stage = undefined;
	await database.ask("TRUNCATE readers.inbox_checks, readers.inbox_failures");
});
afterAll(() => database[Symbol.asyncDispose]());

const toldOf = ({ line }: LifeStage): string[][] => QUEUES.map((queue) => line(queue).told);

/** A handler that begins this letter, and waits until the test lets it go on. */
function holding({ mishaps }: LifeStage, text: string): { isBegun(): boolean; open(): void } {
	const { opened, open } = gate();
	opening.push(open);
	let isBegun = false;
	mishaps.set(text, () => ((isBegun = true), opened));
	return { isBegun: () => isBegun, open };
}

describe("at its end a service", () => {
	test("stops all its consumers, once, when what is in work is done, and leaves the rest", async () => {
		const readers = await start("postgres", { batchMax: 1 });
		const { deliver, told } = readers.line("readers.shelf");
		const first = holding(readers, "first");
		const verdicts = ofOneLetter(randomUUID(), "first", "second").map((letter) => deliver(letter));
		await until(first.isBegun, { what: "the first to be begun" });

		const stopped = readers.stop();
		await until(() => told.includes("stop"), { what: "the consumer to be stopped" });
		first.open();
		await stopped;
		await readers.stop();

		expect(await Promise.all(verdicts)).toEqual([DONE, LEFT]);
		expect(toldOf(readers)).toEqual([["stop"], ["stop"]]);
	});

	test("gives up what it could not tell of a suspect", async () => {
		const readers = await start("postgres");
		readers.refused.add("readers.suspects.over");
		pausesOver();
		await readers.line("readers.desk").deliver(named("suspect"), { returned: RETURNS_MAX });
		await until(() => readers.asked.length > 2, { what: "it to be told again and again" });

		await readers.stop();
		const asked = readers.asked.length;
		for (let turns = 0; turns < 10; turns++) await new Promise(setImmediate);

		expect(readers.asked).toHaveLength(asked);
	});
});

describe("while the database is away", () => {
	/** So much later it is, all at once. */
	function passes(ms: number): void {
		const now = performance.now.bind(performance);
		jest.spyOn(performance, "now").mockImplementation(() => now() + ms);
	}

	test("all consumers pause, and let go of what they hold, for as long as one waits for it", async () => {
		const readers = await start("postgres", { batchMax: 1 });
		const { deliver, told } = readers.line("readers.shelf");
		const first = holding(readers, "first");
		const [, second] = ofOneLetter(randomUUID(), "first", "second").map((letter) => deliver(letter));
		await until(first.isBegun, { what: "the first to be begun" });

		readers.answers = false;
		pausesOver();
		passes(6_000);
		await until(() => told.length > 0, { what: "the consumers to pause" });
		first.open();
		const verdict = await second;
		readers.answers = true;
		await until(() => told.includes("resume"), { what: "the consumers to go on" });

		const isAway = "pause: database of readers";
		expect(verdict).toEqual(LEFT);
		expect(toldOf(readers)).toEqual([
			[isAway, "resume"],
			[isAway, "resume"],
		]);
		expect(await deliver(named("afterwards"))).toEqual(DONE);
	});
});

describe("what an event has failed at", () => {
	const fail = (): Promise<void> => Promise.reject(new Error("No paper"));

	test("is noted for its queue", async () => {
		const readers = await start("rabbitmq");
		readers.mishaps.set("fails", fail);
		const letter = named("fails");

		expect(await readers.line("readers.shelf").deliver(letter)).toMatchObject({ kind: "retry" });

		expect(
			await database.ask('SELECT consumer, event_id AS "eventId", routing_key AS key FROM readers.inbox_failures'),
		).toEqual([{ consumer: "readers.shelf", eventId: letter.event_id, key: "letter.written" }]);
	});

	test("is tried again even where that can't be noted", async () => {
		const readers = await start("rabbitmq");
		readers.mishaps.set("fails", fail);
		readers.refused.add("readers.inbox.note_failures");
		const said = jest.spyOn(readers.service.logger, "debug");

		const verdict = await readers.line("readers.shelf").deliver(named("fails"));

		expect(verdict).toMatchObject({ kind: "retry", failure: { message: "No paper" } });
		expect(readers.asked).toEqual(["readers.inbox.note_failures"]);
		expect(said).toHaveBeenCalledWith(
			"readers.shelf could not note that it has failed:",
			expect.stringContaining("ECONNRESET"),
		);
	});
});

describe("what was missed", () => {
	/** Which comparisons have been begun, by queue. */
	async function comparisons(): Promise<string[]> {
		const rows = await database.ask<{ named: string }>(
			"SELECT consumer || ': ' || producer AS named FROM readers.inbox_checks",
		);
		return rows.map(({ named }) => named).toSorted();
	}

	/** As it is kept, for as long as the service listens to the same. */
	function onceMore(producer: string, contracts: readonly EventContract[]): string {
		const keys = contracts.map(({ exchange, routingKey }) => `${exchange} ${routingKey}`).toSorted();
		return `${producer} once more ${createHash("sha256").update(keys.join("\n")).digest("hex").slice(0, 16)}`;
	}

	test("over RabbitMQ is looked for queue by queue, among what each producer publishes for it", async () => {
		await start("rabbitmq");

		expect(await comparisons()).toEqual(
			[
				"readers.desk: *",
				"readers.desk: letters",
				`readers.desk: ${onceMore("letters", [LetterWritten, LetterBurnt])}`,
				"readers.desk: parcels",
				`readers.desk: ${onceMore("parcels", [ParcelSent])}`,
				"readers.shelf: *",
				"readers.shelf: letters",
				`readers.shelf: ${onceMore("letters", [LetterWritten])}`,
			].toSorted(),
		);
	});

	test("over PostgreSQL is nothing", async () => {
		await start("postgres");

		expect(await comparisons()).toEqual([]);
	});
});
