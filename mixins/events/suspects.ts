import type { Service, ServiceBroker } from "moleculer";
import { setTimeout as pause } from "node:timers/promises";
import type { WithDatabase } from "../database/database.mixin";
import { sql, type Statement } from "../database/statement";
import { pauseAfter } from "./backoff";

/** So often a delivery may come back, by restarts and lost connections, before it is looked at with suspicion. */
export const RETURNS_MAX = 3;

/**
 * So many processes may die with it alone in hand. One can be chance, and so can two where processes are killed all the
 * time; each takes everything else down with it that the process does.
 */
const DEATHS_MAX = 5;

const AGAIN = { firstMs: 200, maxMs: 5_000 };

/** Whoever takes this event in hand dies of it: no later attempt would end otherwise. */
export class KilledItsConsumerError extends Error {
	override readonly name = "KilledItsConsumerError";
	readonly code = "KILLED_ITS_CONSUMER";

	constructor(processes: readonly string[]) {
		super(`${processes.length} processes have died while they handled it: ${processes.join(", ")}`);
	}
}

/** The deliveries of one queue of which one may have killed its consumer. */
export interface Suspects {
	/** Waits until no other suspect is in this node's hands. */
	oneAtATime<Result>(work: () => Promise<Result>): Promise<Result>;
	/**
	 * Notes durably that this process begins it.
	 * @throws {KilledItsConsumerError} when too many have begun it and never told how it ended
	 */
	begin(eventId: string): Promise<void>;
	/** This process has survived it. Never rejects: while the database is away, that is told later. */
	survived(eventId: string): Promise<void>;
	/** It is over with the event, and with what was noted about it. Never rejects either. */
	over(eventId: string): Promise<void>;
}

/** Of each node the last one, whichever service it is of: two in hand at once would both be blamed for one death. */
const lastOf = new WeakMap<ServiceBroker, Promise<unknown>>();

function oneAtATime<Result>(broker: ServiceBroker, work: () => Promise<Result>): Promise<Result> {
	const mine = (lastOf.get(broker) ?? Promise.resolve()).then(work);
	lastOf.set(
		broker,
		mine.catch(() => undefined),
	);
	return mine;
}

/**
 * RabbitMQ counts how often a message came back, whatever the reason: a connection that was closed gives back everything
 * that its consumer held. So that count only makes a suspect. A suspect is handled alone, after a note of the process
 * that begins it, and a process that lives takes its note back. The notes that remain are those of the dead.
 */
export function suspectsOf(
	service: Service & WithDatabase,
	schema: string,
): { of(consumer: string): Suspects; stop(): void } {
	const stopping = new AbortController();
	const process = `${service.broker.nodeID}/${service.broker.instanceID}`;
	const begin = sql(
		`${schema}.suspects.begin`,
		`WITH mine AS (
			INSERT INTO ${schema}.inbox_suspects (consumer, event_id, process) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING
		)
		SELECT process FROM ${schema}.inbox_suspects
		WHERE consumer = $1 AND event_id = $2 AND process <> $3 ORDER BY begun_at`,
	);
	const survived = sql(
		`${schema}.suspects.survived`,
		`DELETE FROM ${schema}.inbox_suspects WHERE consumer = $1 AND event_id = $2 AND process = $3`,
	);
	const over = sql(
		`${schema}.suspects.over`,
		`DELETE FROM ${schema}.inbox_suspects WHERE consumer = $1 AND event_id = $2`,
	);

	/** Each of the failed ones is tried again for as long as the service runs: what is left by then counts as a death. */
	async function tell(statement: Statement, values: readonly string[], failures = 0): Promise<void> {
		try {
			await service.db.query(statement, values);
		} catch (error) {
			service.logger.debug(`What was noted of the suspect ${values[1]} stays for now:`, (error as Error).message);
			void tellAgain(statement, values, failures + 1);
		}
	}

	async function tellAgain(statement: Statement, values: readonly string[], failures: number): Promise<void> {
		const { signal } = stopping;
		await pause(pauseAfter(failures, AGAIN), undefined, { signal, ref: false }).catch(() => undefined);
		if (!signal.aborted) await tell(statement, values, failures);
	}

	return {
		of: (consumer) => ({
			oneAtATime: (work) => oneAtATime(service.broker, work),
			async begin(eventId) {
				const others = await service.db.query<{ process: string }>(begin, [consumer, eventId, process]);
				if (others.length >= DEATHS_MAX) throw new KilledItsConsumerError(others.map((other) => other.process));
			},
			survived: (eventId) => tell(survived, [consumer, eventId, process]),
			over: (eventId) => tell(over, [consumer, eventId]),
		}),
		stop: () => stopping.abort(),
	};
}
