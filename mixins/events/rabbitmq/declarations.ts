import { setTimeout as pause } from "node:timers/promises";
import type { Log } from "../transport";
import type { Topology } from "../topology";
import type { BrokerConnection } from "./connection";
import { bindAgain, declareTopology } from "./declare";

/** What is published between the loss of a binding and this check misses its queue; it costs one call per binding. */
const BINDINGS_CHECK_MS = 10_000;

/**
 * A queue that is deleted and made again at once keeps its consumer on RabbitMQ and delivers nothing to it (seen on 3.10
 * in 20 of 20 tries); after 150 ms RabbitMQ has cancelled the consumer, which then begins anew (0 of 20).
 */
const REPAIR_DELAY_MS = 1_000;

/** What has been declared, and is declared again when it gets lost. */
export interface Declarations {
	/** @throws {TopologyConflictError} */
	declare(topology: Topology): Promise<void>;
	/** Declares everything once more, a second later, once for all who ask meanwhile. Never rejects. */
	repair(): Promise<void>;
	close(): void;
}

export function declarations(connection: BrokerConnection, log: Log): Declarations {
	let declared: Topology = { exchanges: [], queues: [] };
	let repairing: Promise<void> | undefined;
	let checking = false;

	async function quietly(work: () => Promise<void>): Promise<void> {
		if (!connection.isUp()) return;
		try {
			await work();
		} catch (error) {
			log.error(`The exchanges and queues could not be restored: ${(error as Error).message}`);
		}
	}

	async function repairSoon(): Promise<void> {
		await pause(REPAIR_DELAY_MS, undefined, { ref: false });
		repairing = undefined;
		await quietly(() => declareTopology(connection, declared));
	}

	async function check(): Promise<void> {
		if (checking) return;
		checking = true;
		await quietly(() => bindAgain(connection, declared));
		checking = false;
	}

	const checks = setInterval(() => void check(), BINDINGS_CHECK_MS).unref();

	return {
		async declare(topology) {
			await declareTopology(connection, topology);
			declared = merged(declared, topology);
		},
		repair() {
			repairing ??= repairSoon();
			return repairing;
		},
		close: () => clearInterval(checks),
	};
}

/** A queue that is declared once more replaces its former self. */
function merged(before: Topology, after: Topology): Topology {
	const replaced = new Set(after.queues.map(({ name }) => name));
	return {
		exchanges: [...new Set([...before.exchanges, ...after.exchanges])],
		queues: [...before.queues.filter(({ name }) => !replaced.has(name)), ...after.queues],
	};
}
