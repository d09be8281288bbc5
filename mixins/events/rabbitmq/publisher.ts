import type { ConfirmChannel, Message, Options } from "amqplib";
import { setTimeout as pause } from "node:timers/promises";
import { pauseAfter } from "../backoff";
import type { Log, PublishOutcome } from "../transport";
import { NotConnectedError } from "./address";
import type { BrokerConnection } from "./connection";
import { slots } from "./slots";

/** An alarm in RabbitMQ withholds confirms without a word; longer than a commit of its quorum ever takes. */
export const CONFIRM_TIMEOUT_MS = 5_000;

/** Ten times what keeps RabbitMQ busy; at about 1 kB each it bounds what waits in the socket. */
const IN_FLIGHT_MAX = 4_000;

const SWEEP_MS = 250;
const REOPEN = { firstMs: 50, maxMs: 2_000 };

/** A message with its AMQP properties. An empty exchange is the default one: the routing key names the queue. */
export interface Publication {
	exchange: string;
	routingKey: string;
	body: Buffer;
	mandatory: boolean;
	properties: Options.Publish;
}

export interface Publisher {
	isUp(): boolean;
	/** Resolves when the channel for publishing is open. Called once, after the connection was made. */
	ready(): Promise<void>;
	/** One outcome for each, in their order. Never rejects. Messages leave in the order of the calls. */
	publish(publications: readonly Publication[]): Promise<PublishOutcome[]>;
	/** Waits for the confirms under way, within their time limit. */
	close(): Promise<void>;
}

/** A message that RabbitMQ has not answered yet. */
interface Pending {
	settle(outcome: PublishOutcome): void;
	deadline: number;
	returned: boolean;
}

/**
 * Publishes on one confirm channel, any number in flight up to a limit; RabbitMQ confirms them in batches by itself.
 * @param onMissing something that should be there is not (an exchange, a queue, a binding): declare it again
 */
