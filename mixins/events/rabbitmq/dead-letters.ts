import type { Channel, ConsumeMessage } from "amqplib";
import type { DeadLetter } from "../transport";
import type { BrokerConnection } from "./connection";
import { deadLetterOf, originOf } from "./dead-letter";
import { afterReplay } from "./history";
import { lookInto, type Look } from "./look";
import type { Publisher } from "./publisher";
import { deadLetterQueue } from "./queues";
import { toQueue } from "./settle";

/** A node that dies in the middle has replayed this many twice at most. */
const BATCH_SIZE = 100;

/** What a consumer gave up on. While one node looks through it, another sees what came later only. */
export interface DeadLetters {
	list(queue: string, limit: number): Promise<DeadLetter[]>;
	replay(queue: string, eventIds: readonly string[] | "all"): Promise<number>;
}

export function deadLetters(connection: BrokerConnection, publisher: Publisher): DeadLetters {
	/** One look at a time in this process: what one holds, another does not see. */
	let last: Promise<unknown> = Promise.resolve();
	let channel: Channel | undefined;

	async function looking<Result>(queue: string, work: (look: Look) => Promise<Result>): Promise<Result> {
		const mine = last.then(async () => {
			const look = await lookInto(await openChannel(), deadLetterQueue(queue));
			try {
				return await work(look);
			} finally {
				await look.end().catch(() => undefined);
			}
		});
		last = mine.catch(() => undefined);
		return mine;
	}

	/**
	 * The channel stays open: for quorum queues RabbitMQ holds back acknowledgements beyond 32 on their way, and those
	 * that it still holds are forgotten with their channel (17 of 250 came back in a test on 3.10).
	 */
	async function openChannel(): Promise<Channel> {
		if (channel) return channel;
		const opened = await connection.channel();
		// The failing call tells it.
		opened.on("error", () => undefined);
		opened.on("close", () => (channel = undefined));
		channel = opened;
		return opened;
	}

	/** @returns how many were confirmed in their own queue, and are now gone from here */
	async function replayed(look: Look, queue: string, messages: readonly ConsumeMessage[]): Promise<number> {
		const outcomes = await Promise.all(
			messages.map((message) =>
				publisher.publish(toQueue(queue, message, afterReplay(message, originOf(queue, message)))),
			),
		);
		const moved = messages.filter((_, index) => outcomes[index]!.confirmed);
		for (const message of moved) look.remove(message);
		return moved.length;
	}

	return {
		list: (queue, limit) =>
			looking(queue, async ({ messages }) =>
				oldestFirst(queue, messages)
					.slice(0, limit)
					.map(({ letter }) => letter),
			),

		replay: (queue, eventIds) =>
			looking(queue, async (look) => {
				const wanted = eventIds === "all" ? undefined : new Set(eventIds);
				const chosen = oldestFirst(queue, look.messages)
					.map(({ message }) => message)
					.filter(({ properties }) => !wanted || wanted.has(properties.messageId as string));
				let moved = 0;
				for (let from = 0; from < chosen.length; from += BATCH_SIZE) {
					moved += await replayed(look, queue, chosen.slice(from, from + BATCH_SIZE));
				}
				return moved;
			}),
	};
}

function oldestFirst(
	queue: string,
	messages: readonly ConsumeMessage[],
): { message: ConsumeMessage; letter: DeadLetter }[] {
	return messages
		.map((message) => ({ message, letter: deadLetterOf(queue, message) }))
		.toSorted((a, b) => a.letter.diedAt.getTime() - b.letter.diedAt.getTime());
}
