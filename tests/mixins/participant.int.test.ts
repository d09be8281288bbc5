import { randomUUID } from "node:crypto";
import { ServiceBroker } from "moleculer";
import type { Transaction } from "../../mixins/database/database";
import { Database } from "../../mixins/database/database.mixin";
import { sql } from "../../mixins/database/statement";
import { participantOf, StepUndoneError, type Operation } from "../../mixins/saga/participant";
import { SagaParticipant } from "../../mixins/saga/participant.mixin";
import { participantRetention } from "../../mixins/saga/retention";
import { until } from "../support/until";
import { mixinDatabase, type MixinDatabase } from "./mixin-database";
import { gate } from "./transport.stage";

const hotel = participantOf("hotel");
const note = sql("test.note", "INSERT INTO hotel.effects (saga_id, what) VALUES ($1, $2)");
let database: MixinDatabase;

beforeAll(async () => {
	database = await mixinDatabase({ hotel: ["create_saga_participant_tables"] });
	await database.ask("CREATE TABLE hotel.effects (seq serial, saga_id uuid, what text)");
});

afterAll(() => database[Symbol.asyncDispose]());

/** One step of a new saga, with an operation for each direction, as the engine makes them. */
function newStep(): { doing: Operation; undoing: Operation } {
	const sagaId = randomUUID();
	return {
		doing: { sagaId, step: "book a room", operationId: randomUUID() },
		undoing: { sagaId, step: "book a room", operationId: randomUUID() },
	};
}

const doIt = (operation: Operation, answer: unknown = { room: 7 }): Promise<unknown> =>
	database.db.transaction((tx) => doIn(tx, operation, answer));

const doIn = (tx: Transaction, operation: Operation, answer: unknown): Promise<unknown> =>
	hotel.doOnce(tx, operation, async () => {
		await tx.query(note, [operation.sagaId, "booked"]);
		return answer;
	});

const undoIt = (operation: Operation): Promise<void> =>
	database.db.transaction((tx) =>
		hotel.undoOnce(tx, operation, async () => {
			await tx.query(note, [operation.sagaId, "cancelled"]);
		}),
	);

async function effects({ sagaId }: Operation): Promise<string[]> {
	const rows = await database.ask<{ what: string }>("SELECT what FROM hotel.effects WHERE saga_id = $1 ORDER BY seq", [
		sagaId,
	]);
	return rows.map(({ what }) => what);
}

const clock = sql("test.clock", "SELECT clock_timestamp()::text AS now");
const writtenAfter = sql(
	"test.written_after",
	"SELECT updated_at > $2::timestamptz AS is FROM hotel.saga_state WHERE saga_id = $1",
);

test.each(["leaveOut", "doOnce"] as const)(
	"a step that is settled (%s) is so since it was written, however long its transaction had to wait before",
	async (how) => {
		const { doing } = newStep();

		const isLater = await database.db.transaction(async (tx) => {
			const [{ now }] = (await tx.query<{ now: string }>(clock)) as [{ now: string }];
			if (how === "doOnce") await hotel.doOnce(tx, doing, () => Promise.resolve());
			else await hotel.leaveOut(tx, doing);
			return tx.query(writtenAfter, [doing.sagaId, now]);
		});

		expect(isLater).toEqual([{ is: true }]);
	},
);

const log = ({ sagaId }: Operation) =>
	database.ask("SELECT operation_id, direction, outcome, answer FROM hotel.saga_log WHERE saga_id = $1 ORDER BY at", [
		sagaId,
	]);

test("a step is done once, and its repetition gets the first answer", async () => {
	const { doing } = newStep();

	const answers = [await doIt(doing), await doIt(doing, { room: 8 })];

	expect(answers).toEqual([{ room: 7 }, { room: 7 }]);
	expect(await effects(doing)).toEqual(["booked"]);
	expect(await log(doing)).toEqual([
		{ operation_id: doing.operationId, direction: "do", outcome: "DONE", answer: { room: 7 } },
	]);
});

test("done by ten at the same time, it is done once, and all get one answer", async () => {
	const { doing } = newStep();

	const answers = await Promise.all(Array.from({ length: 10 }, (_, room) => doIt(doing, { room })));

	expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
	expect(await effects(doing)).toEqual(["booked"]);
});

test("a step that answers nothing is remembered as well", async () => {
	const { doing } = newStep();

	await doIt(doing, null);

	expect(await doIt(doing, { room: 7 })).toBeNull();
	expect(await effects(doing)).toEqual(["booked"]);
});

test("a doing that fails is as if it had never begun, and can be done then", async () => {
	const { doing } = newStep();

	const failing = database.db.transaction(async (tx) => {
		await doIn(tx, doing, "half");
		throw new Error("the pen broke");
	});
	await expect(failing).rejects.toThrow("the pen broke");

	expect(await doIt(doing, "whole")).toBe("whole");
	expect(await effects(doing)).toEqual(["booked"]);
});

