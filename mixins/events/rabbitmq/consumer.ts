import type { Channel, ConsumeMessage } from "amqplib";
import { setMaxListeners } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { pauseAfter } from "../backoff";
import { failureOf, tooLarge } from "../failure";
import type { Consumer, Delivery, Log, Verdict, Worker } from "../transport";
import type { QueueSpec } from "../topology";
import { acknowledgements, type Acknowledgements } from "./acknowledgements";
import type { Publication } from "./confirms";
import type { BrokerConnection } from "./connection";
import { sayFarewell } from "./farewell";
import { deliveryOf } from "./history";
import type { Publisher } from "./publisher";
import { onwards } from "./settle";

const AGAIN = { firstMs: 100, maxMs: 3_000 };

/** What RabbitMQ is asked it answers within milliseconds, unless the queue is one that doesn't. */
const FAREWELL_MS_MAX = 5_000;

export interface ConsumerOptions {
	connection: BrokerConnection;
	publisher: Publisher;
	/** Declares again what the consumer needs. */
	repair: () => Promise<void>;
	/** Until it resolves the queue is not to be consumed; undefined when nothing is in the way. */
	inTheWay: () => Promise<void> | undefined;
	worker: Worker;
	log: Log;
}

/** A channel with a consumer on it, and what is answered there. */
interface Consuming {
	channel: Channel;
	acks: Acknowledgements;
	/** Says that nobody has to wait for the channel's end. */
	end(reason: string): void;
}

export interface RabbitmqConsumer extends Consumer {
	readonly queue: string;
	/** What it has let go for; undefined while it is to consume. */
	lacking(): string | undefined;
	/** Consumes at this moment. */
	isUp(): boolean;
}

/** A consumer that shall not consume for the time being. */
interface Pause {
	lacking: string;
	over: Promise<void>;
	end(): void;
}

/**
 * Consumes a queue on a channel of its own, so that a fault of one consumer stays its own, and begins anew whenever
 * the channel or the queue is lost.
 * @returns after the first try, whether it succeeded or goes on trying
 */
