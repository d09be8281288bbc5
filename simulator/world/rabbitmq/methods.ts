import type { Arguments } from "./arguments";
import type { Consuming } from "./consuming";
import { ACCESS_REFUSED, AmqpError, named, notImplemented, preconditionFailed, RESOURCE_LOCKED } from "./errors";
import type { ExchangeType } from "./exchange";
import { generatedName } from "./names";
import { answering, answersInTime, PATIENCE_MS, type Patience } from "./patience";
import type { Publishing } from "./publishing";
import type { Queue } from "./queue";
import type { Surroundings } from "./surroundings";
import type { Vhost } from "./vhost";
import { METHOD, methodFrame, type Fields, type Frame } from "./wire";

export interface MethodsSurroundings {
	readonly vhost: Vhost;
	readonly surroundings: Surroundings;
	readonly connection: number;
	readonly publisher: Publishing;
	readonly consumers: Consuming;
	send(frame: Buffer): void;
}

interface QueueDeclare {
	queue: string;
	passive: boolean;
	durable: boolean;
	exclusive: boolean;
	autoDelete: boolean;
	nowait: boolean;
	arguments: Arguments;
}

interface ExchangeDeclare {
	exchange: string;
	type: ExchangeType;
	passive: boolean;
	durable: boolean;
	autoDelete: boolean;
	internal: boolean;
	nowait: boolean;
	arguments: Arguments;
}

type Method = (fields: Fields, patience: Patience) => void;

