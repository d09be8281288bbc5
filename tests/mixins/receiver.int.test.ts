import { randomUUID } from "node:crypto";
import { Errors } from "moleculer";
import { DatabaseBusyError } from "../../mixins/database/errors";
import type { QueueSpec } from "../../mixins/events/topology";
import type { Delivery } from "../../mixins/events/transport";
import { areUpTo, pausesOver } from "../support/pauses";
import { until } from "../support/until";
import { mixinDatabase, type MixinDatabase } from "./mixin-database";
import { keptOf, letterOf, prepareReading, versions, type Letter } from "./reading.stage";
import {
	awayFor,
	idsOnOneLane,
	named,
	noteOf,
	receiverStage,
	withCode,
	type ReceiverStage,
	type StageOptions,
} from "./receiver.stage";
import { gate } from "./transport.stage";

let database: MixinDatabase;
const stageOf = (its?: Partial<QueueSpec> & StageOptions): ReceiverStage => receiverStage(database, its);

beforeAll(async () => {
	database = await mixinDatabase({ readers: ["create_event_tables"] });
	await prepareReading(database);
});

afterEach(() => jest.restoreAllMocks());
afterAll(() => database[Symbol.asyncDispose]());

describe("an event", () => {
	test("is handled once, however often it is delivered, and counted", async () => {
		const stage = stageOf();
		const letter = named("fine");

		const verdicts = [await stage.deliver(letter), await stage.deliver(letter)];

		expect(verdicts).toEqual([{ kind: "done" }, { kind: "done" }]);
		expect(await keptOf(database, [letter])).toHaveLength(1);
		expect([stage.begun, stage.heard(), stage.failed, stage.warned]).toEqual([["fine"], 2, [], []]);
		expect(["delivered", "duplicates", "retried", "buried", "ignored"].map(stage.counted)).toEqual([2, 1, 0, 0, 0]);
	});

	test("has its times measured", async () => {
		const beganMs = performance.now();
		const stage = stageOf();
		const letter = { ...named("fine"), timestamp: new Date(Date.now() - 30_000).toISOString() };

		await stage.deliver(letter);
		const tookMs = performance.now() - beganMs;

		const [latency, handling] = ["latency.time", "handling.time"].map(stage.counted);
		expect(latency).toBeGreaterThanOrEqual(30_000);
		expect(latency).toBeLessThan(31_000 + tookMs);
		expect(handling).toBeGreaterThan(0);
		expect(handling).toBeLessThanOrEqual(tookMs);
	});

	test.each<[string, Error, number, string, number | undefined]>([
		["that fails comes again", new Error("No paper"), 1, "retry", 40],
		["that fails at its last attempt is dead", new Error("No paper"), 3, "retry", undefined],
		[
			"that no attempt would change is dead at once",
			new Errors.ValidationError("No such letter"),
			1,
			"dead",
			undefined,
		],
	])("%s, and it is noted when it is there again", async (_, error, attempt, kind, backInMs) => {
		const stage = stageOf();
		const letter = named("bad");
		stage.mishaps.set("bad", [error]);

		const verdict = await stage.deliver(letter, { attempt });

		expect(verdict).toMatchObject({ kind, failure: { message: error.message } });
		expect(stage.failed).toEqual([noteOf(letter, backInMs)]);
		expect(await keptOf(database, [letter])).toEqual([]);
		expect(["retried", "buried"].map(stage.counted)).toEqual(backInMs === undefined ? [0, 1] : [1, 0]);
		expect(stage.warned).toEqual([
			JSON.stringify([
				`An event on ${stage.queue.name} was not handled (attempt ${attempt}, ${kind}):`,
				{ messageId: letter.event_id, error: error.message },
			]),
		]);
		expect(stage.heard()).toBe(1);
	});

	test("of an ordered queue is tried where it stands, and what waits behind it is noted as well", async () => {
		const stage = stageOf({ order: "aggregate" });
		const [first, second] = versions([randomUUID()], 1, 2, "in turn") as [Letter, Letter];
		stage.mishaps.set("in turn", [new Error("No paper"), new Error("No paper")]);

		const verdicts = await Promise.all([stage.deliver(first), stage.deliver(second)]);

		expect(verdicts).toEqual([{ kind: "done" }, { kind: "done" }]);
		expect(stage.failed).toEqual(
			expect.arrayContaining([noteOf(first, 40), noteOf(second, 40), noteOf(first, 80), noteOf(second, 80)]),
		);
		expect((await keptOf(database, [first])).map(({ version }) => version)).toEqual([1, 2]);
	});

	test("that is done at its last attempt is not buried", async () => {
		const stage = stageOf();

		await stage.deliver(named("fine"), { attempt: 3 });

		expect(["retried", "buried"].map(stage.counted)).toEqual([0, 0]);
	});

	test("that is tried in its place does not count its deliveries", async () => {
		const stage = stageOf({ order: "aggregate" });
		const letter = named("again");
		stage.mishaps.set("again", [new Error("No paper")]);

		await stage.deliver(letter, { attempt: 3 });

		expect(stage.failed).toEqual([noteOf(letter, 40)]);
	});
});

