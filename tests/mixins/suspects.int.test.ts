import type { Database } from "../../mixins/database/database";
import { RETURNS_MAX } from "../../mixins/events/suspects";
import type { QueueSpec } from "../../mixins/events/topology";
import { areUpTo, pausesOver } from "../support/pauses";
import { until } from "../support/until";
import { mixinDatabase, type MixinDatabase } from "./mixin-database";
import { prepareReading, type Letter } from "./reading.stage";
import { named, receiverStage, withCode, type ReceiverStage, type StageOptions } from "./receiver.stage";

let database: MixinDatabase;
const stageOf = (its?: Partial<QueueSpec> & StageOptions): ReceiverStage => receiverStage(database, its);

beforeAll(async () => {
	database = await mixinDatabase({ readers: ["create_event_tables"] });
	await prepareReading(database);
});

afterEach(() => jest.restoreAllMocks());
afterAll(() => database[Symbol.asyncDispose]());

describe("a suspect", () => {
	const suspect = { returned: RETURNS_MAX };

	async function notesOf({ event_id }: Letter): Promise<string[]> {
		const rows = await database.ask<{ process: string }>(
			"SELECT process FROM readers.inbox_suspects WHERE event_id = $1 ORDER BY process",
			[event_id],
		);
		return rows.map(({ process }) => process);
	}

	const blame = ({ queue }: ReceiverStage, { event_id }: Letter, processes: readonly string[]): Promise<unknown> =>
		database.ask("INSERT INTO readers.inbox_suspects (consumer, event_id, process) SELECT $1, $2, unnest($3::text[])", [
			queue.name,
			event_id,
			processes,
		]);

	test("is noted before it is begun, alone, and the note goes when it is over", async () => {
		const stage = stageOf();
		const letter = named("suspect");
		let noted: string[] = [];
		stage.mishaps.set("suspect", [async () => void (noted = await notesOf(letter))]);
		await blame(stage, letter, ["dead/1"]);

		expect(await stage.deliver(letter, suspect)).toEqual({ kind: "done" });
		expect([noted, await notesOf(letter)]).toEqual([["dead/1", stage.process], []]);
	});

	test("that fails and comes again has been survived by this process, which says nothing of the others", async () => {
		const stage = stageOf();
		const letter = named("fails");
		stage.mishaps.set("fails", [new Error("No paper")]);
		await blame(stage, letter, ["dead/1"]);

		expect(await stage.deliver(letter, suspect)).toMatchObject({ kind: "retry" });
		expect(await notesOf(letter)).toEqual(["dead/1"]);
	});

	test("of which five processes have died is dead, with their names, and is not begun again", async () => {
		const stage = stageOf();
		const letter = named("kills");
		const dead = ["dead/1", "dead/2", "dead/3", "dead/4", "dead/5"];
		await blame(stage, letter, dead);

		expect(await stage.deliver(letter, suspect)).toMatchObject({
			kind: "dead",
			failure: {
				code: "KILLED_ITS_CONSUMER",
				message: `5 processes have died while they handled it: ${dead.join(", ")}`,
			},
		});
		expect([stage.begun, await notesOf(letter)]).toEqual([[], []]);
	});

	test("that came back less often is none", async () => {
		const stage = stageOf();
		const letter = named("no suspect");
		let noted: string[] | undefined;
		stage.mishaps.set("no suspect", [async () => void (noted = await notesOf(letter))]);

		await stage.deliver(letter, { returned: RETURNS_MAX - 1 });

		expect(noted).toEqual([]);
	});

	test("waits until no other one is in hand", async () => {
		const stage = stageOf();
		let end!: () => void;
		stage.mishaps.set("first", [() => new Promise<void>((resolve) => (end = resolve))]);

		const first = stage.deliver(named("first"), suspect);
		await until(() => end !== undefined, { what: "the first to be begun" });
		const others = ["second", "third", "fourth"].map((text) => stage.deliver(named(text), suspect));
		await database.ask("SELECT 1");
		const meanwhile = [...stage.begun];
		end();
		await Promise.all([first, ...others]);

		expect([meanwhile, stage.begun.length]).toEqual([["first"], 4]);
	});

	test("keeps its note while the database can't be told, which is done later", async () => {
		const db = Object.create(database.db) as Database;
		let refusals = 2;
		db.query = async (statement, values) => {
			if (statement.name.endsWith("suspects.over") && refusals-- > 0) throw withCode("ECONNRESET");
			return database.db.query(statement, values);
		};
		const stage = stageOf({ db });
		const letter = named("told later");
		const pauses = pausesOver();

		expect(await stage.deliver(letter, suspect)).toEqual({ kind: "done" });
		await until(async () => (await notesOf(letter)).length === 0, { what: "the note to go" });

		expect(areUpTo(pauses, [200, 400])).toBe(true);
		expect(pauses.every(({ isStoppable, isKeeping }) => isStoppable && !isKeeping)).toBe(true);
	});

	test("keeps its note when the service stops before the database could be told", async () => {
		const db = Object.create(database.db) as Database;
		let asked = 0;
		db.query = async (statement, values) => {
			if (statement.name.endsWith("suspects.over") && ++asked > 0) throw withCode("ECONNRESET");
			return database.db.query(statement, values);
		};
		const stage = stageOf({ db });
		const letter = named("never told");

		pausesOver();

		await stage.deliver(letter, suspect);
		stage.stop();
		for (let turns = 0; turns < 10; turns++) await new Promise(setImmediate);

		expect([asked, await notesOf(letter)]).toEqual([1, [stage.process]]);
	});
});