test("what was done is undone once, however often", async () => {
	const { doing, undoing } = newStep();
	await doIt(doing);

	await undoIt(undoing);
	await undoIt(undoing);

	expect(await effects(doing)).toEqual(["booked", "cancelled"]);
	expect(await log(doing)).toMatchObject([
		{ operation_id: doing.operationId, direction: "do", outcome: "DONE" },
		{ operation_id: undoing.operationId, direction: "undo", outcome: "UNDONE" },
	]);
});

test("an undo that comes first has nothing to undo, and a doing that comes late is refused for good", async () => {
	const { doing, undoing } = newStep();

	await undoIt(undoing);
	await expect(doIt(doing)).rejects.toThrow(StepUndoneError);
	await expect(doIt(doing)).rejects.toMatchObject({
		code: 409,
		type: "SAGA_STEP_UNDONE",
		retryable: false,
		message: `"book a room" of the saga ${doing.sagaId} was undone and can't be done any more`,
	});

	expect(await effects(doing)).toEqual([]);
	expect(await log(doing)).toMatchObject([{ direction: "undo", outcome: "NEVER_HAPPENED" }]);
});

test("what was done and undone can't be done again", async () => {
	const { doing, undoing } = newStep();
	await doIt(doing);
	await undoIt(undoing);

	await expect(doIt(doing)).rejects.toThrow(StepUndoneError);

	expect(await effects(doing)).toEqual(["booked", "cancelled"]);
});

test("done and undone at the same time, it ends undone: either both took effect or neither", async () => {
	for (let round = 0; round < 20; round++) {
		const { doing, undoing } = newStep();

		await Promise.allSettled([doIt(doing), undoIt(undoing), doIt(doing), undoIt(undoing)]);

		expect([[], ["booked", "cancelled"]]).toContainEqual(await effects(doing));
		await expect(doIt(doing)).rejects.toThrow(StepUndoneError);
	}
});

test("an undo waits for a doing that is under way, and then undoes it", async () => {
	const { doing, undoing } = newStep();
	const [begun, finish] = [gate(), gate()];
	const slow = database.db.transaction(async (tx) => {
		await doIn(tx, doing, "slow");
		begun.open();
		await finish.opened;
	});
	await begun.opened;

	const undone = undoIt(undoing);
	finish.open();
	await Promise.all([slow, undone]);

	expect(await effects(doing)).toEqual(["booked", "cancelled"]);
});

test("the same step of another saga, and another step of the same saga, are other steps", async () => {
	const { doing } = newStep();
	await doIt(doing, "first");

	expect(await doIt(newStep().doing, "of another saga")).toBe("of another saga");
	expect(await doIt({ ...doing, step: "book a table", operationId: randomUUID() }, "another step")).toBe(
		"another step",
	);
});

describe("work that can't be in one transaction", () => {
	const begin = (operation: Operation): Promise<void> => database.db.transaction((tx) => hotel.begin(tx, operation));

	test("may begin again after a crash, and is done once", async () => {
		const { doing } = newStep();

		await begin(doing);
		await begin(doing);
		await doIt(doing);
		await begin(doing);

		expect(await doIt(doing)).toEqual({ room: 7 });
		expect(await effects(doing)).toEqual(["booked"]);
	});

	test("that was undone in between can neither begin nor be done", async () => {
		const { doing, undoing } = newStep();

		await begin(doing);
		await undoIt(undoing);

		await expect(begin(doing)).rejects.toThrow(StepUndoneError);
		await expect(doIt(doing)).rejects.toThrow(StepUndoneError);
	});
});

test("a step that somebody has decided to leave out can't be done afterwards, and one that is done stays done", async () => {
	const [left, done] = [newStep(), newStep()];
	await doIt(done.doing);

	for (const { undoing } of [left, left, done]) {
		await database.db.transaction((tx) => hotel.leaveOut(tx, undoing));
	}

	await expect(doIt(left.doing)).rejects.toThrow(StepUndoneError);
	expect(await hotel.undoneForMs(database.db, left.doing)).toBeGreaterThanOrEqual(0);
	expect(await log(left.doing)).toMatchObject([{ direction: "undo", outcome: "NEVER_HAPPENED" }]);
	expect(await doIt(done.doing)).toEqual({ room: 7 });
	expect(await hotel.undoneForMs(database.db, done.doing)).toBeUndefined();
});

