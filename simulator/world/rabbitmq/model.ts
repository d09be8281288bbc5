import { connectionOf, type OpenConnection, type ServerConnection, type Wire } from "./connection";
import { CONNECTION_FORCED } from "./errors";
import { gathering } from "./gathering";
import type { Queue } from "./queue";
import type { Surroundings } from "./surroundings";
import { vhost } from "./vhost";

export type { ServerConnection, Wire } from "./connection";
export type { Surroundings } from "./surroundings";

/** A message that an exchange has taken, told as soon as every queue to which it was routed has it, or never will. */
export interface Taken {
	exchange: string;
	routingKey: string;
	properties: Record<string, unknown>;
	body: Buffer;
	/** Those that it was routed to, whether or not they live; none where no queue was bound for it. */
	queues: readonly string[];
	/** As its client calls itself. */
	connection: string;
}

/**
 * RabbitMQ 3.10 as far as clients see it. It does nothing by itself but what it asks its surroundings for, so that whoever
 * runs it chooses the order of things, and the time.
 *
 * It lets everybody in, to one virtual host whatever its name, and has no limits of lengths, no priorities, headers
 * exchanges, bindings between exchanges, transactions or streams.
 */
export interface RabbitmqModel {
	accept(wire: Wire): ServerConnection;
	/** Those that are open. */
	connections(): readonly { id: number; name: string; channels: number }[];
	/** As an operator closes one. */
	closeConnection(id: number, reason?: string): void;
	/** As the server closes one, for a fault such as an acknowledgement that is late. */
	closeChannel(connectionId: number, channel: number, code: number, reason: string): void;
	/** From now on connections and channels for which it holds are closed as soon as they are open. @param client its name */
	closeAtOnce(which: ((client: string) => boolean) | undefined): void;
	/** Its consumers are told. */
	deleteQueue(name: string): void;
	/** From all exchanges where none is given. */
	unbind(queue: string, exchange?: string): void;
	/** A queue whose leader is gone: it takes, confirms, delivers and answers nothing, until it speaks again. */
	silence(queue: string): void;
	speak(queue: string): void;
	/** An alarm: whoever publishes from now on is told so, and not read any more. */
	block(reason: string): void;
	unblock(): void;
	/** All connections are closed without a word; what is durable stays, and an alarm is over. Nobody is let in until `start`. */
	stop(): void;
	start(): void;
	queues(): readonly {
		name: string;
		ready: number;
		unacknowledged: number;
		consumers: number;
		/** How often the message was given back that came back most often. */
		returns: number;
		/** How long one has outlived its time that stood behind another which had more of it. */
		heldUpMs: number;
		arguments: Record<string, unknown>;
	}[];
	bodiesIn(queue: string): readonly Buffer[];
	/** As another program publishes into a queue. @param confirmed not called where it may be lost */
	put(queue: string, id: string, body: Buffer, confirmed: () => void): void;
	onTaken(listener: (message: Taken) => void): void;
}

export function rabbitmqModel(surroundings: Surroundings): RabbitmqModel {
	const together = gathering();
	const host = vhost(surroundings, together);
	const connections = new Map<number, OpenConnection>();
	const silenced = new Set<Queue>();
	const listeners: ((message: Taken) => void)[] = [];
	let lastId = 0;
	let alarm: string | undefined;
	let isStopped = false;
	let isClosedAtOnce: ((client: string) => boolean) | undefined;

	function queueNamed(name: string): Queue | undefined {
		return host.queues().find((queue) => queue.name === name);
	}

	return {
		accept(wire) {
			if (isStopped) {
				wire.end();
				return { receive: () => undefined, lost: () => undefined };
			}
			const connection = connectionOf(++lastId, wire, {
				surroundings,
				gathering: together,
				vhost: host,
				alarm: () => alarm,
				isClosedAtOnce: (client) => isClosedAtOnce?.(client) ?? false,
				taken({ exchange, routingKey, properties, body }, queues, from) {
					for (const listener of listeners) {
						listener({ exchange, routingKey, properties, body, queues, connection: from });
					}
				},
				ended: ({ id }) => void connections.delete(id),
			});
			connections.set(connection.id, connection);
			return connection;
		},
		connections: () =>
			[...connections.values()].flatMap((connection) => {
				const name = connection.name();
				return name === undefined ? [] : [{ id: connection.id, name, channels: connection.channels() }];
			}),
		closeConnection(id, reason = "closed by an operator") {
			connections.get(id)?.close(CONNECTION_FORCED, reason);
		},
		closeChannel(connectionId, channel, code, reason) {
			connections.get(connectionId)?.closeChannel(channel, code, reason);
		},
		closeAtOnce: (which) => void (isClosedAtOnce = which),
		deleteQueue(name) {
			const queue = queueNamed(name);
			if (queue) together.together(() => void host.deleteQueue(queue));
		},
		unbind: (queue, exchange) => host.unbind(queue, exchange, undefined),
		silence(name) {
			const queue = queueNamed(name);
			if (!queue) return;
			silenced.add(queue);
			queue.silence();
		},
		speak(name) {
			const queue = queueNamed(name);
			if (!queue) return;
			silenced.delete(queue);
			if (!isStopped) together.together(queue.speak);
		},
		block(reason) {
			alarm = reason;
		},
		unblock() {
			alarm = undefined;
			for (const connection of connections.values()) connection.unblock();
		},
		stop() {
			if (isStopped) return;
			isStopped = true;
			alarm = undefined;
			for (const queue of host.queues()) queue.silence();
			for (const connection of connections.values()) connection.drop();
			host.crash();
		},
		start() {
			if (!isStopped) return;
			isStopped = false;
			for (const queue of host.queues()) if (!silenced.has(queue)) queue.speak();
		},
		queues: () =>
			host.queues().map((queue) => ({ name: queue.name, ...queue.counts(), arguments: { ...queue.arguments } })),
		bodiesIn: (name) => queueNamed(name)?.bodies() ?? [],
		put(name, id, body, confirmed) {
			const queue = queueNamed(name);
			if (!queue || isStopped) return;
			const message = { exchange: "", routingKey: name, properties: { deliveryMode: 2, messageId: id }, body };
			together.together(() => host.enqueue(message, [queue], (by) => by.length > 0 && confirmed()));
		},
		onTaken: (listener) => void listeners.push(listener),
	};
}
