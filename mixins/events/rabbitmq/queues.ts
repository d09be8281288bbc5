import type { QueueSpec } from "../topology";

/** A queue as it is declared. */
export interface QueueDeclaration {
	name: string;
	arguments: Record<string, string | number | boolean>;
}

/**
 * Deliveries without an answer before RabbitMQ itself calls a message dead. It counts them for all that a consumer holds,
 * whosever fault it was that a connection closed, and a look into the dead letters counts as well. Which message kills its
 * consumers, these find out themselves. RabbitMQ 4 has a limit of 20 where none is given; 3.10 has no word for "never".
 */
const NEVER = 1_000_000_000;
export const DELIVERY_LIMIT = "x-delivery-limit";

/** Available since 3.10: dead-lettering that waits for the target's confirm. It demands reject-publish. */
const SAFE_DEAD_LETTERING = { "x-dead-letter-strategy": "at-least-once", "x-overflow": "reject-publish" };

export function deadLetterQueue(queue: string): string {
	return `${queue}.dlq`;
}

export function delayQueue(queue: string, delayMs: number): string {
	return `${queue}.retry.${delayMs}`;
}

/**
 * Everything that a consumer's queue needs. Each has delay queues of its own: one that were shared would stand still
 * for all when 32 of its messages can't be delivered. They dead-letter straight back by the default exchange.
 */
export function declarationsOf({ name, retryDelaysMs, order }: QueueSpec): QueueDeclaration[] {
	return [
		{ name: deadLetterQueue(name), arguments: { "x-queue-type": "quorum", [DELIVERY_LIMIT]: NEVER } },
		{
			name,
			arguments: {
				...deadLetteringTo(deadLetterQueue(name)),
				[DELIVERY_LIMIT]: NEVER,
				// Only where it is asked for: a queue that exists keeps its arguments.
				...(order === "aggregate" && { "x-single-active-consumer": true }),
			},
		},
		...[...new Set(retryDelaysMs)].map((delayMs) => ({
			name: delayQueue(name, delayMs),
			arguments: { ...deadLetteringTo(name), "x-message-ttl": delayMs },
		})),
	];
}

function deadLetteringTo(queue: string): Record<string, string> {
	return {
		"x-queue-type": "quorum",
		"x-dead-letter-exchange": "",
		"x-dead-letter-routing-key": queue,
		...SAFE_DEAD_LETTERING,
	};
}
