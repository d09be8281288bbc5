import type { Channel, ConsumeMessage } from "amqplib";
import type { LetterDecision, LetterOutcome, LetterVisit, LetterVisitor } from "../dead-letters/visit";
import type { DeadLetter, PublishOutcome } from "../transport";
import type { Publication } from "./confirms";
import type { BrokerConnection } from "./connection";
import { deadLetterOf, originOf } from "./dead-letter";
import { afterReplay } from "./history";
import { lookInto, type Look } from "./look";
import type { Publisher } from "./publisher";
import { deadLetterQueue } from "./queues";
import { toQueue } from "./settle";

const NOT_FOUND = 404;

/** A node that dies in the middle has replayed this many twice at most. */
const BATCH_SIZE = 100;

/** What a consumer gave up on. While one node looks through it, another sees what came later only. */
export interface DeadLetters {
	visit(queue: string, visitor: LetterVisitor): Promise<LetterVisit>;
	count(queue: string): Promise<number>;
}

interface Held {
	message: ConsumeMessage;
	letter: DeadLetter;
}

/** @param onMissing is told of a dead-letter queue that is not there: nothing else would notice before somebody needs it */
export function deadLetters(connection: BrokerConnection, publisher: Publisher, onMissing: () => void): DeadLetters {
	/** One look at a time in this process: what one holds, another does not see. */
	let last: Promise<unknown> = Promise.resolve();
	let channel: Channel | undefined;

	async function alone<Result>(work: (channel: Channel) => Promise<Result>): Promise<Result> {
		const mine = last.then(async () => work(await openChannel()));
		last = mine.catch(() => undefined);
		return mine;
	}

	/**
	 * The channel stays open: for quorum queues RabbitMQ holds back acknowledgements beyond 32 on their way, and those
	 * that it still holds are forgotten with their channel (17 of 250 came back in a test on 3.10).
	 */
	async function openChannel(): Promise<Channel> {
		if (channel) return channel;
		channel = await connection.channel(() => (channel = undefined));
		return channel;
	}

	/** A letter leaves only after its copy was confirmed in its own queue. */
	async function carryOut(
		look: Look,
		held: readonly Held[],
		decisions: readonly LetterDecision[],
	): Promise<LetterOutcome[]> {
		const back = held.filter((_, index) => decisions[index] === "putBack");
		const published = await publisher.publish(back.map((each) => copyOf(each)));
		const refusals = new Map(back.flatMap(({ message }, index) => refusalIn(message, published[index]!)));
		return held.map(({ message }, index) => {
			const decision = decisions[index]!;
			if (decision === "keep") return { kind: "kept" };
			const refusal = refusals.get(message);
			if (refusal !== undefined) return { kind: "failed", reason: refusal };
			try {
				look.remove(message);
			} catch (error) {
				const copied = decision === "putBack" ? "a copy went back, but " : "";
				const reason = `${copied}it could not be taken out of the dead letters: ${(error as Error).message}`;
				return { kind: "failed", reason };
			}
			return { kind: decision === "putBack" ? "putBack" : "removed" };
		});
	}

	return {
		visit: (queue, visitor) =>
			alone(async (opened) => {
				const look = await lookInto(opened, deadLetterQueue(queue));
				try {
					const held = oldestFirst(queue, look.messages);
					let seen = 0;
					for (let goesOn = true; goesOn && seen < held.length;) {
						const some = held.slice(seen, seen + BATCH_SIZE);
						const letters = some.map(({ letter }) => letter);
						const decisions = await visitor.decide(letters);
						const outcomes = await carryOut(look, some, decisions);
						goesOn = visitor.carriedOut(letters, outcomes);
						seen += some.length;
					}
					return { seen, total: look.total };
				} finally {
					// On a lost channel there is nothing to put back: RabbitMQ has done it.
					await look.end().catch(() => undefined);
				}
			}),

		count: (queue) =>
			alone(async (opened) => {
				try {
					return (await opened.checkQueue(deadLetterQueue(queue))).messageCount;
				} catch (error) {
					if ((error as { code?: unknown }).code !== NOT_FOUND) throw error;
					onMissing();
					return 0;
				}
			}),
	};
}

function copyOf({ message, letter: { queue } }: Held): Publication {
	return toQueue(queue, message, afterReplay(message, originOf(queue, message)));
}

function refusalIn(message: ConsumeMessage, outcome: PublishOutcome): [ConsumeMessage, string][] {
	return outcome.confirmed ? [] : [[message, outcome.reason]];
}

/** Of those that died in the same millisecond the one that was made first: a UUIDv7 sorts by that. */
function oldestFirst(queue: string, messages: readonly ConsumeMessage[]): Held[] {
	return messages
		.map((message) => ({ message, letter: deadLetterOf(queue, message) }))
		.toSorted(
			({ letter: a }, { letter: b }) =>
				a.diedAt.getTime() - b.diedAt.getTime() || (a.id < b.id ? -1 : Number(a.id > b.id)),
		);
}
