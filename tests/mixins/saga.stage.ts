import { randomUUID } from "node:crypto";
import { Errors, ServiceBroker, type Context } from "moleculer";
import type { Database, Transaction } from "../../mixins/database/database";
import { sql } from "../../mixins/database/statement";
import { forward, given, pivot, saga, step, type SagaDefinition, type StepContext } from "../../mixins/saga/definition";
import { sagaEngine, type SagaEngine } from "../../mixins/saga/engine";
import { sagaViews, type SagaViews } from "../../mixins/saga/looking";
import { operationParams, participantOf, type Operation } from "../../mixins/saga/participant";
import { sagaStore } from "../../mixins/saga/store";
import { until } from "../support/until";
import { mixinDatabase, type MixinDatabase } from "./mixin-database";

type AnySaga = SagaDefinition<Record<string, unknown>>;

/** How the one who is asked behaves. */
export type Mood =
	| "well"
	/** Says no, and does nothing. */
	| "refuses"
	/** Breaks down before it has done anything. */
	| "fails"
	/** Does it, and the answer never arrives. */
	| "loses the answer"
	/** Is not there. */
	| "away";

/** Moods by step, e.g. `{ "do hotel": ["fails", "well"] }`: one for each attempt, the last one for all that follow. */
export type Moods = Partial<Record<`${"do" | "undo"} ${string}`, Mood[]>>;

/** How long an answer is waited for: no machine is so busy; but where a test loses some, hardly longer than one takes. */
const ANSWER_MS_MAX = { patient: 30_000, impatient: 1_000 };

/**
 * A hurried trip has a deadline of 1.5 s; on an impatient one an answer is given up after a second; on a forlorn one
 * who is not there is waited for no longer than it takes to look twice.
 */
export type TripKind = "trip" | "hurried trip" | "impatient trip" | "forlorn trip";

/** What one trip has come to. */
export interface Trip {
	status: string;
	failure_reason: string | null;
}

/** What another version of the program makes of a trip's steps; `book` makes those that it has more. */
export type ChangedSteps = (
	steps: AnySaga["steps"],
	book: (kind: "step" | "forward", thing: string) => AnySaga["steps"][number],
) => AnySaga["steps"];

const participant = participantOf("bookings");
const note = sql("test.note", "INSERT INTO bookings.effects (saga_id, what) VALUES ($1, $2)");
const reachedStatement = sql("test.reach", "INSERT INTO trips.reached (saga_id, status) VALUES ($1, $2)");

/** A broker with somebody who books, and an engine whose leases are renewed only when a test does it. */
export interface TripNode {
	engine: SagaEngine;
	/** @returns the id of a trip on which those who are asked behave as told */
	begin(moods?: Moods, kind?: TripKind): Promise<string>;
	nudge(id: string): Promise<void>;
	/** From now on it hears no other node. Its own services answer it. */
	cutOff(): Promise<void>;
	stop(): Promise<void>;
}

/** A travel agency: three bookings that can be taken back, the payment as pivot, the tickets past it. */
export interface Agency extends AsyncDisposable {
	database: MixinDatabase;
	/** From now on those who are asked on this trip behave so. */
	change(id: string, moods: Moods): void;
	/**
	 * @param db through which the engine, and only the engine, goes
	 * @param change another version of the program, with other steps
	 */
	openNode(name: string, db?: Database, change?: ChangedSteps): TripNode;
	trip(id: string): Promise<Trip>;
	until(id: string, status: string, withinMs?: number): Promise<Trip>;
	waitFor(what: string, condition: () => Promise<boolean>, withinMs?: number): Promise<unknown>;
	/** What has happened to the world, in order, e.g. `["do hotel", "undo hotel"]`. */
	effects(id: string): Promise<string[]>;
	reached(id: string): Promise<string[]>;
	/** The log as a person reads it, e.g. `book the hotel: do 1 SUCCEEDED`. */
	log(id: string): Promise<string[]>;
	/** How often nobody was there, at the step that the saga waits at. */
	looks(id: string): Promise<number>;
	/** As an operator sees them. */
	views: SagaViews;
	/** As if nobody had renewed anything for three seconds. */
	expireLeases(): Promise<void>;
}

