import { openAgency, type Agency, type Mood, type Moods, type TripNode } from "./saga.stage";

let agency: Agency;
let node: TripNode;

beforeAll(async () => {
	agency = await openAgency();
	node = agency.openNode("one");
});

afterAll(() => agency[Symbol.asyncDispose]());

const BEFORE_THE_PIVOT = ["do file", "do hotel", "do flight", "do car"];
const ALL_UNDONE = ["undo car", "undo flight", "undo hotel", "undo file"];

test("a saga does its steps in order and says how far it has come", async () => {
	const id = await node.begin();
	const trip = await agency.until(id, "COMPLETED");

	expect(trip.failure_reason).toBeNull();
	expect(await agency.effects(id)).toEqual([...BEFORE_THE_PIVOT, "do money", "do tickets"]);
	expect(await agency.reached(id)).toEqual(["HOTEL", "FLIGHT", "CAR", "PAID", "SENT"]);
});

test("its log is the story of it: each attempt is written down before it is made, each answer after", async () => {
	const moods: Moods = { "do flight": ["fails", "well"] };

	const id = await node.begin(moods);
	await agency.until(id, "COMPLETED");

	expect(await agency.log(id)).toEqual([
		"book the hotel: do 1 STARTED",
		"book the hotel: do 1 SUCCEEDED",
		"book the flight: do 1 STARTED",
		"book the flight: do 1 FAILED",
		"book the flight: do 2 STARTED",
		"book the flight: do 2 SUCCEEDED",
		"book the car: do 1 STARTED",
		"book the car: do 1 SUCCEEDED",
		"take the money: do 1 STARTED",
		"take the money: do 1 SUCCEEDED",
		"send the tickets: do 1 STARTED",
		"send the tickets: do 1 SUCCEEDED",
	]);
	const failed = await agency.database.ask(
		"SELECT detail, node FROM trips.saga_log WHERE saga_id = $1 AND outcome = 'FAILED'",
		[id],
	);
	expect(failed).toEqual([{ detail: { reason: "PIPE_BURST", message: "A pipe burst" }, node: "one" }]);
});

describe("a refusal has exactly what was done undone, in reverse order:", () => {
	test.each([
		["hotel", ["do file", "undo file"], []],
		["flight", ["do file", "do hotel", "undo hotel", "undo file"], ["HOTEL"]],
		["car", ["do file", "do hotel", "do flight", "undo flight", "undo hotel", "undo file"], ["HOTEL", "FLIGHT"]],
		["money", [...BEFORE_THE_PIVOT, ...ALL_UNDONE], ["HOTEL", "FLIGHT", "CAR"]],
	])("at %s", async (thing, effects, reached) => {
		const moods: Moods = { [`do ${thing}` as const]: ["refuses" as const] };

		const id = await node.begin(moods);
		const trip = await agency.until(id, "COMPENSATED");

		expect(trip.failure_reason).toBe("FULLY_BOOKED");
		expect(await agency.effects(id)).toEqual(effects);
		expect(await agency.reached(id)).toEqual([...reached, "FAILED", "COMPENSATED"]);
	});
});

test("a step that keeps failing is given up after its attempts, and is undone as well: it may have been done", async () => {
	const moods: Moods = { "do flight": ["fails"] };

	const id = await node.begin(moods);
	const trip = await agency.until(id, "COMPENSATED");

	expect(trip.failure_reason).toBe("PIPE_BURST");
	expect(await agency.effects(id)).toEqual(["do file", "do hotel", "undo hotel", "undo file"]);
	expect((await agency.log(id)).filter((line) => line.startsWith("book the flight"))).toEqual([
		"book the flight: do 1 STARTED",
		"book the flight: do 1 FAILED",
		"book the flight: do 2 STARTED",
		"book the flight: do 2 FAILED",
		"book the flight: do 3 STARTED",
		"book the flight: do 3 FAILED",
		"book the flight: undo 1 STARTED",
		"book the flight: undo 1 SUCCEEDED",
	]);
});

test("an answer that gets lost costs no attempt, and the work is done once", async () => {
	const moods: Moods = { "do hotel": ["loses the answer", "well"] };

	const id = await node.begin(moods, "impatient trip");
	await agency.until(id, "COMPLETED");

	expect((await agency.effects(id)).filter((what) => what === "do hotel")).toHaveLength(1);
	expect(await agency.log(id)).toEqual(
		expect.arrayContaining(["book the hotel: do 1 AWAY", "book the hotel: do 1 SUCCEEDED"]),
	);
});

