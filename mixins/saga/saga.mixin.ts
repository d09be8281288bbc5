import { randomUUID } from "node:crypto";
import type { Context, Service, ServiceSchema } from "moleculer";
import type { WithDatabase } from "../database/database.mixin";
import type { Transaction } from "../database/database";
import { defineMixin } from "../define";
import type { Node } from "./calls";
import type { SagaDefinition } from "./definition";
import { sagaEngine, type NewSaga, type SagaEngine } from "./engine";
import { sagaViews } from "./looking";
import { operatorActions } from "./operator.actions";
import { sagaRetention } from "./retention";
import { sagaStore, type SagaStore } from "./store";

const SWEEP_MS = 1_000;
/** What no node knows how to go on with has been waiting for 30 s by then: ten more don't matter. */
const STRAND_MS = 10_000;
/** Often enough that a busy shop's batches keep up with what becomes old. */
const RETENTION_MS = 60_000;

export interface SagasOptions {
	schema: string;
	/** No other process can be at work: a start takes over every saga at once, without waiting for its lease. */
	alone: boolean;
	/** How long sagas that have ended are kept, with their logs. */
	historyDays: number;
}

/** What the mixin adds to a service. */
export interface WithSagas {
	/** Begins a saga in the transaction that gives the reason for it. */
	beginSaga(tx: Transaction, name: string, saga: NewSaga): Promise<void>;
	/** Something has happened that a waiting saga may want to know: it tries again at once. */
	nudgeSaga(tx: Transaction, sagaId: string): Promise<void>;
}

/**
 * Sagas, kept in the service's schema and run by any of its nodes. Needs the Database mixin, and Outbox where `reach`
 * publishes. A node that dies leaves its sagas to the others: leases last 3 s and are renewed each second. Adds the
 * actions by which operators look at sagas and decide about those that wait for one: see operator.actions.ts.
 */
export function Sagas<This, Data extends readonly unknown[]>(
	options: SagasOptions,
	...sagas: { [Nth in keyof Data]: SagaDefinition<Data[Nth], This> }
): Partial<ServiceSchema> {
	let engine: SagaEngine | undefined;
	let store: SagaStore;
	const timers: NodeJS.Timeout[] = [];
	const heard = (ctx: Context<{ node: Node }>): void => engine?.heardOf(ctx.params.node);

	/** Repeats work that may fail now and then; what it misses, the next time finds. */
	const each = (service: Service, ms: number, what: string, work: () => Promise<unknown>): void => {
		const run = () =>
			work().catch((error: Error) => service.logger.warn(`${what} failed, again in ${ms} ms:`, error.message));
		timers.push(setInterval(() => void run(), ms));
	};

	return defineMixin<WithDatabase>({
		methods: {
			beginSaga: (tx: Transaction, name: string, saga: NewSaga) => engine!.begin(tx, name, saga),
			async nudgeSaga(tx: Transaction, sagaId: string) {
				await store.nudge(tx, sagaId);
				tx.afterCommit(() => void engine!.sweep());
			},
		},
		actions: operatorActions({
			act: (request) => engine!.act(request),
			views: (service) => sagaViews(service.db, options.schema),
		}),
		events: { "$node.connected": heard, "$node.updated": heard },
		async started() {
			const owner = `${this.broker.nodeID}/${randomUUID()}`;
			store = sagaStore(this.db.upkeep, options.schema, owner, this.broker.nodeID);
			const definitions = new Map(
				sagas.map((saga) => [saga.name, saga as unknown as SagaDefinition<Record<string, unknown>>]),
			);
			const started = sagaEngine({ service: this, db: this.db, store, definitions, owner });
			const retention = sagaRetention(this.db, options.schema);
			engine = started;
			await started.sweep(options.alone);
			// Renewed first: what this node still works on is not up for a takeover by itself.
			each(this, SWEEP_MS, "Renewing saga leases", async () => {
				try {
					await started.renew();
				} finally {
					await started.sweep();
				}
			});
			each(this, STRAND_MS, "Looking for stranded sagas", () => started.strand());
			each(this, RETENTION_MS, "Clearing old sagas away", () => retention.sweep(options.historyDays));
		},
		async stopped() {
			if (!engine) return;
			for (const timer of timers) clearInterval(timer);
			await engine.drain();
			await store.release();
		},
	});
}