/** The methods of an open channel. @returns carries one out; it throws {AmqpError | SilentQueue} */
export function methodsOf(channel: number, world: MethodsSurroundings): (frame: Frame, patience: Patience) => void {
	const { vhost, connection, publisher, consumers, surroundings } = world;

	/** What a client doesn't wait for it isn't sent. */
	function answer(id: number, fields: Fields, { nowait }: Fields = {}): void {
		if (nowait !== true) world.send(methodFrame(id, channel, fields));
	}

	const queueNamed = (fields: Fields): Queue => vhost.queue(fields["queue"] as string, connection);

	function declared({ passive, queue: name, ...options }: QueueDeclare): Queue {
		if (passive) return vhost.queue(name, connection);
		const { durable, exclusive, autoDelete, arguments: args } = options;
		if (name.startsWith("amq.") && !vhost.has(name)) {
			throw new AmqpError(ACCESS_REFUSED, `queue name '${name}' contains reserved prefix 'amq.*'`);
		}
		const given = name || generatedName("amq.gen-", surroundings);
		return vhost.declareQueue({ name: given, durable, exclusive, autoDelete, arguments: args }, connection);
	}

	const methods = new Map<number, Method>([
		[METHOD.ChannelFlow, ({ active }) => answer(METHOD.ChannelFlowOk, { active })],
		[
			METHOD.ExchangeDeclare,
			(fields) => {
				const {
					passive,
					exchange: name,
					type,
					durable,
					autoDelete,
					internal,
					arguments: args,
				} = fields as unknown as ExchangeDeclare;
				if (passive) vhost.exchange(name);
				else vhost.declareExchange({ name, type, durable, autoDelete, internal, arguments: args });
				answer(METHOD.ExchangeDeclareOk, {}, fields);
			},
		],
		[
			METHOD.ExchangeDelete,
			(fields) => {
				vhost.deleteExchange(fields["exchange"] as string, { ifUnused: fields["ifUnused"] === true });
				answer(METHOD.ExchangeDeleteOk, {}, fields);
			},
		],
		[
			METHOD.QueueDeclare,
			(fields, patience) => {
				const queue = declared(fields as unknown as QueueDeclare);
				queue.touch();
				const isHeard = answersInTime(queue, patience, PATIENCE_MS.declare);
				const { ready, consumers: count } = isHeard ? queue.counts() : { ready: 0, consumers: 0 };
				answer(METHOD.QueueDeclareOk, { queue: queue.name, messageCount: ready, consumerCount: count }, fields);
			},
		],
		[
			METHOD.QueueBind,
			(fields) => {
				const { exchange, routingKey } = fields as { exchange: string; routingKey: string };
				vhost.exchange(exchange);
				vhost.bind(queueNamed(fields), exchange, routingKey);
				answer(METHOD.QueueBindOk, {}, fields);
			},
		],
		[
			METHOD.QueueUnbind,
			({ queue, exchange, routingKey }) => {
				vhost.unbind(queue as string, exchange as string, routingKey as string);
				answer(METHOD.QueueUnbindOk, {});
			},
		],
		[
			METHOD.QueuePurge,
			(fields, patience) => {
				const queue = queueNamed(fields);
				answering(queue, patience, PATIENCE_MS.purge);
				answer(METHOD.QueuePurgeOk, { messageCount: queue.purge() }, fields);
			},
		],
		[
			METHOD.QueueDelete,
			(fields, patience) => {
				const { queue: name, ifUnused, ifEmpty } = fields as { queue: string; ifUnused: boolean; ifEmpty: boolean };
				const messageCount = vhost.has(name) ? deleteQueue(queueNamed(fields), { ifUnused, ifEmpty }, patience) : 0;
				answer(METHOD.QueueDeleteOk, { messageCount }, fields);
			},
		],
		[
			METHOD.BasicQos,
			({ prefetchCount, global }) => {
				consumers.qos(prefetchCount as number, global === true);
				answer(METHOD.BasicQosOk, {});
			},
		],
		[
			METHOD.BasicConsume,
			(fields, patience) => {
				const queue = queueNamed(fields);
				answering(queue, patience, PATIENCE_MS.consume);
				const { consumerTag, noAck } = fields as { consumerTag: string; noAck: boolean };
				const { tag, begin } = consumers.consume(queue, { tag: consumerTag, noAck });
				answer(METHOD.BasicConsumeOk, { consumerTag: tag }, fields);
				begin();
			},
		],
		[
			METHOD.BasicCancel,
			(fields, patience) => {
				const tag = fields["consumerTag"] as string;
				const queue = consumers.queueOf(tag);
				if (queue) answering(queue, patience, PATIENCE_MS.consume);
				consumers.cancel(tag);
				answer(METHOD.BasicCancelOk, { consumerTag: tag }, fields);
			},
		],
		[
			METHOD.BasicGet,
			(fields, patience) => {
				const queue = queueNamed(fields);
				assertGivesSingly(queue);
				answering(queue, patience, PATIENCE_MS.consume);
				consumers.get(queue, fields["noAck"] === true);
			},
		],
		[METHOD.BasicAck, ({ deliveryTag, multiple }) => consumers.acknowledge(deliveryTag as number, multiple === true)],
		[
			METHOD.BasicNack,
			({ deliveryTag, multiple, requeue }) =>
				consumers.refuse(deliveryTag as number, { multiple: multiple === true, requeue: requeue === true }),
		],
		[
			METHOD.BasicReject,
			({ deliveryTag, requeue }) =>
				consumers.refuse(deliveryTag as number, { multiple: false, requeue: requeue === true }),
		],
		[
			METHOD.BasicRecover,
			() => {
				consumers.recover();
				answer(METHOD.BasicRecoverOk, {});
			},
		],
		[
			METHOD.ConfirmSelect,
			(fields) => {
				publisher.confirm();
				answer(METHOD.ConfirmSelectOk, {}, fields);
			},
		],
	]);

	function deleteQueue(queue: Queue, only: { ifUnused: boolean; ifEmpty: boolean }, patience: Patience): number {
		const { name, isQuorum } = queue;
		for (const [flag, isSet] of [
			["if-unused", only.ifUnused],
			["if-empty", only.ifEmpty],
		] as const) {
			if (!isSet || !isQuorum) continue;
			throw notImplemented(
				`cannot delete ${named("queue", name)}. queue.delete operations with ${flag} flag set are not supported by quorum queues`,
			);
		}
		answersInTime(queue, patience, PATIENCE_MS.delete);
		const counts = queue.counts();
		if (only.ifUnused && counts.consumers > 0) throw preconditionFailed(`${named("queue", name)} in use`);
		if (only.ifEmpty && counts.ready > 0) throw preconditionFailed(`${named("queue", name)} not empty`);
		return vhost.deleteQueue(queue);
	}

	return ({ id, fields = {} }, patience) => {
		const method = methods.get(id!);
		if (!method) throw notImplemented(`method ${id}`);
		method(fields, patience);
	};
}

function assertGivesSingly({ name, isQuorum, arguments: args }: Queue): void {
	if (!isQuorum || args["x-single-active-consumer"] !== true) return;
	throw new AmqpError(
		RESOURCE_LOCKED,
		`cannot obtain access to locked ${named("queue", name)}. basic.get operations are not supported by quorum queues ` +
			"with single active consumer",
	);
}
