import type { Database, Transaction } from "../../mixins/database/database";
import { onServer } from "../support/postgres-server";
import { openAgency, type Agency, type Moods, type TripNode } from "./saga.stage";
import { gate } from "./transport.stage";

let agency: Agency;

beforeAll(async () => {
	agency = await openAgency();
});

// What one test left unfinished would be taken over in the middle of the next.
afterEach(async () => {
	const going = "SELECT saga_id, status FROM trips.saga_state WHERE status IN ('RUNNING', 'COMPENSATING')";
	expect(await agency.database.ask(going)).toEqual([]);
});
afterAll(() => agency[Symbol.asyncDispose]());

/** One path to the end, one back from the third step; both have five transitions or more. */
const paths: {
	path: string;
	moods: Moods;
	transitions: number;
	status: string;
	effects: string[];
	reached: string[];
}[] = [
	{
		path: "to the end",
		moods: {},
		transitions: 5,
		status: "COMPLETED",
		effects: ["do file", "do hotel", "do flight", "do car", "do money", "do tickets"],
		reached: ["HOTEL", "FLIGHT", "CAR", "PAID", "SENT"],
	},
	{
		path: "and back",
		moods: { "do car": ["refuses"] },
		transitions: 6,
		status: "COMPENSATED",
		effects: ["do file", "do hotel", "do flight", "undo flight", "undo hotel", "undo file"],
		reached: ["HOTEL", "FLIGHT", "FAILED", "COMPENSATED"],
	},
];

const crashes = paths.flatMap(({ transitions, ...path }) =>
	Array.from({ length: transitions }, (_, index) => index + 1).flatMap((transition) =>
		(["before", "after"] as const).map((moment) => ({ ...path, transition, moment })),
	),
);

describe("a node that dies at a transition, and another that goes on:", () => {
	test.each(crashes)(
		"$path, $moment the commit of transition $transition",
		async ({ moods, transition, moment, status, effects, reached }) => {
			const mortal = dyingAt(agency.database.db, transition, moment);
			const first = agency.openNode("first", mortal.db);
			const second = agency.openNode("second");

			const id = await first.begin(moods);
			await agency.waitFor("the first node to die", async () => mortal.isDead());
			await agency.expireLeases();
			await second.engine.sweep();
			await agency.until(id, status);

			expect(await agency.effects(id)).toEqual(effects);
			expect(await agency.reached(id)).toEqual(reached);
		},
	);

	test("a log that tells of it: who was at work, and what was tried again", async () => {
		const mortal = dyingAt(agency.database.db, 2, "before");
		const first = agency.openNode("first", mortal.db);
		const second = agency.openNode("second");

		const id = await first.begin();
		await agency.waitFor("the first node to die", async () => mortal.isDead());
		await agency.expireLeases();
		await second.engine.sweep();
		await agency.until(id, "COMPLETED");

		const lines = await agency.database.ask<{ line: string }>(
			`SELECT format('%s %s: %s %s', node, step, attempt, outcome) AS line
			FROM trips.saga_log WHERE saga_id = $1 ORDER BY seq LIMIT 6`,
			[id],
		);
		expect(lines.map(({ line }) => line)).toEqual([
			"first book the hotel: 1 STARTED",
			"first book the hotel: 1 SUCCEEDED",
			"first book the flight: 1 STARTED",
			"second book the flight: 1 STARTED",
			"second book the flight: 1 SUCCEEDED",
			"second book the car: 1 STARTED",
		]);
	});
});

test("a frozen node loses its saga when its lease is over, and what it writes on waking is refused", async () => {
	const frozen = frozenAt(agency.database.db, 2);
	const first = agency.openNode("first", frozen.db);
	const second = agency.openNode("second");

	const begunAtMs = performance.now();
	const id = await first.begin({ "do car": ["away"] });
	await agency.waitFor("the first node to freeze", async () => frozen.isFrozen(2));
	const frozenAtMs = performance.now();
	await agency.waitFor("the second node to come as far as the car", async () => {
		await second.engine.sweep();
		return (await agency.log(id)).includes("book the car: do 1 AWAY");
	});
	const takenAtMs = performance.now();
	const before = await nodesInLog(id);
	frozen.wake(2);
	await first.engine.drain();
	const after = await nodesInLog(id);
	agency.change(id, {});
	await agency.until(id, "COMPLETED");

	expect(takenAtMs - begunAtMs).toBeGreaterThan(2_900);
	expect(takenAtMs - frozenAtMs).toBeLessThan(10_000);
	expect(before).toEqual(["first", "first", "first", "second", "second"]);
	expect(after).toEqual(before);
	expect(await agency.reached(id)).toEqual(["HOTEL", "FLIGHT", "CAR", "PAID", "SENT"]);
	expect((await agency.effects(id)).filter((what) => what === "do flight")).toHaveLength(1);
});

