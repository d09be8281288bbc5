import { addressOf, vhostOf } from "../../mixins/events/rabbitmq/address";
import type { Channels } from "../../mixins/events/rabbitmq/declare";

/** A node, as the others know it. */
export interface Identity {
	/** With what Moleculer's names on RabbitMQ begin: nodes of another namespace are other nodes. */
	prefix: string;
	nodeId: string;
	/** Made anew by each process. */
	instanceId: string;
}

/** Two nodes with one id would take each other's answers. The newcomer is told, and has disturbed nobody. */
export class NodeIdTakenError extends Error {
	override readonly name = "NodeIdTakenError";

	constructor(amqpUrl: string, { nodeId }: Identity) {
		super(
			`NODE_ID is "${nodeId}", and a node with that id runs on the virtual host "${vhostOf(amqpUrl)}" at ` +
				`${addressOf(amqpUrl)}: give each node an id of its own, or none. The id of a node that was killed is free at ` +
				"once, and that of one whose machine or network has gone after a quarter of a minute.",
		);
	}
}

/**
 * RabbitMQ needs a moment to clean up after a node that was killed, and more where it has much to do. Who runs is still
 * there after it.
 */
export const TAKEN_MS_MAX = 2_000;

/** For one that ends before it consumes; otherwise the queue goes with its last consumer. */
const ORPHAN_MS_MAX = 1_000;

/** Other refusals, such as a virtual host that may have no more queues, have the same code. */
const OTHER_HOLDER = /inequivalent arg 'x-dead-letter-routing-key'/;

/**
 * Holds the id for as long as the connection lives. The id is the name of a queue to which nobody publishes, and whose
 * arguments name the process: of any number who declare it at once RabbitMQ lets one make it and compares the others
 * with that. It is deleted with its last consumer. One process may hold its id several times, so it has it at once
 * on a new connection while RabbitMQ still believes in a lost one.
 * @param lost hears that it is not held any more
 * @returns false where another process has the id
 */
export async function holdId(on: Channels, identity: Identity, lost: () => void): Promise<boolean> {
	const queue = `${identity.prefix}.NODE.${identity.nodeId}`;
	let isHeld = false;
	const over = (): void => {
		if (isHeld) lost();
	};
	const channel = await on.channel(over);
	const declare = (): Promise<unknown> =>
		channel.assertQueue(queue, {
			autoDelete: true,
			expires: ORPHAN_MS_MAX,
			// Nothing is ever dead here: this is the argument with room for a name that RabbitMQ compares.
			deadLetterExchange: "",
			deadLetterRoutingKey: identity.instanceId,
		});
	try {
		await declare();
		await channel.consume(queue, (message) => message ?? over(), { noAck: true });
		// A process that stood still before it consumed may have found the queue of the next one.
		await declare();
		isHeld = true;
		return true;
	} catch (error) {
		if (OTHER_HOLDER.test((error as Error).message)) return false;
		throw error;
	}
}
