import type { Service } from "moleculer";
import { setMaxListeners } from "node:events";
import type { WithDatabase } from "../database/database.mixin";
import type { FailedEvent } from "../inbox/failures";
import { isUuid } from "../inbox/id";
import type { Inbox } from "../inbox/inbox";
import { UnknownVersionError } from "./envelope";
import type { QueueConsumer } from "./events.mixin";
import { backIn, handlingOf } from "./handling";
import type { Lane } from "./lane";
import { lanes } from "./lanes";
import { queueMeter } from "./meters";
import { receive, type Received } from "./receive";
import type { Suspects } from "./suspects";
import { isBoundTo } from "./topology";
import type { Delivery, Failure, Verdict } from "./transport";
import { verdictOn } from "./verdict";

/** From here on a commit, shared by so many, costs little beside their effects (benchmarks/consuming.ts). */
const BATCH_MAX = 50;

export interface ReceiverOptions {
	inbox: Inbox;
	suspects: Suspects;
	/** Is told when the database has answered. */
	heard(): void;
	/** Is told of events that could not be handled. */
	failed(events: readonly FailedEvent[]): Promise<void>;
}

/** What is done with the deliveries of one queue. */
export interface Receiver {
	handle(delivery: Delivery): Promise<Verdict>;
	/** Some delivery waits for its verdict. */
	isBusy(): boolean;
	/** Leaves all that it holds, and begins anew. What is in the middle of its transaction may still commit. */
	letGo(): void;
	/** Finishes the transactions in work, and leaves the rest. */
	stop(): void;
}

/** From one pause of the consumer to the next. */
interface Life<This> {
	lane: Lane<Received<This>>;
	end(): void;
}

export function receiverOf<This>(
	service: Service & WithDatabase & This,
	{ queue, subscriptions, batchMax = BATCH_MAX, independent = false }: QueueConsumer<This>,
	{ inbox, suspects, heard, failed }: ReceiverOptions,
): Receiver {
	const meter = queueMeter(service.broker, queue.name);
	let inHand = 0;
	let life = begin();

	function begin(): Life<This> {
		const ending = new AbortController();
		// Each lane that waits for the database listens.
		setMaxListeners(0, ending.signal);
		const options = { spec: queue, independent, stopping: ending.signal, suspects, heard, failed, meter };
		const lane = lanes<Received<This>>({
			...handlingOf(service, inbox, options),
			batchMax,
			...(queue.order === "aggregate" && { retriesInPlaceMs: queue.retryDelaysMs }),
		});
		return {
			lane,
			end() {
				ending.abort();
				lane.stop();
			},
		};
	}

	const isLast = ({ attempt }: Delivery): boolean => attempt > queue.retryDelaysMs.length;

	function counted(verdict: Verdict, delivery: Delivery): Verdict {
		// The transport makes a dead letter of what has no delay left.
		const isDead = verdict.kind === "dead" || (verdict.kind === "retry" && isLast(delivery));
		if (isDead) meter.count("events.buried");
		else if (verdict.kind === "retry") meter.count("events.retried");
		return verdict;
	}

	async function note(
		{ messageId: eventId, exchange, routingKey, attempt }: Delivery,
		verdict: Verdict,
	): Promise<void> {
		if (eventId === undefined || !isUuid(eventId)) return;
		await failed([{ eventId, exchange, routingKey, backInMs: backIn(queue, verdict, attempt) }]);
	}

	async function refused(delivery: Delivery, verdict: Verdict): Promise<Verdict> {
		await note(delivery, verdict);
		return counted(verdict, delivery);
	}

	/** By its own keys comes what this release and older ones know, and what nobody knows: it is no fault. */
	function ignore({ messageId }: Delivery): Verdict {
		meter.count("events.ignored");
		service.logger.debug(`${queue.name} ignores an event of an unknown type`, { messageId });
		return { kind: "done" };
	}

	/**
	 * Another node has bound this key, a newer one, which knows what this one does not: it goes round until that one gets
	 * it. Where there is none any more, as the newer release was taken back, it is ignored in the end: it is no dead
	 * letter, since nothing is wrong with it. Nodes that have bound the key find it among what they have missed.
	 */
	async function leaveToNewer(delivery: Delivery, what: string): Promise<Verdict> {
		const { messageId, routingKey } = delivery;
		if (isLast(delivery)) {
			meter.count("events.ignored");
			service.logger.warn(`${queue.name} ignores an event that no node has taken which knows it: ${what}`, {
				messageId,
				routingKey,
			});
			return { kind: "done" };
		}
		const failure: Failure = { code: "UNKNOWN_EVENT", message: what, stack: undefined };
		return refused(delivery, { kind: "retry", failure });
	}

	async function judge(delivery: Delivery): Promise<Verdict> {
		let received: Received<This> | undefined;
		try {
			received = receive(delivery, subscriptions);
		} catch (error) {
			if (error instanceof UnknownVersionError && !isBoundTo(queue, delivery)) {
				return leaveToNewer(delivery, error.message);
			}
			service.logger.warn(`An event on ${queue.name} can't be handled:`, {
				messageId: delivery.messageId,
				error: (error as Error).message,
			});
			return refused(delivery, verdictOn(error));
		}
		if (!received) {
			if (isBoundTo(queue, delivery)) return ignore(delivery);
			return leaveToNewer(delivery, `its type is not known here, and it came by ${delivery.routingKey}`);
		}
		meter.count("events.delivered");
		return counted(await life.lane.handle(received), delivery);
	}

	return {
		async handle(delivery) {
			inHand++;
			try {
				return await judge(delivery);
			} finally {
				inHand--;
			}
		},
		isBusy: () => inHand > 0,
		letGo() {
			life.end();
			life = begin();
		},
		stop: () => life.end(),
	};
}