describe("events together", () => {
	const ids = ["c", "a", "b"].map((first) => `${first}${randomUUID().slice(1)}`) as [string, string, string];
	const lettersOf = (...texts: string[]): Letter[] =>
		texts.map((text) =>
			letterOf(
				ids.find((id) => id.startsWith(text[0]!)),
				Number(text[1]),
				text,
			),
		);

	test("are handled in the order of their aggregates, so that no two transactions wait for each other", async () => {
		const stage = stageOf();

		await stage.together(lettersOf("c1", "a1", "b1", "c2", "a2", "b2"));

		expect(stage.begun).toEqual(["a1", "a2", "b1", "b2", "c1", "c2"]);
		expect([stage.counted("duplicates"), stage.heard()]).toEqual([0, 1]);
	});

	test("are handled in turn", async () => {
		const stage = stageOf();
		const { opened, open } = gate();
		stage.mishaps.set("a1", [() => opened]);

		const done = stage.together(lettersOf("a1", "b1"));
		await until(() => stage.begun.length > 0, { what: "the first to be begun" });
		await database.ask("SELECT 1");
		const meanwhile = [...stage.begun];
		open();
		await done;

		expect([meanwhile, stage.begun]).toEqual([["a1"], ["a1", "b1"]]);
	});

	test("that are independent are handled side by side, and those of one aggregate in turn", async () => {
		const stage = stageOf({ independent: true });
		const { opened, open } = gate();
		stage.mishaps.set("a1", [() => opened]);

		const done = stage.together(lettersOf("a1", "a2", "b1", "b2"));
		await until(() => stage.begun.includes("b2"), { what: "those of b to be handled" });
		const meanwhile = [...stage.begun];
		open();
		await done;

		expect([meanwhile, stage.begun]).toEqual([
			["a1", "b1", "b2"],
			["a1", "b1", "b2", "a2"],
		]);
	});

	test("of which one fails are nothing, for the error that came first, when all have ended", async () => {
		const stage = stageOf({ independent: true });
		const { opened, open } = gate();
		stage.mishaps.set("a3", [new Error("the first")]);
		stage.mishaps.set("b3", [() => opened.then(() => Promise.reject(new Error("the second")))]);
		let hasFailed = false;

		const failing = stage.together(lettersOf("a3", "b3")).catch((error: Error) => ((hasFailed = true), error.message));
		await until(() => stage.begun.length === 2, { what: "both to be begun" });
		await database.ask("SELECT 1");
		const meanwhile = hasFailed;
		open();

		expect([await failing, meanwhile, stage.heard()]).toEqual(["the first", false, 0]);
		expect((await keptOf(database, lettersOf("a3", "b3"))).filter(({ version }) => version === 3)).toEqual([]);
	});
});

test("those that nobody calls independent are handled in turn", async () => {
	const [first, second, third] = idsOnOneLane(3) as [string, string, string];
	const stage = stageOf();
	const [before, among] = [gate(), gate()];
	stage.mishaps.set("first", [() => before.opened]);
	stage.mishaps.set("second", [() => among.opened]);

	const done = [
		stage.deliver(letterOf(first, 1, "first")),
		stage.deliver(letterOf(second, 1, "second")),
		stage.deliver(letterOf(third, 1, "second")),
	];
	await until(() => stage.begun.length === 1, { what: "the first to be begun" });
	before.open();
	await until(() => stage.begun.length === 2, { what: "the second to be begun" });
	await database.ask("SELECT 1");
	const meanwhile = stage.begun.length;
	among.open();
	await Promise.all(done);

	expect([meanwhile, stage.begun.length]).toEqual([2, 3]);
});