test("a node that has lost its saga asks nobody for the next step", async () => {
	const frozen = frozenAt(agency.database.db, 2);
	const first = agency.openNode("first", frozen.db);
	const second = agency.openNode("second");
	const id = await first.begin({ "do car": ["away"] });
	await agency.waitFor("the first node to freeze", async () => frozen.isFrozen(2));
	await agency.expireLeases();
	await agency.waitFor("the second node to come as far as the car", async () => {
		await second.engine.sweep();
		return (await agency.log(id)).includes("book the car: do 1 AWAY");
	});
	await second.stop();

	agency.change(id, {});
	frozen.wake(2);
	await agency.waitFor("the first node to be fenced off", async () => frozen.hasEnded(2));
	await first.engine.drain();
	const effects = await agency.effects(id);
	const third = agency.openNode("third");
	await agency.waitFor("a third node to complete it", async () => {
		await third.engine.sweep();
		return (await agency.trip(id)).status === "COMPLETED";
	});

	expect(effects).toEqual(["do file", "do hotel", "do flight"]);
});

test("a saga whose lease is renewed is left alone", async () => {
	const frozen = frozenAt(agency.database.db, 1);
	const first = agency.openNode("first", frozen.db);
	const second = agency.openNode("second");
	const id = await first.begin();
	await agency.waitFor("the first node to be at work", async () => frozen.isFrozen(1));

	await agency.expireLeases();
	await first.engine.renew();
	await second.engine.sweep();
	const owner = await ownerOf(id);
	frozen.wake(1);
	await agency.until(id, "COMPLETED");

	expect(owner).toMatch(/^first\//);
});

test("a saga that a stranger has locked keeps no other one's lease from being renewed", async () => {
	const frozen = frozenAt(agency.database.db, 1, 2);
	const node = agency.openNode("node", frozen.db);
	const [locked, other] = [await node.begin(), await node.begin()];
	await agency.waitFor("both to be at work", async () => frozen.isFrozen(1) && frozen.isFrozen(2));
	await agency.expireLeases();

	const renewed = await onServer(agency.database.url, async (stranger) => {
		await stranger.query("BEGIN");
		await stranger.query("SELECT FROM trips.saga_state WHERE saga_id = $1 FOR UPDATE", [locked]);
		return renewedBy(node);
	}).catch((error: Error) => error);
	frozen.wake(1);
	frozen.wake(2);
	await agency.until(locked, "COMPLETED");
	await agency.until(other, "COMPLETED");

	expect(renewed).toEqual([{ saga_id: other }]);
});

test("a node that takes back its own saga after a lost lease still renews it", async () => {
	const frozen = frozenAt(agency.database.db, 1, 3);
	const only = agency.openNode("only", frozen.db);
	const id = await only.begin();
	await agency.waitFor("the node to freeze", async () => frozen.isFrozen(1));
	await agency.expireLeases();
	await only.engine.sweep();
	await agency.waitFor("its second try to freeze as well", async () => frozen.isFrozen(3));

	frozen.wake(1);
	await agency.waitFor("the first try to be fenced off", async () => frozen.hasEnded(1));
	await agency.expireLeases();
	const renewed = await renewedBy(only);
	frozen.wake(3);
	await agency.until(id, "COMPLETED");

	expect(renewed).toEqual([{ saga_id: id }]);
	expect((await agency.effects(id)).filter((what) => what === "do hotel")).toHaveLength(1);
});

test("a node that stops finishes its attempt and leaves the saga to the others at once", async () => {
	const first = agency.openNode("first");
	const second = agency.openNode("second");
	const id = await first.begin({ "do flight": ["away"] });
	await agency.waitFor("the saga to wait", async () => (await agency.log(id)).includes("book the flight: do 1 AWAY"));

	await first.stop();
	agency.change(id, {});
	await agency.waitFor("the second node to complete it", async () => {
		await second.engine.sweep();
		return (await agency.trip(id)).status === "COMPLETED";
	});

	expect(await ownerOf(id)).toBeNull();
});

test("on a database that only one process works on, a start takes over what its dead self has left, lease or not", async () => {
	const mortal = dyingAt(agency.database.db, 3, "after");
	const before = agency.openNode("before", mortal.db);
	const after = agency.openNode("after");
	const id = await before.begin();
	await agency.waitFor("the node to die", async () => mortal.isDead());

	await after.engine.sweep(true);
	await agency.until(id, "COMPLETED");

	expect(await agency.reached(id)).toEqual(["HOTEL", "FLIGHT", "CAR", "PAID", "SENT"]);
});

/** Who wrote the lines up to the flight, and any later one of the first node: two for the hotel, two or more for the flight. */
test("a node that is cut off leaves what is due to the others for three seconds, and then tries it itself", async () => {
	const node = agency.openNode("cut off");
	await node.cutOff();
	const id = await node.begin({ "do hotel": ["away", "well"] });
	await agency.waitFor("the hotel to be away", async () =>
		(await agency.log(id)).includes("book the hotel: do 1 AWAY"),
	);
	const [due] = await agency.database.ask<{ at: Date }>(
		"SELECT wake_at AS at FROM trips.saga_state WHERE saga_id = $1",
		[id],
	);

	await agency.waitFor("the node to go on by itself", async () => {
		await node.engine.sweep();
		return (await agency.trip(id)).status === "COMPLETED";
	});

	const [again] = await agency.database.ask<{ at: Date }>(
		"SELECT at FROM trips.saga_log WHERE saga_id = $1 AND outcome = 'STARTED' ORDER BY seq OFFSET 1 LIMIT 1",
		[id],
	);
	expect(again!.at.getTime() - due!.at.getTime()).toBeGreaterThanOrEqual(3_000);
});

async function nodesInLog(id: string): Promise<string[]> {
	const rows = await agency.database.ask<{ node: string }>(
		"SELECT node FROM trips.saga_log WHERE saga_id = $1 AND (node = 'first' OR step = 'book the flight') ORDER BY seq",
		[id],
	);
	return rows.map(({ node }) => node);
}

async function ownerOf(id: string): Promise<string | null> {
	const [row] = await agency.database.ask<{ owner: string | null }>(
		"SELECT owner FROM trips.saga_state WHERE saga_id = $1",
		[id],
	);
	return row!.owner;
}

/** A database that a process loses at its n-th transaction: with `after`, the commit has happened and nobody knows. */
function dyingAt(db: Database, nth: number, moment: "before" | "after"): { db: Database; isDead(): boolean } {
	let count = 0;
	let dead = false;
	const die = (): never => {
		dead = true;
		throw new Error("The process was killed");
	};
	return {
		isDead: () => dead,
		db: {
			...db,
			query: (...args) => (dead ? die() : db.query(...args)),
			async transaction<Result>(work: (tx: Transaction) => Promise<Result>) {
				if (dead) die();
				const isLast = ++count === nth;
				if (isLast && moment === "before") die();
				const result = await db.transaction(work);
				return isLast ? die() : result;
			},
		},
	};
}

/** The sagas whose leases a node renews, however long the test is kept from looking. */
async function renewedBy({ engine }: TripNode): Promise<{ saga_id: string }[]> {
	const [before] = await agency.database.ask<{ at: Date }>("SELECT clock_timestamp() AS at");
	await engine.renew();
	return agency.database.ask("SELECT saga_id FROM trips.saga_state WHERE lease_until > $1", [before!.at]);
}

interface Frozen {
	db: Database;
	isFrozen(nth: number): boolean;
	wake(nth: number): void;
	hasEnded(nth: number): boolean;
}

/** A database some of whose transactions, counted from 1, do not begin until they are woken up. */
function frozenAt(db: Database, ...nths: number[]): Frozen {
	let count = 0;
	const gates = new Map(nths.map((nth) => [nth, { ...gate(), isReached: false, hasEnded: false }]));
	return {
		isFrozen: (nth) => gates.get(nth)!.isReached,
		wake: (nth) => gates.get(nth)!.open(),
		hasEnded: (nth) => gates.get(nth)!.hasEnded,
		db: {
			...db,
			async transaction<Result>(work: (tx: Transaction) => Promise<Result>) {
				const hinge = gates.get(++count);
				if (!hinge) return db.transaction(work);
				hinge.isReached = true;
				await hinge.opened;
				const result = await db.transaction(work);
				hinge.hasEnded = true;
				return result;
			},
		},
	};
}
