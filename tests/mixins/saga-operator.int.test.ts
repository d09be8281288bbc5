import type { Act } from "../../mixins/saga/act";
import { step } from "../../mixins/saga/definition";
import { sagaRetention } from "../../mixins/saga/retention";
import { openAgency, type Agency, type Moods, type TripNode } from "./saga.stage";

let agency: Agency;
let node: TripNode;

beforeAll(async () => {
	agency = await openAgency();
	node = agency.openNode("one");
});

afterAll(() => agency[Symbol.asyncDispose]());

const ALL_DONE = ["do file", "do hotel", "do flight", "do car", "do money"];
const decision = { by: "grace@console", reason: "the agency called" };

/** Past the pivot: the tickets are refused. */
const STUCK_FORWARD: Moods = { "do tickets": ["refuses"] };
/** On the way back: the car is refused, and the hotel does not take the booking back. */
const STUCK_BACK: Moods = { "do car": ["refuses"], "undo hotel": ["refuses"] };

async function stuck(moods: Moods): Promise<string> {
	const id = await node.begin(moods);
	await agency.until(id, "NEEDS_OPERATOR");
	return id;
}

const decide = (act: Act, id: string, step?: string, by = node) => by.engine.act({ act, sagaId: id, step, decision });

describe("past the pivot", () => {
	test("a retry gives the step fresh attempts, and the saga its way to the end", async () => {
		const id = await stuck(STUCK_FORWARD);
		agency.change(id, {});

		await decide("retry", id);

		expect(await agency.until(id, "COMPLETED")).toMatchObject({ failure_reason: null });
		expect(await agency.effects(id)).toEqual([...ALL_DONE, "do tickets"]);
		expect((await agency.log(id)).slice(-5)).toEqual([
			"send the tickets: do 1 STARTED",
			"send the tickets: do 1 REFUSED",
			"send the tickets: do 1 RETRIED",
			"send the tickets: do 1 STARTED",
			"send the tickets: do 1 SUCCEEDED",
		]);
	});

	test("a retry that changes nothing waits for an operator again", async () => {
		const id = await stuck(STUCK_FORWARD);

		await decide("retry", id);
		await agency.waitFor("the second refusal", async () => (await agency.log(id)).length === 13);

		expect(await agency.until(id, "NEEDS_OPERATOR")).toMatchObject({ failure_reason: "FULLY_BOOKED" });
	});

	test("a skipped step is not done, nothing is said to be reached by it, and the saga ends", async () => {
		const id = await stuck(STUCK_FORWARD);

		await decide("skip", id, "send the tickets");

		expect(await agency.trip(id)).toEqual({ status: "COMPLETED", failure_reason: null });
		expect(await agency.effects(id)).toEqual(ALL_DONE);
		expect(await agency.reached(id)).toEqual(["HOTEL", "FLIGHT", "CAR", "PAID"]);
	});

	test("what was seen to by hand is said to be reached, and is not done by the saga", async () => {
		const id = await stuck(STUCK_FORWARD);

		await decide("complete", id);

		expect(await agency.trip(id)).toEqual({ status: "COMPLETED", failure_reason: null });
		expect(await agency.effects(id)).toEqual(ALL_DONE);
		expect(await agency.reached(id)).toEqual(["HOTEL", "FLIGHT", "CAR", "PAID", "SENT"]);
	});
});

describe("on the way back", () => {
	test("a retry undoes all that is left, and the saga keeps the reason of its failure", async () => {
		const id = await stuck(STUCK_BACK);
		agency.change(id, {});

		await decide("retry", id);

		expect(await agency.until(id, "COMPENSATED")).toMatchObject({ failure_reason: "FULLY_BOOKED" });
		expect((await agency.effects(id)).slice(3)).toEqual(["undo flight", "undo hotel", "undo file"]);
	});

	test("a skipped undo is left out, and the others go on in reverse order", async () => {
		const id = await stuck(STUCK_BACK);

		await decide("skip", id, "book the hotel");

		await agency.until(id, "COMPENSATED");
		expect((await agency.effects(id)).slice(3)).toEqual(["undo flight", "undo file"]);
		expect(await agency.reached(id)).toEqual(["HOTEL", "FLIGHT", "FAILED", "COMPENSATED"]);
	});

	test("what was undone by hand counts as undone, all of it", async () => {
		const id = await stuck(STUCK_BACK);

		await decide("complete", id);

		expect(await agency.trip(id)).toEqual({ status: "COMPENSATED", failure_reason: "FULLY_BOOKED" });
		expect((await agency.effects(id)).slice(3)).toEqual(["undo flight"]);
		expect(await agency.reached(id)).toEqual(["HOTEL", "FLIGHT", "FAILED", "COMPENSATED"]);
	});
});