describe("while the database is in trouble", () => {
	test("an event that others hold up is tried until they don't", async () => {
		const stage = stageOf();
		const busy = new DatabaseBusyError();
		stage.mishaps.set("busy", [busy, busy, busy]);

		expect(await stage.deliver(named("busy"))).toEqual({ kind: "done" });
		expect([stage.begun.length, stage.failed, stage.warned]).toEqual([4, [], []]);
	});

	test("that is there for nobody, an event waits where it stands, as long as it lasts, and it is said now and then", async () => {
		const stage = stageOf();
		const pauses = pausesOver();
		stage.mishaps.set(
			"full",
			Array.from({ length: 40 }, () => withCode("53100")),
		);

		expect(await stage.deliver(named("full"))).toEqual({ kind: "done" });

		expect([stage.begun.length, stage.failed, pauses.length]).toEqual([41, [], 40]);
		expect(stage.warned).toEqual(
			Array.from({ length: 2 }, () =>
				JSON.stringify([`An event on ${stage.queue.name} waits for the database:`, "it has 53100"]),
			),
		);
		expect(areUpTo(pauses, [100, 200, 400, 800, 1_600, 2_000])).toBe(true);
		expect(pauses.every(({ isStoppable }) => isStoppable)).toBe(true);
	});

	test("with this event alone, it is the event's own after six attempts", async () => {
		const stage = stageOf();
		const pauses = pausesOver();
		const letter = named("session");
		stage.mishaps.set(
			"session",
			Array.from({ length: 9 }, () => withCode("58030")),
		);

		expect(await stage.deliver(letter)).toMatchObject({ kind: "retry", failure: { code: "58030" } });

		expect([stage.begun.length, pauses.length, stage.failed]).toEqual([7, 7, [noteOf(letter, 40)]]);
	});

	test("and can't be written to by others either, it goes on waiting after six attempts", async () => {
		const db = awayFor(database, 2);
		const stage = stageOf({ db });
		pausesOver();
		stage.mishaps.set(
			"system",
			Array.from({ length: 8 }, () => withCode("58030")),
		);

		expect(await stage.deliver(named("system"))).toEqual({ kind: "done" });
		expect([stage.begun.length, db.looks, stage.failed]).toEqual([9, 2, []]);
	});

	test("and away, an event waits until it can be written to, and is no failure", async () => {
		const db = awayFor(database, 3);
		const stage = stageOf({ db });
		const pauses = pausesOver();
		stage.mishaps.set("away", [withCode("ECONNRESET")]);

		expect(await stage.deliver(named("away"))).toEqual({ kind: "done" });
		expect([stage.begun.length, stage.failed, db.looks]).toEqual([2, [], 4]);
		expect(areUpTo(pauses, [100, 200, 400])).toBe(true);
	});

	test("that can be written to, an event which loses its connection has failed", async () => {
		const stage = stageOf();
		stage.mishaps.set("breaks", [withCode("ECONNRESET")]);

		expect(await stage.deliver(named("breaks"))).toMatchObject({ kind: "retry", failure: { code: "ECONNRESET" } });
	});

	test("what waits because it is away is left when the consumer stops", async () => {
		const db = awayFor(database, Infinity);
		const stage = stageOf({ db });
		stage.mishaps.set("waits", [withCode("ECONNRESET")]);

		const verdict = stage.deliver(named("waits"));
		await until(() => db.looks > 0, { what: "a look whether it is there" });
		stage.receiver.stop();

		expect(await verdict).toEqual({ kind: "left" });
		expect([stage.failed, stage.heard()]).toEqual([[], 0]);
	});

	test("what waits because it is full is left when the consumer stops", async () => {
		const stage = stageOf();
		stage.mishaps.set(
			"waits",
			Array.from({ length: 99 }, () => withCode("53100")),
		);

		const verdict = stage.deliver(named("waits"));
		await until(() => stage.warned.length > 0, { what: "it to be said" });
		stage.receiver.stop();

		expect(await verdict).toEqual({ kind: "left" });
		expect(stage.failed).toEqual([]);
	});

	test("what fails when the consumer has been stopped is left, and no failure", async () => {
		const stage = stageOf();
		stage.mishaps.set("stopped", [
			async () => {
				stage.receiver.stop();
				throw new Error("No paper");
			},
		]);

		expect(await stage.deliver(named("stopped"))).toEqual({ kind: "left" });
		expect([stage.failed, stage.warned]).toEqual([[], []]);
	});
});

