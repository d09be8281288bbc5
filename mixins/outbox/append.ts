import { v7 as uuidv7 } from "uuid";
import type { Transaction } from "../database/database";
import type { Fact } from "../events/contract";
import type { Place } from "./relay";
import type { OutboxStatements } from "./statements";

/** As many shares of the outbox as the migration makes lease rows. More nodes than this for one service wait idle. */
export const PARTITIONS = 16;

/** What led to an event. */
export interface Cause {
	/** Shared by everything that follows from one request, e.g. one checkout. */
	correlationId: string;
	/** The event or request that directly led to it. */
	causationId: string;
}

/**
 * Writes an event into the outbox, in the transaction that makes it true (Richardson, "Transactional outbox").
 * It is published after the commit, at least once, in the order of its aggregate.
 * @returns where it waits
 */
export async function append(tx: Transaction, statements: OutboxStatements, fact: Fact, cause: Cause): Promise<Place> {
	const { contract, aggregateId, data } = fact;
	const partition = partitionOf(aggregateId);
	const [row] = await tx.query<{ seq: number }>(statements.append, [
		uuidv7(),
		aggregateId,
		partition,
		contract.type,
		contract.version,
		contract.exchange,
		contract.routingKey,
		cause.correlationId,
		cause.causationId,
		JSON.stringify(data),
	]);
	return { partition, seq: row!.seq };
}

/** By the last 16 bits of the UUID: random in every version of it, the time-ordered ones included. */
function partitionOf(aggregateId: string): number {
	return Number.parseInt(aggregateId.slice(-4), 16) % PARTITIONS;
}
