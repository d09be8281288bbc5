import { setTimeout as pause } from "node:timers/promises";
import { pauseAfter, type Backoff } from "../backoff";
import type { Log } from "../transport";
import { hasListener, type Topology, type TopologyConflict } from "../topology";
import { limitSentence, sentenceOf } from "./conflict";
import type { BrokerConnection } from "./connection";
import { bindAgain, declareTopology, type LimitedQueue } from "./declare";
import { silentQueues } from "./silence";

/** What is published between the loss of a binding and this check misses its queue; it costs one call per binding. */
const BINDINGS_CHECK_MS = 10_000;

/**
 * A queue that is deleted and made again at once keeps its consumer on RabbitMQ and delivers nothing to it (seen on 3.10
 * in 20 of 20 tries); after 150 ms RabbitMQ has cancelled the consumer, which then begins anew (0 of 20).
 */
const REPAIR_DELAY_MS = 1_000;

/** A lost connection needs a few seconds to come back; a broker that breaks off so often is not ready for us. */
const ATTEMPTS_MAX = 5;

/** Between looks whether somebody has mended a conflict: an operator who has waits for half a minute at most. */
const CONFLICT_PAUSE: Backoff = { firstMs: 1_000, maxMs: 30_000 };

export interface DeclarationsOptions {
	connection: BrokerConnection;
	/** Opens one more connection, to find out whether queues answer. */
	open(): Promise<BrokerConnection>;
	conflictPause?: Backoff;
	log: Log;
}

/** What has been declared, and is declared again when it gets lost. */
export interface Declarations {
	/** Conflicts don't reject it: they are said once, and looked at again until somebody has mended them. */
	declare(topology: Topology): Promise<void>;
	/** Declares everything once more, a second later, once for all who ask meanwhile. Never rejects. */
	repair(): Promise<void>;
	conflicts(): readonly TopologyConflict[];
	/** Resolves when nothing stands in the way of consuming this queue any more; undefined when nothing does. */
	inTheWayOf(queue: string): Promise<void> | undefined;
	/** Why nothing may be published there at present: it could get lost. */
	refusal(exchange: string, routingKey: string): string | undefined;
	close(): void;
}

