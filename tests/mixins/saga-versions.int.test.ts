import { openAgency, type Agency, type ChangedSteps, type Moods, type TripNode } from "./saga.stage";

let agency: Agency;
let count = 0;

beforeAll(async () => {
	agency = await openAgency();
});

afterAll(() => agency[Symbol.asyncDispose]());

/** The newer version has a taxi between the flight and the car, and sends a postcard behind the tickets. */
const withTaxi: ChangedSteps = (steps, book) => [
	...steps.slice(0, 3),
	book("step", "taxi"),
	...steps.slice(3),
	book("forward", "postcard"),
];

const openOld = (): TripNode => agency.openNode(`old ${++count}`);
const openNew = (): TripNode => agency.openNode(`new ${++count}`, undefined, withTaxi);

/** Stands at a step where nobody is there, when the node that has begun it stops. */
async function left(node: TripNode, moods: Moods): Promise<string> {
	const id = await node.begin(moods);
	await agency.waitFor("the saga to wait", async () => (await agency.looks(id)) > 0);
	await node.stop();
	await due(id, 1);
	return id;
}

const due = (id: string, seconds: number) =>
	agency.database.ask("UPDATE trips.saga_state SET wake_at = now() - $2 * interval '1 second' WHERE saga_id = $1", [
		id,
		seconds,
	]);

const lastLine = async (id: string): Promise<string | undefined> => (await agency.log(id)).at(-1);

const DONE = ["do file", "do hotel", "do flight", "do taxi"];
const UNDONE = ["undo taxi", "undo flight", "undo hotel", "undo file"];

describe("an upgrade:", () => {
	test("what an old node has begun, a new one goes on with and undoes, with the step that is new", async () => {
		const id = await left(openOld(), { "do flight": ["away"] });
		agency.change(id, { "do car": ["refuses"] });

		await openNew().engine.sweep();
		await agency.until(id, "COMPENSATED");

		expect(await agency.effects(id)).toEqual([...DONE, ...UNDONE]);
	});

	test("an old node leaves alone what stands at the new step, and a new one does it", async () => {
		const id = await left(openNew(), { "do taxi": ["away"] });
		const old = openOld();
		agency.change(id, {});

		await old.engine.sweep();
		expect(await agency.trip(id)).toEqual({ status: "RUNNING", failure_reason: null });
		await openNew().engine.sweep();
		await agency.until(id, "COMPLETED");

		expect(await agency.effects(id)).toEqual([...DONE, "do car", "do money", "do tickets", "do postcard"]);
	});
});

describe("a step back:", () => {
	/** The taxi is done, an old node takes over, and turns round at the car. */
	async function turnedRoundByOld(): Promise<string> {
		const id = await left(openNew(), { "do car": ["away"] });
		agency.change(id, { "do car": ["refuses"] });
		const old = openOld();
		await old.engine.sweep();
		await agency.waitFor("the saga to be handed over", async () =>
			(await agency.log(id)).includes("book the taxi: undo 1 STARTED"),
		);
		await old.engine.drain();
		return id;
	}

	test("an old node goes forward past a step that it does not know", async () => {
		const id = await left(openNew(), { "do car": ["away"] });
		agency.change(id, {});

		await openOld().engine.sweep();
		await agency.until(id, "COMPLETED");

		expect((await agency.effects(id)).slice(0, 7)).toEqual([...DONE, "do car", "do money", "do tickets"]);
	});

	test("an old node that turns round has a new one undo what it does not know, in its place, and nothing is compensated before", async () => {
		const id = await turnedRoundByOld();

		expect(await agency.trip(id)).toEqual({ status: "COMPENSATING", failure_reason: "FULLY_BOOKED" });
		expect(await agency.effects(id)).toEqual(DONE);
		await openNew().engine.sweep();
		await agency.until(id, "COMPENSATED");

		expect(await agency.effects(id)).toEqual([...DONE, ...UNDONE]);
		expect(await agency.reached(id)).toEqual(["HOTEL", "FLIGHT", "FAILED", "COMPENSATED"]);
	});

	test("where no new node is left it waits for an operator, and goes on by itself when one is back", async () => {
		const id = await turnedRoundByOld();
		await due(id, 40);
		await openOld().engine.strand();

		expect(await agency.trip(id)).toEqual({ status: "NEEDS_OPERATOR", failure_reason: "FULLY_BOOKED" });
		expect(await lastLine(id)).toBe("book the taxi: undo 1 UNKNOWN");
		const back = openNew();
		await back.engine.strand();
		await back.engine.sweep();
		await agency.until(id, "COMPENSATED");

		expect(await agency.effects(id)).toEqual([...DONE, ...UNDONE]);
	});

	test("an undo that an operator has an old node leave out does not hide what it does not know", async () => {
		const id = await left(openNew(), { "do car": ["away"] });
		agency.change(id, { "do car": ["refuses"], "undo car": ["refuses"] });
		const old = openOld();
		await old.engine.sweep();
		await agency.until(id, "NEEDS_OPERATOR");

		const decision = { by: "grace", reason: "there was no car" };
		await old.engine.act({ act: "skip", sagaId: id, step: "book the car", decision });
		expect(await lastLine(id)).toBe("book the taxi: undo 1 STARTED");
		await openNew().engine.sweep();
		await agency.until(id, "COMPENSATED");

		expect(await agency.effects(id)).toEqual([...DONE, ...UNDONE]);
	});
});

test("side by side, whoever comes first: every saga ends, nothing is done or undone twice, and what was done is undone in reverse", async () => {
	const [old, newer] = [openOld(), openNew()];
	const awayFirst = (thing: string): Moods => ({
		[`do ${thing}` as const]: ["away" as const, "away" as const, "well" as const],
	});
	const turns: Moods[] = [{ "do car": ["refuses"] }, { "do money": ["away", "refuses"] }, {}];
	const ids: string[] = [];
	for (const node of [old, newer]) {
		for (const turn of turns) {
			for (const thing of ["hotel", "flight"]) ids.push(await node.begin({ ...awayFirst(thing), ...turn }));
		}
	}

	await agency.waitFor("every saga to end", async () => {
		await Promise.all([old.engine.sweep(), newer.engine.sweep()]);
		const trips = await Promise.all(ids.map((id) => agency.trip(id)));
		return trips.every(({ status }) => ["COMPLETED", "COMPENSATED"].includes(status));
	});

	for (const id of ids) {
		const effects = await agency.effects(id);
		expect(new Set(effects).size).toBe(effects.length);
		if ((await agency.trip(id)).status === "COMPLETED") continue;
		const done = effects.filter((what) => what.startsWith("do "));
		expect(effects).toEqual([...done, ...done.toReversed().map((what) => what.replace("do ", "undo "))]);
	}
});