test("an undo whose answer gets lost, and one that fails, are tried until they succeed, with one effect", async () => {
	const moods: Moods = {
		"do car": ["refuses"],
		"undo flight": ["loses the answer", "well"],
		"undo hotel": ["fails", "fails", "well"],
	};

	const id = await node.begin(moods, "impatient trip");
	await agency.until(id, "COMPENSATED");

	expect(await agency.effects(id)).toEqual([
		"do file",
		"do hotel",
		"do flight",
		"undo flight",
		"undo hotel",
		"undo file",
	]);
});

test("a service that is away is waited for, beyond the number of attempts, and the saga goes on when it is back", async () => {
	const moods: Moods = { "do hotel": ["away"] };

	const id = await node.begin(moods);
	await agency.waitFor("the saga to have looked four times", async () => (await agency.looks(id)) >= 4);
	agency.change(id, { "do hotel": ["well"] });
	await agency.until(id, "COMPLETED");

	expect((await agency.effects(id)).slice(0, 2)).toEqual(["do file", "do hotel"]);
});

test("waiting adds two lines to the log, however long it takes, and they tell how often nobody was there, and since when", async () => {
	const id = await node.begin({ "do hotel": ["away"] });
	await agency.waitFor("the first look", async () => (await agency.looks(id)) === 1);
	const [, first] = (await agency.views.story(id)).timeline;
	await agency.waitFor("the third look", async () => (await agency.looks(id)) === 3);
	const { timeline } = await agency.views.story(id);
	agency.change(id, {});
	await agency.until(id, "COMPLETED");

	// A look that is under way is written down before, like every attempt.
	expect(timeline.slice(0, 2).map(({ outcome }) => outcome)).toEqual(["STARTED", "AWAY"]);
	expect(timeline.slice(2).map(({ outcome }) => outcome)).toEqual(timeline.length > 2 ? ["STARTED"] : []);
	const { times, since, reason } = timeline[1]!.detail as Record<string, unknown>;
	expect([times, reason]).toEqual([3, "SERVICE_NOT_FOUND"]);
	expect(Date.parse(since as string)).toBe(first!.at.getTime());
	expect(timeline[1]!.at.getTime()).toBeGreaterThan(first!.at.getTime());
	expect((await agency.log(id)).slice(0, 4)).toEqual([
		"book the hotel: do 1 STARTED",
		"book the hotel: do 1 AWAY",
		"book the hotel: do 1 STARTED",
		"book the hotel: do 1 SUCCEEDED",
	]);
});

test("a nudge has a waiting saga try at once", async () => {
	const moods: Moods = { "do hotel": ["away", "well"] };
	const id = await node.begin(moods);
	await agency.waitFor("the first look", async () => (await agency.log(id)).includes("book the hotel: do 1 AWAY"));

	await agency.database.ask("UPDATE trips.saga_state SET wake_at = now() + interval '1 hour' WHERE saga_id = $1", [id]);
	await node.nudge(id);

	expect(await agency.until(id, "COMPLETED")).toMatchObject({ failure_reason: null });
});

test("when the deadline passes before the service is back, the saga is undone and says so", async () => {
	const id = await node.begin({ "do car": ["away"] }, "hurried trip");
	const trip = await agency.until(id, "COMPENSATED");

	expect(trip.failure_reason).toBe("TIMED_OUT");
	expect(await agency.effects(id)).toEqual([
		"do file",
		"do hotel",
		"do flight",
		"undo flight",
		"undo hotel",
		"undo file",
	]);
});

test("whatever the node's own clock says, the deadline is the database's", async () => {
	const clock = jest.spyOn(Date, "now").mockReturnValue(Date.now() + 86_400_000);
	const id = await node.begin({ "do car": ["away"] }, "hurried trip");
	clock.mockRestore();

	const trip = await agency.until(id, "COMPENSATED");

	expect(trip.failure_reason).toBe("TIMED_OUT");
});

describe("past the pivot there is no way back:", () => {
	test("what fails is tried again", async () => {
		const moods: Moods = { "do tickets": ["fails", "loses the answer", "well"] };

		const id = await node.begin(moods, "impatient trip");
		await agency.until(id, "COMPLETED");

		expect(await agency.effects(id)).toEqual([...BEFORE_THE_PIVOT, "do money", "do tickets"]);
	});

	test.each<[Mood, string]>([
		["refuses", "FULLY_BOOKED"],
		["fails", "PIPE_BURST"],
	])("one that %s for good waits for an operator, and nothing is undone", async (mood, reason) => {
		const moods: Moods = { "do tickets": [mood] };

		const id = await node.begin(moods);
		const trip = await agency.until(id, "NEEDS_OPERATOR");
		await node.engine.sweep(true);

		expect(trip.failure_reason).toBe(reason);
		expect(await agency.effects(id)).toEqual([...BEFORE_THE_PIVOT, "do money"]);
		expect(await agency.trip(id)).toEqual(trip);
	});

	test("not even when the deadline has passed", async () => {
		const id = await node.begin({ "do tickets": ["away"] }, "hurried trip");
		await agency.waitFor("the deadline to be over", async () => (await agency.looks(id)) > 2);
		agency.change(id, { "do tickets": ["well"] });
		await agency.until(id, "COMPLETED");

		expect(await agency.reached(id)).toEqual(["HOTEL", "FLIGHT", "CAR", "PAID", "SENT"]);
	});
});