export async function openAgency(): Promise<Agency> {
	const database = await mixinDatabase({
		trips: ["create_saga_tables"],
		bookings: ["create_saga_participant_tables"],
	});
	const { ask, db } = database;
	await ask("CREATE TABLE bookings.effects (seq serial PRIMARY KEY, saga_id uuid NOT NULL, what text NOT NULL)");
	await ask("CREATE TABLE trips.reached (seq serial PRIMARY KEY, saga_id uuid, status text)");
	const nodes: TripNode[] = [];
	const moodsOf = new Map<string, Moods>();
	const moodOf: MoodOf = (id, what) => {
		const list = moodsOf.get(id)?.[what] ?? [];
		return (list.length > 1 ? list.shift() : list[0]) ?? "well";
	};
	const definitions = tripSagas(moodOf);
	const book: Parameters<ChangedSteps>[1] = (kind, thing) => {
		const { both, only } = workOf(moodOf, ANSWER_MS_MAX.patient);
		return kind === "step" ? step(`book the ${thing}`, both(thing)) : forward(`send the ${thing}`, only(thing));
	};

	const trip = async (id: string): Promise<Trip> => {
		const [row] = await ask<Trip>("SELECT status, failure_reason FROM trips.saga_state WHERE saga_id = $1", [id]);
		return row!;
	};
	const column = async (text: string, id: string): Promise<string[]> =>
		(await ask<{ value: string }>(text, [id])).map(({ value }) => value);

	return {
		database,
		change: (id, moods) => void moodsOf.set(id, moods),
		openNode(name, engineDb = db, change = (steps) => steps) {
			const own = [...definitions].map(
				([key, each]) => [key, saga({ ...each, steps: change(each.steps, book) })] as const,
			);
			const node = openNode({ name, db, engineDb, definitions: new Map(own), moodsOf });
			nodes.push(node);
			return node;
		},
		trip,
		until: (id, status, withinMs) =>
			until(async () => (await trip(id)).status === status && trip(id), { what: `${id} to be ${status}`, withinMs }),
		waitFor: (what, condition, withinMs = 60_000) => until(condition, { what, withinMs }),
		effects: (id) => column("SELECT what AS value FROM bookings.effects WHERE saga_id = $1 ORDER BY seq", id),
		reached: (id) => column("SELECT status AS value FROM trips.reached WHERE saga_id = $1 ORDER BY seq", id),
		log: (id) =>
			column(
				`SELECT format('%s: %s %s %s', step, direction, attempt, outcome) AS value
				FROM trips.saga_log WHERE saga_id = $1 ORDER BY seq`,
				id,
			),
		async looks(id) {
			const { timeline } = await sagaViews(db, "trips").story(id);
			const { detail } = timeline.findLast(({ outcome }) => outcome === "AWAY") ?? {};
			return detail === undefined ? 0 : ((detail as { times?: number }).times ?? 1);
		},
		views: sagaViews(db, "trips"),
		async expireLeases() {
			await ask("UPDATE trips.saga_state SET lease_until = now() - interval '1 second' WHERE owner IS NOT NULL");
		},
		async [Symbol.asyncDispose]() {
			for (const node of nodes) await node.stop();
			await database[Symbol.asyncDispose]();
		},
	};
}

interface NodeParts {
	name: string;
	db: Database;
	engineDb: Database;
	definitions: ReadonlyMap<string, AnySaga>;
	moodsOf: Map<string, Moods>;
}

function openNode({ name, db, engineDb, definitions, moodsOf }: NodeParts): TripNode {
	const broker = new ServiceBroker({ nodeID: name, logger: false, transporter: null });
	const service = broker.createService({ name: "trips" });
	broker.createService(bookings(db));
	const owner = `${name}/${randomUUID()}`;
	const store = sagaStore(engineDb, "trips", owner, name);
	const engine = sagaEngine({ service: service, db: engineDb, store, definitions, owner });
	const started = broker.start();
	return {
		engine,
		async begin(moods = {}, kind = "trip") {
			await started;
			const sagaId = randomUUID();
			moodsOf.set(sagaId, moods);
			const file = { sagaId, step: "file", operationId: randomUUID() };
			await db.transaction(async (tx) => {
				await participant.doOnce(tx, file, async () => void (await tx.query(note, [sagaId, "do file"])));
				await engine.begin(tx, kind, { sagaId, data: { name: "Ada" }, correlationId: `request of ${sagaId}` });
			});
			return sagaId;
		},
		nudge: (id) =>
			db.transaction(async (tx) => {
				await store.nudge(tx, id);
				tx.afterCommit(() => void engine.sweep());
			}),
		async cutOff() {
			await started;
			Object.assign(broker, { transit: { tx: { connected: false } } });
		},
		async stop() {
			Object.assign(broker, { transit: null });
			await engine.drain();
			await broker.stop();
		},
	};
}

