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
}

/**
 * Acknowledges deliveries that follow one another by a single frame (AMQP 0-9-1, basic.ack with `multiple`). A quorum
 * queue replicates each frame as a command of its own, which is most of what a message costs it. Transactions end in
 * any order, so one that has overtaken others waits for them, but not long, and not while it keeps half the prefetch
 * from being filled again.
 */
export function acknowledgements(channel: Pick<Channel, "ack" | "nack">, prefetch: number): Acknowledgements {
	/** Up to this delivery tag RabbitMQ has an answer. */
	let answered = 0;
	/** Beyond it: what to acknowledge, or undefined for what has its answer. */
	const beyond = new Map<number, Message | undefined>();
	/** How many of these have none. */
	let overtaken = 0;
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

	function acknowledgeInARow(): void {
		let last: Message | undefined;
		for (let tag = answered + 1; beyond.has(tag); answered = tag++) {
			const message = beyond.get(tag);
			beyond.delete(tag);
			if (!message) continue;
			last = message;
			overtaken--;
		}
		if (last) answer(() => channel.ack(last, true));
	}

	function acknowledgeEach(): void {
		for (const [tag, message] of beyond) {
			if (!message) continue;
			answer(() => channel.ack(message));
			beyond.set(tag, undefined);
		}
		overtaken = 0;
	}

	/** All that one commit has finished is known by the next turn of the event loop. */
	function flushSoon(): void {
		flushing ??= setImmediate(() => {
			flushing = undefined;
			acknowledgeInARow();
			if (overtaken >= prefetch / 2) acknowledgeEach();
			if (overtaken > 0 && !ended) patience ??= setTimeout(flush, WAIT_MS_MAX);
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
			beyond.set(message.fields.deliveryTag, message);
			overtaken++;
			flushSoon();
		},
		giveBack(message) {
			if (ended) return;
			answer(() => channel.nack(message));
			beyond.set(message.fields.deliveryTag, undefined);
			flushSoon();
		},
		flush() {
			if (!ended) flush();
		},
		end,
		ended: () => ended,
	};
}
