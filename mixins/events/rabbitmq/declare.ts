import type { Channel } from "amqplib";
import type { QueueSpec, Topology, TopologyConflict } from "../topology";
import { conflictOf, deliveryLimitIn } from "./conflict";
import type { BrokerConnection } from "./connection";
import { sayFarewell } from "./farewell";
import { declarationsOf, DELIVERY_LIMIT, type QueueDeclaration } from "./queues";

/** Making a quorum queue takes RabbitMQ about 20 ms, three at once not much longer. */
const CHANNELS = 4;

/** A queue as an older release has made it, with a limit of deliveries of its own, and usable as it is. */
export interface LimitedQueue {
	name: string;
	limit: number | "none";
}

/** What was found when the topology was declared. */
export interface Declared {
	/** Everything that stands in the way, not only the first. */
	conflicts: TopologyConflict[];
	limited: LimitedQueue[];
}

/**
 * Declares what is not there yet and leaves what is; any number of nodes may do so at once. What exists and is another
 * one stays as it is: RabbitMQ can't change it, and nobody's messages are deleted by code.
 */
export async function declareTopology(
	connection: BrokerConnection,
	{ exchanges, queues }: Topology,
): Promise<Declared> {
	const conflicts: TopologyConflict[] = [];
	const limited: LimitedQueue[] = [];
	await onChannels(connection, 1, exchanges, async (attempt, name) => {
		const work = async (channel: Channel) => channel.assertExchange(name, "topic", { durable: true });
		conflicts.push(...(await attempt("exchange", name, work)));
	});
	await onChannels(connection, CHANNELS, queues, async (attempt, spec) => {
		conflicts.push(...(await declareQueue(attempt, spec, limited)));
	});
	return { conflicts, limited };
}

/**
 * A queue that is another one than it should be is bound all the same: so what is published by nodes that don't know of
 * the trouble is kept in it.
 */
async function declareQueue(attempt: Attempt, spec: QueueSpec, limited: LimitedQueue[]): Promise<TopologyConflict[]> {
	const conflicts: TopologyConflict[] = [];
	for (const declaration of declarationsOf(spec)) {
		conflicts.push(...(await declareOrAccept(attempt, declaration, limited)));
	}
	const bound = await attempt("queue", spec.name, (channel) => bindQueue(channel, spec));
	const isKnown = conflicts.some(({ name }) => name === spec.name);
	return [...conflicts, ...(isKnown ? [] : bound)].map((conflict) => ({ ...conflict, of: spec.name }));
}

/**
 * An upgrade must not stand still because a former release gave its queues another limit of deliveries. Asked once more
 * with the limit that it has, RabbitMQ tells whether that is the only difference.
 */
async function declareOrAccept(
	attempt: Attempt,
	{ name, arguments: args }: QueueDeclaration,
	limited: LimitedQueue[],
): Promise<TopologyConflict[]> {
	const declare = (given: QueueDeclaration["arguments"]) =>
		attempt("queue", name, async (channel) => channel.assertQueue(name, { durable: true, arguments: given }));
	const [conflict] = await declare(args);
	if (!conflict) return [];
	const limit = deliveryLimitIn(conflict);
	if (limit === undefined) return [conflict];
	const { [DELIVERY_LIMIT]: _ours, ...others } = args;
	const remaining = await declare(limit === "none" ? others : { ...others, [DELIVERY_LIMIT]: limit });
	if (remaining.length === 0) limited.push({ name, limit });
	return remaining;
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
			if (channel) await sayFarewell(channel);
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
		if (open) await sayFarewell(channel);
	}
}