describe("a receiver", () => {
	test("is busy while something waits for its verdict", async () => {
		const stage = stageOf();
		let end!: () => void;
		stage.mishaps.set("slow", [() => new Promise<void>((resolve) => (end = resolve))]);

		const before = stage.receiver.isBusy();
		const verdict = stage.deliver(named("slow"));
		await until(() => end !== undefined, { what: "it to be begun" });
		const meanwhile = stage.receiver.isBusy();
		end();
		await verdict;

		expect([before, meanwhile, stage.receiver.isBusy()]).toEqual([false, true, false]);
	});

	test("that lets go leaves what it holds, and takes what comes then", async () => {
		const stage = stageOf({ db: awayFor(database, Infinity) });
		stage.mishaps.set("held", [withCode("ECONNRESET")]);

		const held = stage.deliver(named("held"));
		await until(() => stage.begun.length > 0, { what: "an attempt" });
		stage.receiver.letGo();

		expect(await held).toEqual({ kind: "left" });
		expect(await stage.deliver(named("fine"))).toEqual({ kind: "done" });
	});

	test("that has stopped takes nothing", async () => {
		const stage = stageOf();
		stage.receiver.stop();

		expect(await stage.deliver(named("late"))).toEqual({ kind: "left" });
		expect(stage.begun).toEqual([]);
	});
});

describe("what can't be handled here", () => {
	const unreadable = (letter: Letter): Partial<Delivery> => ({ body: Buffer.from("{"), messageId: letter.event_id });

	test("because nobody can read it is dead, and noted by its id", async () => {
		const stage = stageOf();
		const letter = named("torn");

		expect(await stage.deliver(letter, unreadable(letter))).toMatchObject({ kind: "dead" });

		expect(stage.failed).toEqual([noteOf(letter, undefined)]);
		expect(["delivered", "buried"].map(stage.counted)).toEqual([0, 1]);
		expect(stage.warned).toEqual([expect.stringContaining(`An event on ${stage.queue.name} can't be handled:`)]);
		expect(stage.warned[0]).toContain(letter.event_id);
	});

	test.each([undefined, "no uuid"])("and has %p for its id is not noted", async (messageId) => {
		const stage = stageOf();
		const letter = named("torn");

		expect(await stage.deliver(letter, { ...unreadable(letter), messageId })).toMatchObject({ kind: "dead" });
		expect(stage.failed).toEqual([]);
	});

	const unknown = (letter: Letter): Letter => ({ ...letter, event_type: "LetterBurnt" });
	const newer = (letter: Letter): Letter => ({ ...letter, version: 9 });
	const elsewhere = { routingKey: "letter.burnt" };

	test("because nobody knows its type is ignored, where it came by a key of this queue", async () => {
		const stage = stageOf();

		expect(await stage.deliver(unknown(named("burnt")))).toEqual({ kind: "done" });
		expect(["ignored", "buried", "retried", "delivered"].map(stage.counted)).toEqual([1, 0, 0, 0]);
	});

	test("of a version that nobody knows is dead, where it came by a key of this queue", async () => {
		const stage = stageOf();

		expect(await stage.deliver(newer(named("newer")))).toMatchObject({ kind: "dead" });
	});

	test.each([
		["type", unknown, "its type is not known here, and it came by letter.burnt"],
		["version", newer, "version"],
	])("but came by the key of a newer node, by its %s, goes round until that one gets it", async (_, made, what) => {
		const stage = stageOf();
		const letter = made(named("newer"));

		const verdicts = [];
		for (const attempt of [1, 2, 3]) verdicts.push(await stage.deliver(letter, { ...elsewhere, attempt }));

		const retry = { kind: "retry", failure: { code: "UNKNOWN_EVENT", message: expect.stringContaining(what) } };
		expect(verdicts).toMatchObject([retry, retry, { kind: "done" }]);
		expect(stage.failed.map(({ backInMs }) => backInMs)).toEqual([40, 80]);
		expect(["ignored", "retried", "buried"].map(stage.counted)).toEqual([1, 2, 0]);
		expect(stage.warned).toHaveLength(1);
		expect(stage.warned[0]).toContain("ignores an event that no node has taken which knows it");
		expect(stage.warned[0]).toContain(letter.event_id);
		expect(stage.warned[0]).toContain("letter.burnt");
	});
});