type MoodOf = (sagaId: string, what: keyof Moods) => Mood;

function tripSagas(moodOf: MoodOf): ReadonlyMap<string, AnySaga> {
	const { patient, impatient } = ANSWER_MS_MAX;
	const sagas = [
		tripSaga("trip", { deadlineMs: 60_000, answerMsMax: patient }, moodOf),
		tripSaga("hurried trip", { deadlineMs: 1_500, answerMsMax: patient }, moodOf),
		tripSaga("impatient trip", { deadlineMs: 60_000, answerMsMax: impatient }, moodOf),
		tripSaga("forlorn trip", { deadlineMs: 60_000, answerMsMax: patient, waitMs: 500 }, moodOf),
	];
	return new Map(sagas.map((each) => [each.name, each]));
}

interface TripLimits {
	deadlineMs: number;
	answerMsMax: number;
	waitMs?: number;
}

/** What a trip's steps do. */
function workOf(moodOf: MoodOf, timeoutMs: number, wait: { waitMs?: number } = {}) {
	const ask = (direction: "do" | "undo", thing: string) => async (context: StepContext<Record<string, unknown>>) => {
		const { sagaId, operationId } = context;
		const mood = moodOf(sagaId, `${direction} ${thing}`);
		const action = mood === "away" ? "nobody.home" : `bookings.${direction}`;
		await context.call(action, { operation: { sagaId, step: thing, operationId }, mood });
	};
	const limits = { timeoutMs, attempts: 3, ...wait };
	const both = (thing: string) => ({ do: ask("do", thing), undo: ask("undo", thing), ...limits });
	const only = (thing: string) => ({ do: ask("do", thing), ...limits });
	return { ask, both, only };
}

function tripSaga(name: TripKind, { deadlineMs, answerMsMax, ...wait }: TripLimits, moodOf: MoodOf): AnySaga {
	const { ask, both, only } = workOf(moodOf, answerMsMax, wait);
	return saga<Record<string, unknown>, unknown>({
		name,
		steps: [
			given("open the file", ask("undo", "file")),
			step("book the hotel", { ...both("hotel"), reached: "HOTEL" }),
			step("book the flight", { ...both("flight"), reached: "FLIGHT" }),
			step("book the car", { ...both("car"), reached: "CAR" }),
			pivot("take the money", { ...only("money"), reached: "PAID" }),
			forward("send the tickets", { ...only("tickets"), reached: "SENT" }),
		],
		deadlineMs,
		deadlineReason: "TIMED_OUT",
		failed: "FAILED",
		compensated: "COMPENSATED",
		async reach(tx: Transaction, { sagaId, status }) {
			await tx.query(reachedStatement, [sagaId, status]);
		},
	});
}

type Asked = Context<{ operation: Operation; mood: Mood }>;

/** Somebody who books once, and takes back once, whatever is asked how often. */
function bookings(db: Database) {
	const answer = (ctx: Asked, work: (tx: Transaction) => Promise<void>) => async (): Promise<void> => {
		const { mood } = ctx.params;
		if (mood === "refuses") throw new Errors.MoleculerClientError("There is no room", 409, "FULLY_BOOKED");
		if (mood === "fails") throw new Errors.MoleculerError("A pipe burst", 500, "PIPE_BURST");
		await db.transaction(work);
		if (mood === "loses the answer") await new Promise(() => undefined);
	};
	const params = { operation: operationParams, mood: "string" };
	return {
		name: "bookings",
		actions: {
			do: {
				params,
				handler(ctx: Asked) {
					const { operation } = ctx.params;
					const work = async (tx: Transaction): Promise<void> => {
						await participant.doOnce(tx, operation, async () => {
							await tx.query(note, [operation.sagaId, `do ${operation.step}`]);
						});
					};
					return answer(ctx, work)();
				},
			},
			undo: {
				params,
				handler(ctx: Asked) {
					const { operation } = ctx.params;
					const work = (tx: Transaction): Promise<void> =>
						participant.undoOnce(tx, operation, async () => {
							await tx.query(note, [operation.sagaId, `undo ${operation.step}`]);
						});
					return answer(ctx, work)();
				},
			},
		},
	};
}
