import type { Logger } from "moleculer";
import type { Database } from "../database/database";
import { pauseAfter } from "../events/backoff";
import type { EventTransport, OutgoingMessage, PublishOutcome } from "../events/transport";
import { hasListener, type Topology } from "../events/topology";
import type { Leases } from "./leases";
import type { OutboxStatements } from "./statements";

/** Hundreds share one round trip to the database and one wait for the broker's disk. */
const BATCH_MAX = 500;
/** The sweep that finds what no wake-up announced: soon after work was seen, seldom when all is quiet. */
const SWEEP_MS = { min: 100, max: 1_000 };

/** Between attempts at one event that can't be published, and at a broker or database that is in trouble. */
const EVENT_PAUSE = { firstMs: 100, maxMs: 60_000 };
const TROUBLE_PAUSE = { firstMs: 100, maxMs: 1_000 };
/** After this many failed attempts an event is dead: about a day at the longest pause. */
const ATTEMPTS_MAX = 1_500;

interface OutboxRow {
	seq: number;
	event_id: string;
	event_type: string;
	version: number;
	exchange: string;
	routing_key: string;
	correlation_id: string;
	causation_id: string;
	aggregate_id: string;
	aggregate_version: number;
	data: string;
	created_at: Date;
	attempts: number;
}

export interface RelayOptions {
	db: Database;
	statements: OutboxStatements;
	leases: Leases;
	transport: EventTransport;
	topology: Topology;
	/** The service whose events these are. */
	producer: string;
	log: Logger;
}

/** Moves committed events from the outbox to the broker. */
export interface Relay {
	start(): void;
	/** Something was committed: look now. Cheap, may be called for each commit. */
	wake(): void;
	/** Finishes the batch in work. */
	stop(): Promise<void>;
}

/**
 * Reads the heads, publishes them, removes what was confirmed. A crash after the confirm publishes again: the inbox
 * of each consumer absorbs it, since a broker can't fence off a sender.
 */
export function relay(options: RelayOptions): Relay {
	let running = false;
	let woken = false;
	/** Then a wake-up must not hurry it: the broker is not back because more was written. */
	let inTrouble = false;
	let sleeper: (() => void) | undefined;
	let loop: Promise<void> = Promise.resolve();

	const sleep = (ms: number): Promise<void> =>
		new Promise((resolve) => {
			const timer = setTimeout(done, ms);
			function done(): void {
				clearTimeout(timer);
				sleeper = undefined;
				resolve();
			}
			sleeper = done;
		});

	const work = async (): Promise<void> => {
		let pauseMs = SWEEP_MS.min;
		let failures = 0;
		while (running) {
			woken = false;
			try {
				const moved = await relayBatch(options);
				failures = 0;
				inTrouble = false;
				if (moved > 0) {
					pauseMs = SWEEP_MS.min;
					continue;
				}
				pauseMs = Math.min(pauseMs * 2, SWEEP_MS.max);
			} catch (error) {
				inTrouble = true;
				pauseMs = pauseAfter(++failures, TROUBLE_PAUSE);
				options.log.warn(
					`The outbox could not be relayed, next try in ${Math.round(pauseMs)} ms:`,
					(error as Error).message,
				);
			}
			if (running && (inTrouble || !woken)) await sleep(pauseMs);
		}
	};

	return {
		start() {
			running = true;
			loop = work();
		},
		wake() {
			woken = true;
			if (!inTrouble) sleeper?.();
		},
		async stop() {
			running = false;
			sleeper?.();
			await loop;
		},
	};
}

/**
 * @returns how many events were confirmed and removed
 * @throws when the broker took none of them and it was not their own fault
 */
async function relayBatch({ db, statements, leases, transport, topology, producer }: RelayOptions): Promise<number> {
	const partitions = leases.mine();
	if (partitions.length === 0) return 0;
	const rows = await db.query<OutboxRow>(statements.heads, [partitions, BATCH_MAX]);
	if (rows.length === 0) return 0;

	const outcomes = await transport.publish(rows.map((row) => outgoing(row, producer, topology)));
	const confirmed = rows.filter((_, index) => outcomes[index]!.confirmed).map((row) => row.seq);
	if (confirmed.length > 0) await db.query(statements.remove, [confirmed]);
	if (confirmed.length < rows.length) await postponeFailed(db, statements, rows, outcomes);
	const trouble = outcomes.find((outcome) => !outcome.confirmed && outcome.fault !== "message");
	if (trouble && !trouble.confirmed && confirmed.length === 0) throw new Error(trouble.reason);
	return confirmed.length;
}

/** Only what is the message's own fault costs it an attempt; a broker in trouble gets all of them again soon. */
async function postponeFailed(
	db: Database,
	statements: OutboxStatements,
	rows: readonly OutboxRow[],
	outcomes: readonly PublishOutcome[],
): Promise<void> {
	const failed = rows.flatMap((row, index) => {
		const outcome = outcomes[index]!;
		return !outcome.confirmed && outcome.fault === "message" ? [{ row, reason: outcome.reason }] : [];
	});
	if (failed.length === 0) return;
	await db.query(statements.postpone, [
		failed.map(({ row }) => row.seq),
		failed.map(({ reason }) => reason),
		failed.map(({ row }) => pauseAfter(row.attempts + 1, EVENT_PAUSE)),
		failed.map(({ row }) => row.attempts + 1 >= ATTEMPTS_MAX),
	]);
}

function outgoing(row: OutboxRow, producer: string, topology: Topology): OutgoingMessage {
	const envelope = {
		event_id: row.event_id,
		event_type: row.event_type,
		version: row.version,
		timestamp: row.created_at.toISOString(),
		correlation_id: row.correlation_id,
		causation_id: row.causation_id,
		aggregate_id: row.aggregate_id,
		aggregate_version: row.aggregate_version,
		producer,
	};
	// The data is already JSON text: it is put in as it is, not parsed and written again.
	const body = `${JSON.stringify(envelope).slice(0, -1)},"data":${row.data}}`;
	return {
		exchange: row.exchange,
		routingKey: row.routing_key,
		eventId: row.event_id,
		eventType: row.event_type,
		correlationId: row.correlation_id,
		timestamp: row.created_at,
		body,
		mandatory: hasListener(topology, row.exchange, row.routing_key),
	};
}
