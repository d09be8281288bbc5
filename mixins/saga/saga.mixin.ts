import { randomUUID } from "node:crypto";
import type { ServiceSchema } from "moleculer";
import type { WithDatabase } from "../database/database.mixin";
import type { Transaction } from "../database/database";
import { defineMixin } from "../define";
import type { SagaDefinition } from "./definition";
import { sagaEngine, type NewSaga, type SagaEngine } from "./engine";
import { sagaStore, type SagaStore } from "./store";

const SWEEP_MS = 1_000;

export interface SagasOptions {
	schema: string;
	/** No other process can be at work: a start takes over every saga at once, without waiting for its lease. */
	alone: boolean;
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
 * publishes. A node that dies leaves its sagas to the others: leases last 3 s and are renewed each second.
 */
export function Sagas<This>(options: SagasOptions, ...sagas: SagaDefinition<never, This>[]): Partial<ServiceSchema> {
	let engine: SagaEngine | undefined;
	let store: SagaStore;
	let timer: NodeJS.Timeout;

	return defineMixin<WithDatabase>({
		methods: {
			beginSaga: (tx: Transaction, name: string, saga: NewSaga) => engine!.begin(tx, name, saga),
			async nudgeSaga(tx: Transaction, sagaId: string) {
				await store.nudge(tx, sagaId);
				tx.afterCommit(() => void engine!.sweep());
			},
		},
		async started() {
			const owner = `${this.broker.nodeID}/${randomUUID()}`;
			store = sagaStore(this.db, options.schema, owner, this.broker.nodeID);
			const definitions = new Map(
				sagas.map((each) => [each.name, each as unknown as SagaDefinition<Record<string, unknown>>]),
			);
			const started = sagaEngine({ service: this, db: this.db, store, definitions, owner });
			engine = started;
			await started.sweep(options.alone);
			const renew = () =>
				started.renew().catch((error: Error) => this.logger.warn("Saga leases could not be renewed:", error.message));
			// Renewed first: what this node still works on is not up for a takeover by itself.
			timer = setInterval(() => void renew().then(() => started.sweep()), SWEEP_MS);
		},
		async stopped() {
			if (!engine) return;
			clearInterval(timer);
			await engine.drain();
			await store.release();
		},
	});
}