export function declarations({
	connection,
	open,
	conflictPause = CONFLICT_PAUSE,
	log,
}: DeclarationsOptions): Declarations {
	let declared: Topology = { exchanges: [], queues: [] };
	let repairing: Promise<void> | undefined;
	let checking = false;
	let conflicts: readonly TopologyConflict[] = [];
	/** Those of them that don't answer. */
	let silent: readonly TopologyConflict[] = [];
	let looks = 0;
	let nextLook: NodeJS.Timeout | undefined;
	let waiting: { queue: string; resolve(): void }[] = [];
	let closed = false;
	const told = new Set<string>();
	/** One at a time, so that an older finding never replaces a newer one. */
	let last: Promise<unknown> = Promise.resolve();

	async function quietly(work: () => Promise<void>): Promise<void> {
		if (closed || !connection.isUp()) return;
		try {
			await work();
		} catch (error) {
			log.error(`The exchanges and queues could not be restored: ${(error as Error).message}`);
		}
	}

	function declareInTurn(): Promise<void> {
		const mine = last.then(async () => {
			if (closed) return;
			const { conflicts: found, limited } = await declareTopology(connection, declared);
			tellOf(limited);
			const known = new Set(found.map(({ name }) => name));
			const { found: dead, unseen, reason } = await silentQueues(open, declared, known);
			if (closed) return;
			if (unseen.size > 0) log.warn(`Whether the queues answer could not be found out: ${reason}`);
			// What could not be looked at is what it was.
			silent = [...dead, ...silent.filter(({ name }) => unseen.has(name))];
			accept([...found, ...silent], unseen.size > 0);
		});
		last = mine.catch(() => undefined);
		return mine;
	}

	/** Each queue once: its limit does not change, and it is declared again and again. */
	function tellOf(limited: readonly LimitedQueue[]): void {
		const fresh = limited.filter(({ name }) => !told.has(name));
		if (fresh.length === 0) return;
		for (const { name } of fresh) told.add(name);
		log.warn(limitSentence(fresh));
	}

	function accept(found: readonly TopologyConflict[], isUnsure: boolean): void {
		const before = new Set(conflicts.map(sentenceOf));
		const after = new Set(found.map(({ name }) => name));
		for (const sentence of found.map(sentenceOf)) if (!before.has(sentence)) log.error(sentence);
		for (const { kind, name } of conflicts) {
			if (!after.has(name)) log.info(`The ${kind} ${name} on RabbitMQ is now as it should be`);
		}
		conflicts = found;
		const free = waiting.filter(({ queue }) => !isBlocked(queue));
		waiting = waiting.filter(({ queue }) => isBlocked(queue));
		for (const { resolve } of free) resolve();
		looks = found.length > 0 || isUnsure ? looks + 1 : 0;
		planLook();
	}

	function planLook(): void {
		clearTimeout(nextLook);
		nextLook = undefined;
		if (looks > 0 && !closed) nextLook = setTimeout(() => void lookAgain(), pauseAfter(looks, conflictPause)).unref();
	}

	async function lookAgain(): Promise<void> {
		nextLook = undefined;
		await quietly(declareInTurn);
		// It failed, or there was no connection.
		if (!nextLook) planLook();
	}

	async function repairSoon(): Promise<void> {
		await pause(REPAIR_DELAY_MS, undefined, { ref: false });
		repairing = undefined;
		await quietly(declareInTurn);
	}

	function repair(): Promise<void> {
		repairing ??= repairSoon();
		return repairing;
	}

	async function check(): Promise<void> {
		if (checking) return;
		checking = true;
		await quietly(async () => {
			const lost = await bindAgain(connection, declared);
			// A queue in conflict is looked at anyway.
			if (lost.some((queue) => !isBlocked(queue))) await repair();
		});
		checking = false;
	}

	const isBlocked = (queue: string): boolean => conflicts.some(({ of }) => of === queue);
	const checks = setInterval(() => void check(), BINDINGS_CHECK_MS).unref();

	return {
		async declare(topology) {
			declared = merged(declared, topology);
			for (let attempt = 1; ; attempt++) {
				try {
					return await declareInTurn();
				} catch (error) {
					// A broker that is killed while it declares comes back, and takes it up where it was.
					if (connection.isUp() || attempt === ATTEMPTS_MAX) throw error;
					await connection.up();
				}
			}
		},
		repair,
		conflicts: () => conflicts,
		inTheWayOf(queue) {
			return isBlocked(queue) ? new Promise((resolve) => waiting.push({ queue, resolve })) : undefined;
		},
		refusal(exchange, routingKey) {
			const found = conflicts.find((conflict) => concerns(conflict, declared, exchange, routingKey));
			return found && `topology: ${found.kind} ${found.name} (${found.problem})`;
		},
		close() {
			closed = true;
			clearInterval(checks);
			clearTimeout(nextLook);
		},
	};
}

/** Whether what is published there needs what is in conflict; a delay or dead-letter queue is not on its way. */
function concerns(
	{ kind, name, of }: TopologyConflict,
	{ queues }: Topology,
	exchange: string,
	routingKey: string,
): boolean {
	if (kind === "exchange") return name === exchange;
	const own = queues.filter((queue) => queue.name === name && name === of);
	return hasListener({ exchanges: [], queues: own }, exchange, routingKey);
}

/** A queue that is declared once more replaces its former self. */
function merged(before: Topology, after: Topology): Topology {
	const replaced = new Set(after.queues.map(({ name }) => name));
	return {
		exchanges: [...new Set([...before.exchanges, ...after.exchanges])],
		queues: [...before.queues.filter(({ name }) => !replaced.has(name)), ...after.queues],
	};
}
