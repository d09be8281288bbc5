import { IllegalOperationError, type Channel, type Message } from "amqplib";

/** How long an acknowledgement waits for those before it. */
const WAIT_MS_MAX = 50;

/** Tells RabbitMQ what became of the deliveries of one channel. */
export interface Acknowledgements {
	/** It is done with. */
	done(message: Message): void;
	/** The queue is to deliver it again. */
	giveBack(message: Message): void;
	/** Sends what waits. */
	flush(): void;
	/** The channel is gone: what was not acknowledged is delivered again. */
	end(): void;
	ended(): boolean;
	/** How many deliveries it has in mind: never more than RabbitMQ has no answer for, which is the prefetch at most. */
	remembered(): number;
}

/**
 * Acknowledges deliveries that follow one another by a single frame (AMQP 0-9-1, basic.ack with `multiple`). A quorum
 * queue replicates each frame as a command of its own, which is most of what a message costs it. Transactions end in
 * any order, so one that has overtaken others waits for them, but not long, and not while it keeps half the prefetch
 * from being filled again.
 */
export function acknowledgements(channel: Pick<Channel, "ack" | "nack">, prefetch: number): Acknowledgements {
	/** The last delivery tag that is done with. Tags have no gaps, so that all before it were delivered as well. */
	let last = 0;
	/** Those before it that are in hand, in their order. */
	const inHand = new Set<number>();
	/** What is to be acknowledged. */
	const waiting = new Map<number, Message>();
	let flushing: NodeJS.Immediate | undefined;
	let patience: NodeJS.Timeout | undefined;
	let ended = false;

	/** Where the connection or the channel is already closing the driver throws, before it tells that they are closed. */
	function answer(send: () => void): void {
		if (ended) return;
		try {
			send();
		} catch (error) {
			if (!(error instanceof IllegalOperationError)) throw error;
			end();
		}
	}

	function end(): void {
		ended = true;
		settleDown();
	}

	function putOutOfHand(tag: number): void {
		inHand.delete(tag);
		for (let between = last + 1; between < tag; between++) inHand.add(between);
		last = Math.max(last, tag);
	}

	/** All before the first one that is in hand. */
	function acknowledgeInARow(): void {
		const [first = Infinity] = inHand;
		const row = [...waiting.keys()].filter((tag) => tag < first);
		const end = waiting.get(Math.max(...row));
		for (const tag of row) waiting.delete(tag);
		if (end) answer(() => channel.ack(end, true));
	}

	function acknowledgeEach(): void {
		for (const message of waiting.values()) answer(() => channel.ack(message));
		waiting.clear();
	}

	/** All that one commit has finished is known by the next turn of the event loop. */
	function flushSoon(): void {
		flushing ??= setImmediate(() => {
			flushing = undefined;
			acknowledgeInARow();
			if (waiting.size >= prefetch / 2) acknowledgeEach();
			if (waiting.size > 0 && !ended) patience ??= setTimeout(flush, WAIT_MS_MAX);
		});
	}

	function flush(): void {
		settleDown();
		acknowledgeInARow();
		acknowledgeEach();
	}

	function settleDown(): void {
		clearImmediate(flushing);
		clearTimeout(patience);
		flushing = undefined;
		patience = undefined;
	}

	return {
		done(message) {
			if (ended) return;
			putOutOfHand(message.fields.deliveryTag);
			waiting.set(message.fields.deliveryTag, message);
			flushSoon();
		},
		giveBack(message) {
			if (ended) return;
			answer(() => channel.nack(message));
			putOutOfHand(message.fields.deliveryTag);
			flushSoon();
		},
		flush() {
			if (!ended) flush();
		},
		end,
		ended: () => ended,
		remembered: () => inHand.size + waiting.size,
	};
}