describe("what was done for sagas long ago", () => {
	/** As if all of it, or of some sagas, had been done 91 days ago. */
	const age = async (...steps: { doing: Operation }[]): Promise<void> => {
		const ids = steps.map(({ doing }) => doing.sagaId);
		const ago = "now() - interval '91 days'";
		await database.ask(`UPDATE hotel.saga_log SET at = ${ago} WHERE saga_id = ANY ($1)`, [ids]);
		await database.ask(`UPDATE hotel.saga_state SET updated_at = ${ago} WHERE saga_id = ANY ($1)`, [ids]);
	};
	const remembered = async (...steps: { doing: Operation }[]): Promise<(string | undefined)[]> => {
		const ids = steps.map(({ doing }) => doing.sagaId);
		const rows = await database.ask<{ saga_id: string; state: string }>(
			"SELECT saga_id, state FROM hotel.saga_state WHERE saga_id = ANY ($1)",
			[ids],
		);
		return ids.map((id) => rows.find(({ saga_id }) => saga_id === id)?.state);
	};
	const begun = async (): Promise<ReturnType<typeof newStep>> => {
		const step = newStep();
		await doIt(step.doing);
		return step;
	};
	const retentionWhere = (isOver: (sagaId: string) => boolean) =>
		participantRetention(database.db, "hotel", async (ids) => ids.filter((id) => isOver(id)));

	// A sweep looks at so many sagas, in no order: which ones must not depend on what another test has left.
	beforeEach(() => database.ask("TRUNCATE hotel.saga_state, hotel.saga_log"));

	test("is cleared away when the saga is over, and what was undone since is not", async () => {
		const [old, mixed, recent] = [await begun(), await begun(), await begun()];
		await age(old, mixed);
		await undoIt(mixed.undoing);

		await retentionWhere(() => true).sweep(90);

		expect(await remembered(old, mixed, recent)).toEqual([undefined, "UNDONE", "DONE"]);
	});

	test("is kept for as long as the saga is not over, however old, so that it can be undone", async () => {
		const [waiting, over] = [await begun(), await begun()];
		await age(waiting, over);
		const retention = retentionWhere((id) => id !== waiting.doing.sagaId);

		for (let sweep = 0; sweep < 3; sweep++) await retention.sweep(90);

		expect(await remembered(waiting, over)).toEqual(["DONE", undefined]);
		await undoIt(waiting.undoing);
		expect(await effects(waiting.doing)).toEqual(["booked", "cancelled"]);
	});

	test("is cleared away in the end, also behind a whole batch of sagas that are not over", async () => {
		const waiting = await Promise.all(Array.from({ length: 210 }, begun));
		const over = await begun();
		await age(...waiting, over);
		const isOver = (id: string) => id === over.doing.sagaId;
		const retention = retentionWhere(isOver);

		for (let sweep = 0; sweep < 3; sweep++) await retention.sweep(90);

		expect(await remembered(over)).toEqual([undefined]);
		expect(new Set(await remembered(...waiting))).toEqual(new Set(["DONE"]));
	});

	test("is cleared away when the saga is over at last, which it was not when somebody asked", async () => {
		const step = await begun();
		await age(step);
		let isOver = false;
		const retention = retentionWhere(() => isOver);

		// Once for the saga, and once to find that there is no other.
		for (let sweep = 0; sweep < 2; sweep++) await retention.sweep(90);
		isOver = true;
		await retention.sweep(90);

		expect(await remembered(step)).toEqual([undefined]);
	});

	test("is kept while nobody can say whether the saga is over", async () => {
		const step = await begun();
		await age(step);
		const away = new Error("Service 'hotels.sagasOver' is not available");

		const sweeping = participantRetention(database.db, "hotel", () => Promise.reject(away)).sweep(90);

		await expect(sweeping).rejects.toBe(away);
		expect(await remembered(step)).toEqual(["DONE"]);
	});

	test("is cleared away by the mixin, a minute after the start, as the service says that owns the sagas", async () => {
		const [waiting, over] = [await begun(), await begun()];
		await age(waiting, over);
		const broker = new ServiceBroker({ logger: false });
		broker.createService({
			name: "journeys",
			actions: { sagasOver: () => [over.doing.sagaId] },
		});
		broker.createService({
			name: "hotel",
			mixins: [
				SagaParticipant({ schema: "hotel", historyDays: 90, owner: "journeys" }),
				Database({ url: database.url }),
			],
		});

		const sweeps = jest.spyOn(globalThis, "setInterval");
		await broker.start();
		try {
			const sweep = sweeps.mock.calls.find(([, ms]) => ms === 60_000)![0];
			sweep();
			await until(async () => (await remembered(over))[0] === undefined, { what: "the old rows to be cleared away" });
		} finally {
			sweeps.mockRestore();
			await broker.stop();
		}

		expect(await remembered(waiting)).toEqual(["DONE"]);
	});

	test("is kept for 15 days at least: the event that begins its saga may be on its way for that long", async () => {
		const step = await begun();
		const ago = "now() - interval '14 days'";
		await database.ask(`UPDATE hotel.saga_log SET at = ${ago} WHERE saga_id = $1`, [step.doing.sagaId]);
		await database.ask(`UPDATE hotel.saga_state SET updated_at = ${ago} WHERE saga_id = $1`, [step.doing.sagaId]);

		await retentionWhere(() => true).sweep(1);

		expect(await remembered(step)).toEqual(["DONE"]);
	});
});
