import { randomUUID } from "node:crypto";
import { ServiceBroker, type Service } from "moleculer";
import { Database, type WithDatabase } from "../../mixins/database/database.mixin";
import { forward, saga } from "../../mixins/saga/definition";
import { Sagas, type WithSagas } from "../../mixins/saga/saga.mixin";
import { until } from "../support/until";
import { mixinDatabase, type MixinDatabase } from "./mixin-database";

let database: MixinDatabase;

beforeAll(async () => {
	database = await mixinDatabase({ errands: ["create_saga_tables"] });
});
afterAll(() => database[Symbol.asyncDispose]());

const atOnce = Promise.resolve();
/** What fetching waits for, by errand. */
const waits = new Map<string, Promise<void>>();

/** Whoever runs it fetches something, as soon as the test lets it, and brings it. */
const errand = saga<object, object>({
	name: "errand",
	steps: [
		forward("fetch it", { do: ({ sagaId }) => waits.get(sagaId) ?? atOnce }),
		forward("bring it", { do: () => atOnce }),
	],
	deadlineMs: 60_000,
	deadlineReason: "TIMED_OUT",
	failed: "FAILED",
	compensated: "COMPENSATED",
	reach: () => atOnce,
});

interface Errands extends AsyncDisposable {
	service: Service & WithDatabase & WithSagas;
	broker: ServiceBroker;
}

/** @param stopping called as soon as its sagas are stopped */
function errandsOn(nodeID: string, stopping: () => void = () => undefined): Errands {
	const broker = new ServiceBroker({ nodeID, logger: false, transporter: null });
	const service = broker.createService({
		name: "errands",
		mixins: [Sagas({ schema: "errands", alone: false, historyDays: 1 }, errand), Database({ url: database.url })],
		// Stopped before its mixins are.
		stopped: () => void setImmediate(stopping),
	});
	return { service: service as Errands["service"], broker, [Symbol.asyncDispose]: () => broker.stop() };
}

/** Begins an errand that does not come to its end before it is let. */
async function begin({ service }: Errands): Promise<{ id: string; letGo: () => void }> {
	const id = randomUUID();
	let letGo!: () => void;
	waits.set(id, new Promise((resolve) => (letGo = resolve)));
	await service.db.transaction((tx) =>
		service.beginSaga(tx, "errand", { sagaId: id, data: {}, correlationId: "a test" }),
	);
	return { id, letGo };
}

interface Row {
	status: string;
	step: number;
	owner: string | null;
	epoch: number;
	leaseUntil: Date;
}

async function rowOf(id: string): Promise<Row> {
	const [row] = await database.ask<Row>(
		`SELECT status, step, owner, epoch::int, lease_until AS "leaseUntil" FROM errands.saga_state WHERE saga_id = $1`,
		[id],
	);
	return row!;
}

test("a saga of a node that is gone is taken over when its lease is over", async () => {
	await using node = errandsOn("taker");
	await node.broker.start();
	const { id, letGo } = await begin(node);
	await database.ask(
		`UPDATE errands.saga_state
		SET owner = 'somebody who is gone', epoch = 2, lease_until = now() + interval '500 ms' WHERE saga_id = $1`,
		[id],
	);
	waits.delete(id);

	await until(async () => (await rowOf(id)).status === "COMPLETED", { what: `errand ${id} to be taken over` });

	expect((await rowOf(id)).epoch).toBe(3);
	letGo();
});

test("a node keeps what it works on for as long as that takes", async () => {
	await using node = errandsOn("keeper");
	await node.broker.start();
	const { id, letGo } = await begin(node);
	const { owner, leaseUntil } = await rowOf(id);

	await until(async () => (await rowOf(id)).leaseUntil > leaseUntil, {
		what: `the lease of errand ${id} to be renewed`,
	});

	expect(await rowOf(id)).toMatchObject({ owner, epoch: 1, status: "RUNNING", step: 0 });
	letGo();
});

test("a node that is stopped ends the step that it is at, and leaves the rest to the others at once", async () => {
	await using node = errandsOn("leaver", () => begun.letGo());
	await node.broker.start();
	const begun = await begin(node);
	const { id } = begun;

	await node.broker.stop();

	expect(await rowOf(id)).toMatchObject({ status: "RUNNING", step: 1, owner: null, epoch: 1, leaseUntil: null });
	await using next = errandsOn("follower");
	await next.broker.start();
	await until(async () => (await rowOf(id)).status === "COMPLETED", { what: `errand ${id} to go on` });
});

test("a node that has not come to its start is stopped like any other", async () => {
	const { service } = errandsOn("sleeper");

	await expect((service as unknown as { _stop(): Promise<void> })._stop()).resolves.toBeUndefined();
});