export async function startConsumer(
	spec: QueueSpec,
	handle: (delivery: Delivery) => Promise<Verdict>,
	{ connection, publisher, repair, inTheWay, worker, log }: ConsumerOptions,
): Promise<RabbitmqConsumer> {
	const stopping = new AbortController();
	// Each message that is held back listens, as many as the prefetch.
	setMaxListeners(0, stopping.signal);
	const stopped = new Promise<void>((resolve) => stopping.signal.addEventListener("abort", () => resolve()));
	const isOrdered = spec.order === "aggregate";
	const inWork = new Set<Promise<void>>();
	let current: (Consuming & { tag: string }) | undefined;
	let troubled = false;
	let paused: Pause | undefined;

	async function deliver(acks: Acknowledgements, message: ConsumeMessage): Promise<void> {
		// It was on its way when the consumer let go, or it came to one that is to stop and had hardly begun: others get it.
		if (acks.ended() || paused || (stopping.signal.aborted && (isOrdered || current?.acks !== acks))) return;
		const failure = tooLarge(message.content.length);
		const verdict: Verdict = failure
			? { kind: "dead", failure }
			: await handle(deliveryOf(spec.name, message)).catch((error: unknown) => ({
					kind: "retry",
					failure: failureOf(error),
				}));
		if (verdict.kind === "left") return;
		const publication = onwards(spec, message, verdict, worker);
		const isSafe = publication === undefined || (await forwarded(acks, publication));
		// On a channel that was lost meanwhile there is nothing to answer: RabbitMQ delivers the message again.
		if (acks.ended()) return;
		if (isSafe) acks.done(message);
		else acks.giveBack(message);
	}

	/**
	 * Keeps the message until its copy is confirmed. Sent back instead it would come again at once, and again, for as
	 * long as an alarm lasts, and every time RabbitMQ would count it as a delivery that nobody has answered.
	 */
	async function forwarded(acks: Acknowledgements, publication: Publication): Promise<boolean> {
		for (let failures = 1; ; failures++) {
			const [outcome] = await publisher.publish([publication]);
			if (outcome!.confirmed) {
				troubled = false;
				return true;
			}
			// Once for all that are held back by the same trouble.
			if (!troubled)
				log.warn(`Messages of ${spec.name} can't be put into ${publication.routingKey} yet: ${outcome!.reason}`);
			troubled = true;
			if (stopping.signal.aborted || acks.ended()) return false;
			await pause(pauseAfter(failures, AGAIN), undefined, { signal: stopping.signal }).catch(() => undefined);
		}
	}

	/** @returns a promise of the reason why it ended */
	async function begin(): Promise<{ ended: Promise<string> }> {
		let end = (_reason: string): void => undefined;
		const ended = new Promise<string>((resolve) => (end = resolve));
		const channel = await connection.channel((reason) => {
			leave(consuming);
			end(reason?.message ?? "its channel was lost with the connection, or its queue was deleted");
		});
		const acks = acknowledgements(channel, spec.prefetch);
		const consuming: Consuming = { channel, acks, end };
		await channel.prefetch(spec.prefetch, false);
		const { consumerTag } = await channel.consume(spec.name, (message) => {
			if (message) track(deliver(acks, message));
			else lost(consuming);
		});
		// It may have ended in the same breath as it began, or been told to let go meanwhile.
		if (paused || stopping.signal.aborted) lost(consuming);
		else if (!acks.ended()) current = { ...consuming, tag: consumerTag };
		return { ended };
	}

	/** The queue was deleted, its leader moved away, or others shall have it: what is in work has nothing to answer to. */
	function lost(consuming: Consuming): void {
		leave(consuming);
		// It may be closed already, which is as good.
		consuming.channel.close().catch(() => undefined);
	}

	function leave({ channel, acks }: Consuming): void {
		acks.end();
		if (current?.channel === channel) current = undefined;
	}

	/**
	 * What is in work is answered first. A queue that is silent answers no farewell either. Of an ordered queue RabbitMQ
	 * has the next consumer in turn as soon as this one is cancelled, while the first of its messages are still here; at the
	 * end of the channel it takes them back before that.
	 */
	async function letGo(consuming: Consuming & { tag: string }): Promise<void> {
		const { channel, acks, tag, end } = consuming;
		const isAnswered = isOrdered || (await patiently(channel.cancel(tag)));
		await Promise.all(inWork);
		acks.flush();
		const farewell = sayFarewell(channel);
		if (isAnswered) await patiently(farewell);
		leave(consuming);
		end("it was stopped");
	}

	function track(work: Promise<void>): void {
		const tracked = work.finally(() => inWork.delete(tracked));
		inWork.add(tracked);
	}

	async function keepRunning(tried: () => void): Promise<void> {
		let failures = 0;
		while (!stopping.signal.aborted) {
			await Promise.race([connection.up(), stopped]);
			if (stopping.signal.aborted) break;
			const obstacle = paused?.over ?? inTheWay();
			if (obstacle) {
				tried();
				await Promise.race([obstacle, stopped]);
				continue;
			}
			try {
				// One that is still beginning when it is to stop lets go by itself.
				const begun = await Promise.race([begin(), stopped]);
				if (!begun) break;
				tried();
				failures = 0;
				const reason = await begun.ended;
				if (paused) continue;
				if (!stopping.signal.aborted) log.warn(`The consumer of ${spec.name} begins anew: ${reason}`);
			} catch (error) {
				log.warn(`The consumer of ${spec.name} can't begin: ${(error as Error).message}`);
				tried();
				if (connection.isUp()) await Promise.race([repair(), stopped]);
			}
			await pause(pauseAfter(++failures, AGAIN), undefined, { signal: stopping.signal }).catch(() => undefined);
		}
	}

	const running: Promise<void>[] = [];
	await new Promise<void>((tried) => running.push(keepRunning(tried)));

	return {
		queue: spec.name,
		isUp: () => current !== undefined,
		lacking: () => paused?.lacking,
		pause(lacking) {
			paused ??= pauseFor(lacking);
			if (!current) return;
			current.acks.flush();
			lost(current);
		},
		resume() {
			paused?.end();
			paused = undefined;
		},
		async stop() {
			stopping.abort();
			if (current) await letGo(current);
			await Promise.all(running);
		},
	};
}

/** @returns whether there is nothing to wait for any more: it is answered, or the channel is over */
async function patiently(question: Promise<unknown>): Promise<boolean> {
	const answer = question.then(
		() => true,
		() => true,
	);
	return Promise.race([answer, pause(FAREWELL_MS_MAX, false, { ref: false })]);
}

function pauseFor(lacking: string): Pause {
	let end!: () => void;
	const over = new Promise<void>((resolve) => (end = resolve));
	return { lacking, over, end };
}