test("the log keeps who decided what, and why", async () => {
	const id = await stuck(STUCK_FORWARD);

	await decide("skip", id, "send the tickets");

	const { timeline } = await agency.views.story(id);
	expect(timeline.at(-1)).toMatchObject({
		step: "send the tickets",
		outcome: "SKIPPED",
		detail: decision,
		node: "one",
	});
});

describe("a saga that only waits for somebody who is away", () => {
	const waits = async (moods: Moods): Promise<string> => {
		const id = await node.begin(moods);
		await agency.waitFor("the second look", async () => (await agency.looks(id)) >= 2);
		return id;
	};

	test.each<[Act, string[]]>([
		["skip", ["HOTEL", "FLIGHT", "CAR", "PAID"]],
		["complete", ["HOTEL", "FLIGHT", "CAR", "PAID", "SENT"]],
	])("takes %s past the pivot, also while it is just asking again", async (act, reached) => {
		const id = await waits({ "do tickets": ["away"] });

		await decide(act, id, "send the tickets");

		expect(await agency.trip(id)).toEqual({ status: "COMPLETED", failure_reason: null });
		expect(await agency.reached(id)).toEqual(reached);
	});

	test("takes a skip of an undo", async () => {
		const id = await waits({ "do car": ["refuses"], "undo hotel": ["away"] });

		await decide("skip", id, "book the hotel");

		await agency.until(id, "COMPENSATED");
		expect((await agency.effects(id)).slice(3)).toEqual(["undo flight", "undo file"]);
	});

	test("is tried again at once by a retry, and before the pivot nothing of it is left out", async () => {
		const id = await waits({ "do hotel": ["away"] });

		for (const act of ["skip", "complete"] as const) {
			await expect(decide(act, id, "book the hotel")).rejects.toMatchObject({ type: "SAGA_ACT_REFUSED" });
		}
		agency.change(id, {});
		await decide("retry", id);

		await agency.until(id, "COMPLETED");
	});
});

describe("an act is done once", () => {
	test.each<[Act, Moods]>([
		["retry", STUCK_BACK],
		["skip", STUCK_BACK],
		["complete", STUCK_BACK],
	])("%s, by two operators on two nodes, five times each", async (act, moods) => {
		const other = agency.openNode(`other ${act}`);
		const id = await stuck(moods);
		agency.change(id, { "undo file": ["refuses"] });

		const acts = Array.from({ length: 10 }, (_, n) => decide(act, id, "book the hotel", n % 2 ? node : other));
		const settled = await Promise.allSettled(acts);

		const refused = settled.flatMap((each) =>
			each.status === "rejected" ? [(each.reason as { type: string }).type] : [],
		);
		expect(refused).toHaveLength(9);
		expect(new Set([...refused, "SAGA_NOT_WAITING", "SAGA_MOVED_ON"])).toEqual(
			new Set(["SAGA_NOT_WAITING", "SAGA_MOVED_ON"]),
		);
		const acted = (await agency.log(id)).filter((line) => /RETRIED|SKIPPED|COMPLETED_BY_HAND/.test(line));
		expect(acted).toHaveLength(1);
	});

	test("a second skip does not skip the step after it", async () => {
		const id = await stuck({ ...STUCK_BACK, "undo file": ["refuses"] });

		await decide("skip", id, "book the hotel");
		await agency.until(id, "NEEDS_OPERATOR");

		await expect(decide("skip", id, "book the hotel")).rejects.toMatchObject({ type: "SAGA_MOVED_ON", code: 409 });
		expect((await agency.log(id)).at(-1)).toBe("open the file: undo 1 REFUSED");
	});

	test("a saga that is worked on, one that has ended and one that never was take none", async () => {
		const resting = agency.openNode("resting");
		await resting.stop();
		const working = await resting.begin();
		const ended = await node.begin();
		await agency.until(ended, "COMPLETED");

		for (const act of ["retry", "skip", "complete"] as const) {
			await expect(decide(act, working)).rejects.toMatchObject({ type: "SAGA_NOT_WAITING" });
			await expect(decide(act, ended)).rejects.toMatchObject({ type: "SAGA_NOT_WAITING" });
			await expect(decide(act, "00000000-0000-4000-8000-000000000000")).rejects.toMatchObject({ code: 404 });
		}
		await node.engine.sweep();
		await agency.until(working, "COMPLETED");
	});

	test("a node that dies right after it leaves the saga to the others", async () => {
		const mortal = agency.openNode("mortal", {
			...agency.database.db,
			async transaction(work) {
				await agency.database.db.transaction(work);
				throw new Error("The process was killed");
			},
		});
		const id = await stuck(STUCK_FORWARD);
		agency.change(id, {});

		await expect(decide("retry", id, undefined, mortal)).rejects.toThrow("killed");
		await agency.expireLeases();
		await node.engine.sweep();

		await agency.until(id, "COMPLETED");
		expect((await agency.effects(id)).filter((what) => what === "do tickets")).toHaveLength(1);
	});
});