export function publisher(connection: BrokerConnection, options: { log: Log; onMissing: () => void }): Publisher {
	const inFlight = slots(IN_FLIGHT_MAX);
	const pending = new Map<string | number, Pending>();
	let channel: ConfirmChannel | undefined;
	let closing = false;
	let opening = false;
	let failures = 0;
	let serial = 0;

	async function openChannel(): Promise<void> {
		if (closing || channel || opening || !connection.isUp()) return;
		opening = true;
		try {
			channel = await connection.confirmChannel();
			failures = 0;
			watch(channel);
		} catch (error) {
			options.log.warn(`No channel for publishing: ${(error as Error).message}`);
			openAgain();
		} finally {
			opening = false;
		}
	}

	function watch(opened: ConfirmChannel): void {
		let reason = "the connection was lost before the confirm";
		opened.on("return", returned);
		opened.on("error", (error: Error & { code?: number }) => {
			reason = error.message;
			options.log.warn(`RabbitMQ closed the channel for publishing: ${reason}`);
			if (error.code === 404) options.onMissing();
		});
		opened.on("close", () => {
			channel = undefined;
			for (const message of pending.values()) {
				message.settle({ confirmed: false, reason });
				inFlight.give();
			}
			pending.clear();
			openAgain();
		});
	}

	/** When the whole connection is lost this finds none, and the next connection opens the channel. */
	function openAgain(): void {
		if (!closing) setTimeout(() => void openChannel(), pauseAfter(++failures, REOPEN)).unref();
	}

	/** Arrives before the confirm of the same message. */
	function returned({ properties }: Message): void {
		const message = pending.get((properties.headers?.["x-publication"] as number | undefined) ?? properties.messageId);
		if (message) message.returned = true;
		options.onMissing();
	}

	/** The time is over, but the message keeps its slot: it still lies in some buffer on the way. */
	const sweep = setInterval(() => {
		const now = Date.now();
		for (const message of pending.values()) {
			if (message.deadline > now) break;
			message.settle({ confirmed: false, reason: `no confirm within ${CONFIRM_TIMEOUT_MS / 1_000} s` });
		}
	}, SWEEP_MS).unref();

	/** Needs a slot, and gives it back when the message is answered. @throws why nothing can be published at present */
	function send({ exchange, routingKey, body, mandatory, properties }: Publication, settle: Pending["settle"]): void {
		const { marker, headers } = marked(properties);
		const message: Pending = { settle, deadline: Date.now() + CONFIRM_TIMEOUT_MS, returned: false };
		live().publish(
			exchange,
			routingKey,
			body,
			{ ...properties, headers, mandatory, persistent: true },
			(error: Error | null) => {
				// At a lost channel amqplib calls back for each message; why it was lost, only its own events tell.
				if (error && error.message !== "message nacked") return;
				pending.delete(marker);
				inFlight.give();
				settle(answer(error, message));
			},
		);
		pending.set(marker, message);
	}

	/** A returned message is known by its id; a second copy, or one without an id, needs a number. */
	function marked({ messageId, headers }: Options.Publish): { marker: string | number; headers: object | undefined } {
		if (messageId !== undefined && !pending.has(messageId)) return { marker: messageId, headers: headers as object };
		return { marker: ++serial, headers: { ...(headers as object), "x-publication": serial } };
	}

	/** @throws why nothing can be published at present */
	function live(): ConfirmChannel {
		const blocked = connection.blocked();
		if (blocked !== undefined) throw new Error(`RabbitMQ takes no messages for now: ${blocked}`);
		if (!channel) throw new NotConnectedError(connection.address);
		return channel;
	}

	connection.onUp(() => void openChannel());

	return {
		isUp: () => channel !== undefined,
		ready: openChannel,
		async publish(publications) {
			const batch = batchOf(publications.length);
			for (const [index, publication] of publications.entries()) {
				if (!inFlight.takeNow() && !(await inFlight.take(CONFIRM_TIMEOUT_MS))) {
					// Nothing has moved for so long: the rest would only wait as well.
					batch.giveUpFrom(index, `${IN_FLIGHT_MAX} messages wait for their confirm already`);
					break;
				}
				try {
					send(publication, (outcome) => batch.settle(index, outcome));
				} catch (error) {
					inFlight.give();
					batch.giveUpFrom(index, (error as Error).message);
					break;
				}
			}
			return batch.outcomes;
		},
		async close() {
			closing = true;
			await Promise.race([
				channel?.waitForConfirms().catch(() => undefined),
				pause(CONFIRM_TIMEOUT_MS, undefined, { ref: false }),
			]);
			clearInterval(sweep);
		},
	};
}

/** The outcomes of messages that were handed over together; hundreds share one promise. */
function batchOf(size: number): {
	readonly outcomes: Promise<PublishOutcome[]>;
	settle(index: number, outcome: PublishOutcome): void;
	giveUpFrom(index: number, reason: string): void;
} {
	const settled: PublishOutcome[] = Array.from({ length: size });
	let open = size;
	let done!: (outcomes: PublishOutcome[]) => void;
	const outcomes = new Promise<PublishOutcome[]>((resolve) => (done = resolve));
	if (size === 0) done(settled);

	function settle(index: number, outcome: PublishOutcome): void {
		// A message that took too long was settled then; its late confirm changes nothing.
		if (settled[index]) return;
		settled[index] = outcome;
		if (--open === 0) done(settled);
	}

	return {
		outcomes,
		settle,
		giveUpFrom(index, reason) {
			for (let rest = index; rest < size; rest++) settle(rest, { confirmed: false, reason });
		},
	};
}

function answer(error: Error | null, { returned }: Pending): PublishOutcome {
	if (error) return { confirmed: false, reason: "RabbitMQ refused it (its queue is full or has no leader)" };
	if (returned) return { confirmed: false, reason: "no queue is bound for it", fault: "message" };
	return { confirmed: true };
}
