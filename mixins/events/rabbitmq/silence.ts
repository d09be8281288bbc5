import type { Channel } from "amqplib";
import { setTimeout as pause } from "node:timers/promises";
import type { Topology, TopologyConflict } from "../topology";
import { silent } from "./conflict";
import type { BrokerConnection } from "./connection";
import { declarationsOf } from "./queues";

/** A queue answers within milliseconds; RabbitMQ itself gives up after half a minute, and the connection with it. */
const ANSWER_MS = 5_000;

/** At once; one that waits in vain holds up nobody but those behind it. */
const PROBES = 4;

/** What a look has found out. */
export interface Silence {
	found: TopologyConflict[];
	/** The names of those that could not be looked at, and the reason of one of them. */
	unseen: ReadonlySet<string>;
	reason: string | undefined;
}

/**
 * Finds queues that are declared and dead: a quorum queue that was made milliseconds before a kill -9 of RabbitMQ can
 * come back without a leader (2 of 12 in a test on 3.10). Declaring it succeeds, publishing is never confirmed, and
 * consuming from it closes the whole connection after half a minute, again and again.
 * @param open a connection for this alone, as the answer of a dead queue is the connection's end
 * @param known what is in conflict anyway
 * @returns what it has found out, also where the connection was lost in the middle. Never rejects.
 */
export async function silentQueues(
	open: () => Promise<BrokerConnection>,
	{ queues }: Topology,
	known: ReadonlySet<string>,
): Promise<Silence> {
	const waiting = queues
		.flatMap((spec) => declarationsOf(spec).map(({ name }) => ({ name, of: spec.name })))
		.filter(({ name }) => !known.has(name));
	const found: TopologyConflict[] = [];
	const unseen = new Set<string>();
	let reason: string | undefined;

	function unknown(name: string, error: unknown): void {
		unseen.add(name);
		reason = (error as Error).message;
	}

	async function probe(connection: BrokerConnection): Promise<void> {
		let channel: Channel | undefined;
		for (let next = waiting.shift(); next; next = waiting.shift()) {
			try {
				channel ??= await connection.channel(() => (channel = undefined));
				if (await answersInTime(channel, next.name)) continue;
				found.push({ ...silent(next.name), of: next.of });
			} catch (error) {
				unknown(next.name, error);
			}
			channel = undefined;
		}
	}

	if (waiting.length === 0) return { found, unseen, reason };
	try {
		const connection = await open();
		await Promise.all(Array.from({ length: PROBES }, () => probe(connection)));
		await connection.close();
	} catch (error) {
		for (const { name } of waiting) unknown(name, error);
	}
	return { found, unseen, reason };
}

async function answersInTime(channel: Channel, name: string): Promise<boolean> {
	const over = new AbortController();
	try {
		return await Promise.race([answers(channel, name), pause(ANSWER_MS, false, { ref: false, signal: over.signal })]);
	} finally {
		over.abort();
	}
}

/**
 * One that holds messages or has consumers has a leader: these figures are the leader's. So nothing is ever taken out
 * only to look, which would count as a delivery.
 */
async function answers(channel: Channel, name: string): Promise<boolean> {
	try {
		const { messageCount, consumerCount } = await channel.checkQueue(name);
		if (messageCount > 0 || consumerCount > 0) return true;
		const message = await channel.get(name);
		if (message) channel.nack(message);
	} catch (error) {
		if (!isRefusal(error)) throw error;
	}
	return true;
}

/**
 * Of that queue alone, with the end of the channel: it has been deleted (404), or has a single active consumer, and then
 * its leader gives nothing to who only looks (405). Both are answers.
 */
function isRefusal(error: unknown): boolean {
	const { code } = Object(error) as { code?: unknown };
	return code === 404 || code === 405;
}