describe("another version of the program", () => {
	const withoutHotel = (steps: Parameters<NonNullable<Parameters<Agency["openNode"]>[2]>>[0]) =>
		steps.filter(({ name }) => name !== "book the hotel");
	const due = (id: string, seconds: number) =>
		agency.database.ask("UPDATE trips.saga_state SET wake_at = now() - $2 * interval '1 second' WHERE saga_id = $1", [
			id,
			seconds,
		]);

	test("that does not know a saga's step leaves it alone, and works on the others", async () => {
		const [unknown, known] = [await node.begin({ "do hotel": ["away"] }), await node.begin({ "do flight": ["away"] })];
		await node.stop();
		const old = agency.openNode("old", undefined, withoutHotel);
		agency.change(known, {});
		await agency.expireLeases();
		await due(known, 1);
		await due(unknown, 1);

		await old.engine.sweep();
		await old.engine.strand();
		await agency.until(known, "COMPLETED");

		expect(await agency.trip(unknown)).toEqual({ status: "RUNNING", failure_reason: null });
		await old.stop();
		node = agency.openNode("one again");
		agency.change(unknown, {});
		await node.engine.sweep();
		await agency.until(unknown, "COMPLETED");
	});

	test("a saga whose step nobody knows waits for an operator, until a version that knows it is back", async () => {
		const id = await node.begin({ "do hotel": ["away"] });
		await agency.waitFor("the first look", async () => (await agency.log(id)).includes("book the hotel: do 1 AWAY"));
		await node.stop();
		const old = agency.openNode("old again", undefined, withoutHotel);
		await due(id, 40);

		await old.engine.strand();

		expect(await agency.trip(id)).toEqual({ status: "NEEDS_OPERATOR", failure_reason: "UNKNOWN_STEP" });
		expect((await agency.log(id)).at(-1)).toBe("book the hotel: do 1 UNKNOWN");
		await expect(decide("retry", id, undefined, old)).rejects.toMatchObject({ type: "SAGA_ACT_REFUSED" });
		node = agency.openNode("one once more");
		agency.change(id, {});
		await expect(decide("skip", id, "book the hotel")).rejects.toMatchObject({ type: "SAGA_ACT_REFUSED" });
		await decide("retry", id);
		expect(await agency.until(id, "COMPLETED")).toMatchObject({ failure_reason: null });
	});

	test("that has a new step in front goes on at the step that the saga stood at", async () => {
		const id = await node.begin({ "do flight": ["away"] });
		await agency.waitFor("the flight to be away", async () =>
			(await agency.log(id)).includes("book the flight: do 1 AWAY"),
		);
		await node.stop();
		const none = async (): Promise<void> => undefined;
		const newer = agency.openNode("newer", undefined, ([file, ...steps]) => [
			file!,
			step("order a taxi", { do: none, undo: none }),
			...steps,
		]);
		agency.change(id, {});
		await due(id, 1);

		await newer.engine.sweep();
		await agency.until(id, "COMPLETED");

		expect(await agency.effects(id)).toEqual([...ALL_DONE, "do tickets"]);
		expect((await agency.log(id)).filter((line) => line.startsWith("order a taxi"))).toEqual([]);
		await newer.stop();
		node = agency.openNode("the last one");
	});
});

