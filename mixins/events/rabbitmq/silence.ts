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

/**
 * Finds queues that are declared and dead: a quorum queue that was made milliseconds before a kill -9 of RabbitMQ can
 * come back without a leader (2 of 12 in a test on 3.10). Declaring it succeeds, publishing is never confirmed, and
 * consuming from it closes the whole connection after half a minute, again and again.
 * @param open a connection for this alone, as the answer of a dead queue is the connection's end
 * @param known what is in conflict anyway
 */
export async function silentQueues(
	open: () => Promise<BrokerConnection>,
	{ queues }: Topology,
	known: ReadonlySet<string>,
): Promise<TopologyConflict[]> {
	const waiting = queues
		.flatMap((spec) => declarationsOf(spec).map(({ name }) => ({ name, of: spec.name })))
		.filter(({ name }) => !known.has(name));
	if (waiting.length === 0) return [];
	const found: TopologyConflict[] = [];
	const connection = await open();
	const one = async (): Promise<void> => {
		let channel: Channel | undefined;
		for (let next = waiting.shift(); next; next = waiting.shift()) {
			channel ??= await connection.channel(() => (channel = undefined));
			const answer = answers(channel, next.name);
			// After the end of the patience its failure has nobody to tell it to.
			answer.catch(() => undefined);
			if (await Promise.race([answer, pause(ANSWER_MS, false, { ref: false })])) continue;
			found.push({ ...silent(next.name), of: next.of });
			channel = undefined;
		}
	};
	try {
		await Promise.all(Array.from({ length: PROBES }, one));
	} finally {
		await connection.close();
	}
	return found;
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
