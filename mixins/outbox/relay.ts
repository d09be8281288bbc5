import type { Logger } from "moleculer";
import type { Upkeep } from "../database/database";
import { pauseAfter } from "../events/backoff";
import type { OutboxMeter } from "../events/meters";
import type { Topology } from "../events/topology";
import type { EventTransport, PublishOutcome } from "../events/transport";
import { alarm } from "./alarm";
import { asides } from "./asides";
import { BATCH_MAX, batches } from "./batches";
import { lanes } from "./lanes";
import { fullSweep } from "./full-sweep";
import type { Leases, Renewal } from "./leases";
import { marks } from "./marks";
import { mustReach } from "./must-reach";
import { remover } from "./remover";
import { messageOf, type OutboxRow } from "./row";
import type { OutboxStatements } from "./statements";

/** In memory, from reading to removal: what keeps the broker busy while the next are read, about 2 MB. */
const HELD_MAX = 6_000;

/** Between attempts at one event that can't be published, and at a broker or database that is in trouble. */
const EVENT_PAUSE = { firstMs: 100, maxMs: 60_000 };
const TROUBLE_PAUSE = { firstMs: 100, maxMs: 1_000 };
/** After this many failed attempts an event is dead: about a day at the longest pause. */
const ATTEMPTS_MAX = 1_500;

export interface RelayOptions {
	db: Upkeep;
	statements: OutboxStatements;
	leases: Leases;
	transport: EventTransport;
	topology: Topology;
	/** The service whose events these are. */
	producer: string;
	log: Logger;
	meter: OutboxMeter;
}

/** Where an event waits. */
export interface Place {
	partition: number;
	seq: number;
}

/** Moves committed events from the outbox to the broker. */
export interface Relay {
	start(): void;
	/** An event was committed there, or something may have been anywhere: look now. Cheap, may be called for each commit. */
	wake(place?: Place): void;
	/** The share may be another one, and something may wait there that nobody has announced. */
	renewed(renewal: Renewal): void;
	/** Up to which number each of its partitions was read. */
	read(): ReadonlyMap<number, number>;
	/** Finishes what is under way. */
	stop(): Promise<void>;
}

/**
 * Reads what is committed, publishes it, removes what was confirmed, all three at once: while one batch waits for its
 * confirms, the next is read and an earlier one removed. A crash after the confirm publishes again: the inbox of each
 * consumer absorbs it, since a broker can't fence off a sender.
 */
