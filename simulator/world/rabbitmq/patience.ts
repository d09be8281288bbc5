import { AmqpError, INTERNAL_ERROR } from "./errors";
import type { Queue } from "./queue";

/** Thrown where a queue that is silent would have to answer: the channel waits for it. */
export class SilentQueue {
	constructor(
		readonly queue: Queue,
		readonly patienceMs: number,
	) {}
}

/** How long a channel of RabbitMQ 3.10 waits for a quorum queue whose process is suspended (measured). */
export const PATIENCE_MS = {
	/** Then the figures are 0. */
	declare: 250,
	/** Then it is deleted all the same. */
	delete: 5_000,
	/** Then the connection is closed. */
	purge: 30_000,
	/** The same. */
	consume: 65_000,
	/** The first message of a channel to that queue; then it is refused. */
	publish: 65_000,
} as const;

/** What a channel may still wait for. */
export type Patience = "fresh" | "over";

/**
 * @param patience over when the channel has waited as long as it does
 * @throws {SilentQueue} at first, and after that the end of the connection
 */
export function answering(queue: Queue, patience: Patience, ms: number): void {
	if (!queue.isSilent()) return;
	if (patience === "fresh") throw new SilentQueue(queue, ms);
	throw new AmqpError(INTERNAL_ERROR, "", "connection");
}

/** @returns whether the queue answers. @throws {SilentQueue} at first */
export function answersInTime(queue: Queue, patience: Patience, ms: number): boolean {
	if (!queue.isSilent()) return true;
	if (patience === "fresh") throw new SilentQueue(queue, ms);
	return false;
}
