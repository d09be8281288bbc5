import { setTimeout as pause } from "node:timers/promises";
import type { Database } from "../../database/database";
import { sql } from "../../database/statement";
import { topicPattern, type QueueSpec } from "../topology";
import { firstLetters, putBack } from "../dead-letters/visit";
import { BODY_BYTES_MAX, type EventTransport, type Log, type OutgoingMessage, type PublishOutcome } from "../transport";
import { startConsumer, type PostgresConsumer } from "./consumer";
import { settler } from "./settler";
import { deadLetters } from "./dead-letters";
import { bind, countWaiting, publish } from "./statements";

/** For handlers that still run; a message that is not settled by then is delivered again at the next start. */
const CLOSE_TIMEOUT_MS = 10_000;

const schemaExists = sql("events.schema_exists", "SELECT to_regclass('events.messages') IS NOT NULL AS exists");

export interface PostgresTransportOptions {
	/** Holds the schema `events`, and this process is the only one that works on it. */
	database: Database;
	/** Stands beside what this node gave up. */
	node: string;
	/** Of the program; stands there too. */
	release?: string;
	log: Log;
}

/** Events over tables in PostgreSQL, for a shop of one process that has no RabbitMQ. */
export function postgresTransport({ database, node, release, log }: PostgresTransportOptions): EventTransport {
	const settling = settler(database, { node, release }, log);
	const dead = deadLetters(database, (queue) => wake(new Set([queue])));
	const consumers = new Set<PostgresConsumer>();

	function wake(queues: ReadonlySet<string>): void {
		for (const consumer of consumers) if (queues.has(consumer.queue)) consumer.wake();
	}

	/** @returns the queues that each message has reached, by its position */
	async function store(messages: readonly (readonly [number, OutgoingMessage])[]): Promise<Map<number, string[]>> {
		if (messages.length === 0) return new Map();
		const column = (of: (message: OutgoingMessage) => string): string[] => messages.map(([, message]) => of(message));
		const rows = await database.query<{ position: number; queues: string[] }>(publish, [
			messages.map(([position]) => position),
			column(({ exchange }) => exchange),
			column(({ routingKey }) => routingKey),
			column(({ eventId }) => eventId),
			column(({ body }) => body),
			messages.map(([, { queue }]) => queue ?? null),
		]);
		return new Map(rows.map(({ position, queues }) => [position, queues]));
	}

	return {
		kind: "postgres",

		async connect() {
			const [found] = await database.query<{ exists: boolean }>(schemaExists);
			if (!found?.exists) throw new Error("The database has no schema events: apply the migrations first");
		},

		async declare({ queues }) {
			for (const queue of queues) await database.query(bind, bindingsOf(queue));
		},

		async publish(messages) {
			const refused = new Map(
				messages.flatMap((message, position) => (refusalOf(message) ? [[position, refusalOf(message)!]] : [])),
			);
			try {
				const reached = await store([...messages.entries()].filter(([position]) => !refused.has(position)));
				wake(new Set([...reached.values()].flat()));
				return messages.map((message, position) => outcomeOf(message, reached.has(position), refused.get(position)));
			} catch (error) {
				const reason = `PostgreSQL did not take it: ${(error as Error).message}`;
				return messages.map(() => ({ confirmed: false, reason }));
			}
		},

		async consume(queue, handle) {
			const consumer = startConsumer(queue, handle, { database, settler: settling, log });
			consumers.add(consumer);
			return {
				...consumer,
				async stop() {
					await consumer.stop();
					consumers.delete(consumer);
				},
			};
		},

		deadLetters: (queue, limit) => firstLetters(dead.visit, queue, limit),
		replay: (queue, ids) => putBack(dead.visit, queue, ids),
		visitDeadLetters: dead.visit,
		countDeadLetters: dead.count,
		async countWaiting(queue) {
			const [found] = await database.query<{ waiting: number }>(countWaiting, [queue]);
			return found!.waiting;
		},

		// The database that would be missing is the one that the outbox is in.
		canPublish: () => true,
		missing() {
			const lacking = [...consumers].flatMap((consumer) => consumer.lacking() ?? []);
			const isUp = [...consumers].every((consumer) => consumer.isUp());
			return [...(isUp ? [] : ["postgres events"]), ...new Set(lacking)];
		},
		// Its queues are rows: they have no arguments that could be others.
		conflicts: () => [],

		async close() {
			settling.close();
			const stopped = Promise.all([...consumers].map((consumer) => consumer.stop()));
			await Promise.race([stopped, pause(CLOSE_TIMEOUT_MS, undefined, { ref: false })]);
			consumers.clear();
		},
	};
}

function bindingsOf({ name, bindings }: QueueSpec): unknown[] {
	return [
		name,
		bindings.map(({ exchange }) => exchange),
		bindings.map(({ pattern }) => pattern),
		bindings.map(({ pattern }) => topicPattern(pattern)),
	];
}

function refusalOf({ body }: OutgoingMessage): string | undefined {
	const length = Buffer.byteLength(body);
	if (length > BODY_BYTES_MAX) return `its body of ${length} bytes is over the limit of ${BODY_BYTES_MAX}`;
	// PostgreSQL would refuse the whole batch for it.
	return body.includes("\0") ? "its body holds a NUL character, which is not JSON" : undefined;
}

function outcomeOf({ mandatory }: OutgoingMessage, isRouted: boolean, refusal: string | undefined): PublishOutcome {
	if (refusal !== undefined) return { confirmed: false, reason: refusal, fault: "message" };
	return isRouted || !mandatory
		? { confirmed: true }
		: { confirmed: false, reason: "no queue is bound for it", fault: "message" };
}
