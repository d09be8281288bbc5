import { confirms } from "./confirms";
import type { Gathering } from "./gathering";
import type { Message } from "./message";
import { PATIENCE_MS, answersInTime, type Patience } from "./patience";
import type { Queue } from "./queue";
import type { Vhost } from "./vhost";
import { contentFrames, METHOD } from "./wire";

/** Messages of one channel that a quorum queue has not taken, before the channel has to wait (its client's soft limit). */
const CREDIT = 32;

const NO_ROUTE = { replyCode: 312, replyText: "NO_ROUTE" };

/** A message as its channel has read it. */
export interface Published {
	message: Message;
	mandatory: boolean;
}

export interface Publishing {
	/** The client asks for confirms from now on. */
	confirm(): void;
	/**
	 * @returns a queue that the channel has to wait for before it goes on
	 * @throws {AmqpError | SilentQueue}
	 */
	publish(published: Published, patience: Patience): Queue | undefined;
	end(): void;
}

export function publishing(
	channel: number,
	world: {
		vhost: Vhost;
		gathering: Gathering;
		send(frame: Buffer): void;
		taken(message: Message, queues: readonly string[]): void;
		isDoubled(): boolean;
	},
): Publishing {
	const { vhost, send } = world;
	const confirming = confirms(channel, send, world.gathering);
	/** Queues that have taken something of this channel, and how much they have not taken yet. */
	const owed = new Map<Queue, number>();

	function deliverTo(queues: readonly Queue[], message: Message, isSafe: boolean): void {
		const confirm = confirming.next();
		const names = queues.map(({ name }) => name);
		for (const queue of queues) owed.set(queue, (owed.get(queue) ?? 0) + 1);
		const tell = (): void => world.taken(message, names);
		vhost.enqueue(message, queues, () => {
			for (const queue of queues) owed.set(queue, owed.get(queue)! - 1);
			// RabbitMQ confirms also what was meant for a queue that is deleted meanwhile.
			confirm(isSafe);
			tell();
		});
		const isDurable = queues.length > 0 && queues.every(({ isQuorum }) => isQuorum);
		if (isDurable && world.isDoubled()) vhost.enqueue(message, queues, tell);
	}

	function giveBack({ exchange, routingKey, properties, body }: Message): void {
		send(contentFrames(METHOD.BasicReturn, channel, { ...NO_ROUTE, exchange, routingKey }, properties, body));
	}

	return {
		confirm: confirming.select,
		publish({ message, mandatory }, patience) {
			const queues = vhost.route(message);
			const isKnown = (queue: Queue): boolean => !queue.isQuorum || owed.has(queue);
			const inVain = queues.filter((queue) => !isKnown(queue) && !answersInTime(queue, patience, PATIENCE_MS.publish));
			if (mandatory && queues.length === 0) giveBack(message);
			deliverTo(
				queues.filter((queue) => !inVain.includes(queue)),
				message,
				inVain.length === 0,
			);
			return queues.find((queue) => queue.isSilent() && (owed.get(queue) ?? 0) >= CREDIT);
		},
		end: confirming.end,
	};
}