describe("what an operator sees", () => {
	test("the list has what fails, and not what goes well or has ended", async () => {
		const waiting = await stuck(STUCK_FORWARD);
		const failing = await node.begin({ "do hotel": ["away"] });
		const ended = await node.begin();
		await agency.until(ended, "COMPLETED");
		await agency.waitFor("the first look", async () =>
			(await agency.log(failing)).includes("book the hotel: do 1 AWAY"),
		);

		const listed = await agency.views.list({ filter: "failing", saga: "trip", limit: 100 });
		const ids = listed.map(({ sagaId }) => sagaId);
		expect(ids).toEqual(expect.arrayContaining([waiting, failing]));
		expect(ids).not.toContain(ended);
		expect(listed.find(({ sagaId }) => sagaId === waiting)).toMatchObject({
			status: "NEEDS_OPERATOR",
			step: "send the tickets",
			direction: "do",
			failureReason: "FULLY_BOOKED",
			lastError: { step: "send the tickets", reason: "FULLY_BOOKED", message: "There is no room" },
		});
		expect((await agency.views.list({ filter: "waiting", limit: 100 })).map(({ sagaId }) => sagaId)).not.toContain(
			failing,
		);
		agency.change(failing, {});
		await agency.until(failing, "COMPLETED");
	});

	test("a story tells each attempt with what it had to go by, what came of it, who did it and when", async () => {
		const id = await node.begin({ "do car": ["refuses"] });
		await agency.until(id, "COMPENSATED");

		const { data, timeline, ...saga } = await agency.views.story(id);

		expect(saga).toMatchObject({ saga: "trip", status: "COMPENSATED", failureReason: "FULLY_BOOKED" });
		expect(data).toEqual({ name: "Ada" });
		expect(timeline[0]).toMatchObject({
			step: "book the hotel",
			direction: "do",
			attempt: 1,
			outcome: "STARTED",
			detail: { name: "Ada" },
			at: expect.any(Date),
			node: expect.any(String),
		});
		expect(timeline.find(({ outcome }) => outcome === "REFUSED")).toMatchObject({
			step: "book the car",
			detail: { reason: "FULLY_BOOKED", message: "There is no room" },
		});
	});
});

test("sagas that ended long ago are cleared away with their logs; those that wait for an operator are kept", async () => {
	const ended = await node.begin();
	const recent = await node.begin();
	const waiting = await stuck(STUCK_FORWARD);
	await Promise.all([agency.until(ended, "COMPLETED"), agency.until(recent, "COMPLETED")]);
	await agency.database.ask(
		"UPDATE trips.saga_state SET updated_at = now() - interval '91 days' WHERE saga_id = ANY ($1)",
		[[ended, waiting]],
	);

	const removed = await sagaRetention(agency.database.db, "trips").sweep(90);

	expect(removed).toBe(1);
	expect(await agency.log(ended)).toEqual([]);
	expect(await agency.trip(ended)).toBeUndefined();
	expect(await agency.trip(recent)).toMatchObject({ status: "COMPLETED" });
	expect(await agency.trip(waiting)).toMatchObject({ status: "NEEDS_OPERATOR" });
});

test("those who take part in sagas are told which are over: not one that goes on by itself, nor one that waits for a person", async () => {
	const ended = await node.begin();
	await agency.until(ended, "COMPLETED");
	const undone = await node.begin({ "do car": ["refuses"] });
	await agency.until(undone, "COMPENSATED");
	const [forward, back] = [await stuck(STUCK_FORWARD), await stuck(STUCK_BACK)];
	const never = "00000000-0000-4000-8000-000000000000";

	const over = await agency.views.over([forward, ended, back, undone, never]);

	expect(over.toSorted()).toEqual([ended, undone, never].toSorted());
});