describe("nobody is waited for without an end:", () => {
	test("past the pivot an operator is asked, and a retry has the time begin anew", async () => {
		const id = await node.begin({ "do tickets": ["away"] }, "forlorn trip");

		expect(await agency.until(id, "NEEDS_OPERATOR")).toMatchObject({ failure_reason: "SERVICE_NOT_FOUND" });
		const looks = (await agency.log(id)).filter((line) => line.endsWith("AWAY"));
		agency.change(id, { "do tickets": ["away", "well"] });
		await node.engine.act({ act: "retry", sagaId: id, decision: { by: "grace", reason: "they are back" } });
		await agency.until(id, "COMPLETED");

		expect(looks).toHaveLength(2);
		expect(await agency.reached(id)).toEqual(["HOTEL", "FLIGHT", "CAR", "PAID", "SENT"]);
	});

	test("on the way back as well, and the saga keeps the reason of its failure", async () => {
		const id = await node.begin({ "do car": ["refuses"], "undo flight": ["away"] }, "forlorn trip");

		expect(await agency.until(id, "NEEDS_OPERATOR")).toMatchObject({ failure_reason: "FULLY_BOOKED" });
		expect(await agency.reached(id)).toEqual(["HOTEL", "FLIGHT", "FAILED"]);
	});
});

test("an undo that is refused waits for an operator and keeps the reason of the failure", async () => {
	const moods: Moods = { "do flight": ["refuses"], "undo hotel": ["refuses"] };

	const id = await node.begin(moods);
	await agency.until(id, "NEEDS_OPERATOR");

	expect(await agency.trip(id)).toEqual({ status: "NEEDS_OPERATOR", failure_reason: "FULLY_BOOKED" });
	expect(await agency.reached(id)).toEqual(["HOTEL", "FAILED"]);
});

describe("a status that the service's own tables refuse", () => {
	const refuse = (statuses: string) =>
		agency.database.ask(
			`ALTER TABLE trips.reached ADD CONSTRAINT refusing CHECK (status NOT IN (${statuses})) NOT VALID`,
		);
	afterEach(() => agency.database.ask("ALTER TABLE trips.reached DROP CONSTRAINT refusing"));

	test("is a failure of the step: before the pivot, what was done is undone", async () => {
		await refuse("'FLIGHT'");
		const id = await node.begin();
		const trip = await agency.until(id, "COMPENSATED");

		expect(trip.failure_reason).toBe("NOT_REACHED");
		expect(await agency.effects(id)).toEqual([
			"do file",
			"do hotel",
			"do flight",
			"undo flight",
			"undo hotel",
			"undo file",
		]);
		expect((await agency.log(id)).filter((line) => line.endsWith("FAILED"))).toHaveLength(3);
	});

	test("past the pivot it is for an operator", async () => {
		await refuse("'SENT'");
		const id = await node.begin();

		expect(await agency.until(id, "NEEDS_OPERATOR")).toMatchObject({ failure_reason: "NOT_REACHED" });
	});

	test("and so it is when not even the failure can be written down", async () => {
		await refuse("'FLIGHT', 'FAILED'");
		const id = await node.begin();

		expect(await agency.until(id, "NEEDS_OPERATOR")).toMatchObject({ failure_reason: "NOT_REACHED" });
		expect(await agency.reached(id)).toEqual(["HOTEL"]);
	});
});

test("more sagas than one node works on at once wait for room, not for the next sweep", async () => {
	const ids = await Promise.all(Array.from({ length: 150 }, () => node.begin()));
	const completed = async (): Promise<number> => {
		const [row] = await agency.database.ask<{ completed: number }>(
			"SELECT count(*) AS completed FROM trips.saga_state WHERE status = 'COMPLETED' AND saga_id = ANY ($1)",
			[ids],
		);
		return row!.completed;
	};
	await agency.waitFor("all of them to be completed", async () => (await completed()) === 150, 60_000);

	expect(await agency.effects(ids[149]!)).toEqual([...BEFORE_THE_PIVOT, "do money", "do tickets"]);
});
