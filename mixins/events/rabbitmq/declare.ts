import type { Channel } from "amqplib";
import type { QueueSpec, Topology, TopologyConflict } from "../topology";
import { conflictOf } from "./conflict";
import type { BrokerConnection } from "./connection";
import { declarationsOf } from "./queues";

/** Making a quorum queue takes RabbitMQ about 20 ms, three at once not much longer. */
const CHANNELS = 4;

/**
 * Declares what is not there yet and leaves what is; any number of nodes may do so at once. What exists and is another
 * one stays as it is: RabbitMQ can't change it, and nobody's messages are deleted by code.
 * @returns everything that stands in the way, not only the first
 */
export async function declareTopology(
	connection: BrokerConnection,
	{ exchanges, queues }: Topology,
): Promise<TopologyConflict[]> {
	const conflicts: TopologyConflict[] = [];
	await onChannels(connection, 1, exchanges, async (attempt, name) => {
		const work = async (channel: Channel) => channel.assertExchange(name, "topic", { durable: true });
		conflicts.push(...(await attempt("exchange", name, work)));
	});
	await onChannels(connection, CHANNELS, queues, async (attempt, spec) => {
		conflicts.push(...(await declareQueue(attempt, spec)));
	});
	return conflicts;
}

/**
 * A queue that is another one than it should be is bound all the same: so what is published by nodes that don't know of
 * the trouble is kept in it.
 */
async function declareQueue(attempt: Attempt, spec: QueueSpec): Promise<TopologyConflict[]> {
	const conflicts: TopologyConflict[] = [];
	for (const { name, arguments: args } of declarationsOf(spec)) {
		const work = async (channel: Channel) => channel.assertQueue(name, { durable: true, arguments: args });
		conflicts.push(...(await attempt("queue", name, work)));
	}
	const bound = await attempt("queue", spec.name, (channel) => bindQueue(channel, spec));
	const isKnown = conflicts.some(({ name }) => name === spec.name);
	return [...conflicts, ...(isKnown ? [] : bound)].map((conflict) => ({ ...conflict, of: spec.name }));
}

/** Bindings that exist stay as they are, so that this may be repeated. */
async function bindQueue(channel: Channel, { name, bindings }: QueueSpec): Promise<void> {
	for (const { exchange, pattern } of bindings) await channel.bindQueue(name, exchange, pattern);
}

/**
 * Restores bindings that somebody has removed: nothing else would show that they are gone.
 * @returns the queues that could not be bound, as they are gone themselves
 */
export async function bindAgain(connection: BrokerConnection, { queues }: Topology): Promise<string[]> {
	const lost: TopologyConflict[] = [];
	await onChannels(connection, 1, queues, async (attempt, spec) => {
		lost.push(...(await attempt("queue", spec.name, (channel) => bindQueue(channel, spec))));
	});
	return lost.map(({ name }) => name);
}

/** @returns the conflict in which the work ended, or nothing */
type Attempt = (
	kind: TopologyConflict["kind"],
	name: string,
	work: (channel: Channel) => Promise<unknown>,
) => Promise<TopologyConflict[]>;

/** Works on all items, on so many channels at once; each channel is opened anew after a refusal, which closes it. */
async function onChannels<Item>(
	connection: BrokerConnection,
	channels: number,
	items: readonly Item[],
	work: (attempt: Attempt, item: Item) => Promise<void>,
): Promise<void> {
	const waiting = [...items];
	const one = async (): Promise<void> => {
		let channel: Channel | undefined;
		const attempt: Attempt = async (kind, name, ask) => {
			channel ??= await connection.channel(() => (channel = undefined));
			try {
				await ask(channel);
				return [];
			} catch (error) {
				return [conflictOf(kind, name, error)];
			}
		};
		try {
			for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(attempt, item);
		} finally {
			await channel?.close();
		}
	};
	await Promise.all(Array.from({ length: Math.min(channels, items.length) }, one));
}

/** What channels are opened on. */
export type Channels = Pick<BrokerConnection, "channel">;

/** Does something on a channel of its own: a fault closes it, and nothing else. */
export async function onChannel<Result>(
	connection: Channels,
	work: (channel: Channel) => Promise<Result>,
): Promise<Result> {
	let open = true;
	const channel = await connection.channel(() => (open = false));
	try {
		return await work(channel);
	} finally {
		if (open) await channel.close();
	}
}