export function relay(options: RelayOptions): Relay {
	const { db, statements, leases, transport, topology, producer, log, meter } = options;
	const held = lanes();
	const read = marks();
	const bell = alarm();
	const sweep = fullSweep();
	const aside = asides();
	const retries = new Set<NodeJS.Timeout>();
	const isMandatory = mustReach(topology);
	let running = false;
	/** The partitions that were ours at the last look. */
	let ours: readonly number[] = [];
	let failures = 0;
	/** Until then nothing is read or sent, and a wake-up does not hurry it: the broker is not back because more was written. */
	let troubledUntilMs = 0;
	let loop: Promise<void> = Promise.resolve();

	const removing = remover(db, statements.remove, {
		removed(seqs) {
			const hadRoom = hasRoom();
			held.removed(seqs);
			if (!hadRoom && hasRoom()) bell.ring();
		},
		troubled: (error) => log.warn("Published events could not be removed from the outbox yet:", error.message),
	});

	/** For half a batch at least: many small reads would cost more than they hurry. */
	function hasRoom(): boolean {
		return held.size <= HELD_MAX - BATCH_MAX / 2;
	}

	async function work(): Promise<void> {
		while (running) {
			const troubledMs = troubledUntilMs - performance.now();
			if (troubledMs > 0) {
				await bell.pauseFor(troubledMs, { deaf: true });
				continue;
			}
			bell.silence();
			const mayBeMore = await look();
			send();
			if (mayBeMore && hasRoom()) continue;
			await bell.pauseFor(sweep.pauseMs());
		}
	}

	/** Reads what waits in this relay's partitions and is not in memory yet. @returns whether there may be more */
	async function look(): Promise<boolean> {
		const partitions = own();
		if (partitions.length === 0 || !hasRoom()) return false;
		const isFull = sweep.isDue();
		if (isFull) read.reset();
		const each = Math.ceil(BATCH_MAX / partitions.length);
		const beganMs = performance.now();
		read.begin();
		held.begin();
		try {
			const values = [partitions, read.of(partitions), each, held.held()];
			const without = aside.routes();
			const rows = await (without.length === 0
				? db.query<OutboxRow>(statements.read, values)
				: db.query<OutboxRow>(statements.readWithout, [...values, without]));
			if (isFull) sweep.done(performance.now() - beganMs);
			return keep(rows, each);
		} catch (error) {
			trouble((error as Error).message);
			return false;
		}
	}

	/** Lets go of what others own by now. @returns the partitions that are ours at this moment */
	function own(): readonly number[] {
		const mine = leases.mine();
		if (mine === ours) return ours;
		ours = mine;
		held.forgetIdle((partition) => !mine.includes(partition));
		read.keepOnly(mine);
		return mine;
	}

	/** @returns whether there may be more than was read */
	function keep(rows: readonly OutboxRow[], each: number): boolean {
		const count = new Map<number, number>();
		const outOfTurn = new Set<string>();
		// Others work on what was lost while it was read.
		const kept = rows.filter(({ partition }) => ours.includes(partition));
		for (const row of kept) {
			count.set(row.partition, (count.get(row.partition) ?? 0) + 1);
			read.raise(row.partition, row.seq);
			// Committed late, behind the mark, and not heard of, or forgotten while this was read: it has to be read first.
			const isOvertaking = row.earlier_seq !== null && !held.has(row.earlier_seq);
			if (isOvertaking || held.isForgotten(row.aggregate_id)) outOfTurn.add(row.aggregate_id);
			if (!outOfTurn.has(row.aggregate_id)) held.add(row);
		}
		for (const row of kept) {
			if (!outOfTurn.has(row.aggregate_id)) continue;
			read.lower(row.partition, row.earlier_seq === null ? row.seq : Math.min(row.seq, row.earlier_seq));
		}
		return outOfTurn.size > 0 || [...count.values()].some((rowsOfOne) => rowsOfOne >= each);
	}

	const leaving = batches({ held, aside, publish, onEnd: send, onNothingToTry: takeBack });

	function send(): void {
		if (!running || performance.now() < troubledUntilMs) return;
		own();
		leaving.start();
	}

	async function publish(route: string, rows: readonly OutboxRow[]): Promise<void> {
		const beganMs = performance.now();
		const outcomes = await transport.publish(rows.map((row) => messageOf(row, producer, isMandatory(row))));
		meter.time("outbox.confirm.time", performance.now() - beganMs);
		const confirmed: number[] = [];
		const refused: { row: OutboxRow; reason: string }[] = [];
		let reason: string | undefined;
		let routeReason: string | undefined;
		for (const [index, row] of rows.entries()) {
			const outcome: PublishOutcome = outcomes[index]!;
			if (outcome.confirmed) {
				held.sent(row);
				confirmed.push(row.seq);
				if (row.attempts > 0) read.lower(row.partition, row.seq);
				continue;
			}
			if (outcome.fault === "route") {
				held.notSent(row);
				routeReason = outcome.reason;
				continue;
			}
			held.forget(row.aggregate_id);
			// Only what is the message's own fault costs it an attempt; a broker in trouble gets all of them again soon.
			if (outcome.fault === "message") {
				refused.push({ row, reason: outcome.reason });
			} else {
				read.lower(row.partition, row.seq);
				reason = outcome.reason;
			}
		}
		meter.count("outbox.published", confirmed.length);
		meter.count("outbox.refused", refused.length);
		meter.count("outbox.failed", rows.length - confirmed.length - refused.length);
		if (confirmed.length > 0) removing.remove(confirmed);
		if (routeReason !== undefined) setAside(route, routeReason);
		else if (confirmed.length > 0) takeBack(route);
		if (refused.length > 0) await postpone(refused);
		if (reason !== undefined) trouble(reason);
		else if (routeReason === undefined) failures = 0;
	}

	function setAside(route: string, reason: string): void {
		if (!aside.has(route)) log.warn(`What goes to ${route} can't be published and waits:`, reason);
		const pauseMs = aside.refused(route);
		if (pauseMs === undefined) return;
		later(pauseMs, () => {
			aside.tryNow(route);
			send();
		});
	}

	/** What has waited in the table is read by the next look. */
	function takeBack(route: string): void {
		if (!aside.takeBack(route)) return;
		log.info(`What goes to ${route} is no longer aside`);
		read.reset();
		bell.ring();
	}

	/** It holds up its own aggregate and nothing else, until its next attempt or its death. */
	async function postpone(refused: readonly { row: OutboxRow; reason: string }[]): Promise<void> {
		const pausesMs = refused.map(({ row }) => pauseAfter(row.attempts + 1, EVENT_PAUSE));
		const dead = refused.map(({ row }) => row.attempts + 1 >= ATTEMPTS_MAX);
		const columns = [refused.map(({ row }) => row.seq), refused.map((each) => each.reason), pausesMs, dead];
		try {
			await db.query(statements.postpone, columns);
		} catch (error) {
			for (const { row } of refused) read.lower(row.partition, row.seq);
			trouble((error as Error).message);
			return;
		}
		for (const [index, { row, reason }] of refused.entries()) {
			if (dead[index]) {
				log.error(`${row.event_type} ${row.event_id} is dead after ${ATTEMPTS_MAX} attempts to publish it:`, reason);
			}
			later(dead[index] ? 0 : pausesMs[index]!, () => wake(row));
		}
	}

	function later(afterMs: number, work: () => void): void {
		const timer = setTimeout(() => {
			retries.delete(timer);
			work();
		}, afterMs);
		retries.add(timer);
	}

	function trouble(reason: string): void {
		for (const row of held.forgetIdle(() => true)) read.lower(row.partition, row.seq);
		// Batches that were under way together tell the same trouble.
		if (performance.now() < troubledUntilMs) return;
		const pauseMs = pauseAfter(++failures, TROUBLE_PAUSE);
		troubledUntilMs = performance.now() + pauseMs;
		log.warn(`The outbox could not be relayed, next try in ${Math.round(pauseMs)} ms:`, reason);
		bell.ring();
	}

	function wake(place?: Place): void {
		if (place && !held.has(place.seq)) read.lower(place.partition, place.seq);
		bell.ring();
	}

	function renewed({ gained, isWaiting }: Renewal): void {
		own();
		held.forgetIdle((partition) => gained.includes(partition));
		read.reset(gained);
		if (isWaiting) bell.ring();
	}

	return {
		start() {
			running = true;
			loop = work();
		},
		wake,
		renewed,
		read: () => read.all(),
		async stop() {
			running = false;
			for (const timer of retries) clearTimeout(timer);
			bell.ring({ evenIfDeaf: true });
			await loop;
			await leaving.ended();
			await removing.stop();
		},
	};
}
