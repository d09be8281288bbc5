import type { Channel } from "amqplib";
import type { QueueSpec, Topology } from "../topology";
import type { BrokerConnection } from "./connection";
import { declarationsOf } from "./queues";

/** Making a quorum queue takes RabbitMQ about 20 ms, three at once not much longer. */
const CHANNELS = 4;

/** A queue or exchange of this name exists and is of another kind. RabbitMQ can't change it, and we won't delete it. */
export class TopologyConflictError extends Error {
	override readonly name = "TopologyConflictError";
	readonly code = "TOPOLOGY_CONFLICT";

	constructor(kind: "queue" | "exchange", name: string, problem: string) {
		super(
			`The ${kind} ${name} exists on RabbitMQ and is another one than is needed here (${problem}). ` +
				`Let its messages be handled, then delete it (rabbitmqctl delete_queue, or the management page), and start again; ` +
				`or use a virtual host of its own.`,
		);
	}
}

/**
 * Declares what is not there yet and leaves what is; any number of nodes may do so at once.
 * @throws {TopologyConflictError}
 */
export async function declareTopology(connection: BrokerConnection, { exchanges, queues }: Topology): Promise<void> {
	await onChannel(connection, async (channel) => {
		for (const name of exchanges) {
			await conflicting("exchange", name, channel.assertExchange(name, "topic", { durable: true }));
		}
	});
	const waiting = [...queues];
	await Promise.all(
		Array.from({ length: Math.min(CHANNELS, queues.length) }, () =>
			onChannel(connection, async (channel) => {
				for (let spec = waiting.shift(); spec; spec = waiting.shift()) await declareQueue(channel, spec);
			}),
		),
	);
}

async function declareQueue(channel: Channel, spec: QueueSpec): Promise<void> {
	for (const declaration of declarationsOf(spec)) {
		const { name } = declaration;
		await conflicting("queue", name, channel.assertQueue(name, { durable: true, arguments: declaration.arguments }));
	}
	await bindQueue(channel, spec);
}

/** Bindings that exist stay as they are, so that this may be repeated. */
async function bindQueue(channel: Channel, { name, bindings }: QueueSpec): Promise<void> {
	for (const { exchange, pattern } of bindings) await channel.bindQueue(name, exchange, pattern);
}

/** Restores bindings that somebody has removed: nothing else would show that they are gone. */
export async function bindAgain(connection: BrokerConnection, { queues }: Topology): Promise<void> {
	await onChannel(connection, async (channel) => {
		for (const spec of queues) await bindQueue(channel, spec);
	});
}

async function onChannel(connection: BrokerConnection, work: (channel: Channel) => Promise<void>): Promise<void> {
	const channel = await connection.channel();
	let open = true;
	channel.on("close", () => (open = false));
	// The failing call tells it as well.
	channel.on("error", () => undefined);
	try {
		await work(channel);
	} finally {
		if (open) await channel.close();
	}
}

async function conflicting(kind: "queue" | "exchange", name: string, declared: Promise<unknown>): Promise<void> {
	try {
		await declared;
	} catch (error) {
		if ((error as { code?: number }).code !== 406) throw error;
		const problem = /PRECONDITION_FAILED - (.*)"/.exec((error as Error).message)?.[1] ?? (error as Error).message;
		throw new TopologyConflictError(kind, name, problem);
	}
}
