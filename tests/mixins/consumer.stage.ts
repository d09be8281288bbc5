import type { Channel, ConsumeMessage } from "amqplib";
import { EventEmitter } from "node:events";
import type { Publication } from "../../mixins/events/rabbitmq/confirms";
import type { BrokerConnection } from "../../mixins/events/rabbitmq/connection";
import { startConsumer, type RabbitmqConsumer } from "../../mixins/events/rabbitmq/consumer";
import type { QueueSpec } from "../../mixins/events/topology";
import type { Delivery, PublishOutcome, Verdict } from "../../mixins/events/transport";
import { until } from "../support/until";

export const spec: QueueSpec = { name: "cart.settle", bindings: [], retryDelaysMs: [250, 4_000], prefetch: 10 };
export const ordered: QueueSpec = { ...spec, order: "aggregate" };
export const DONE: Verdict = { kind: "done" };
export const RETRY: Extract<Verdict, { kind: "retry" }> = {
	kind: "retry",
	failure: { code: "NO_PAPER", message: "No paper", stack: undefined },
};
export const REFUSED: PublishOutcome = { confirmed: false, reason: "RabbitMQ refused it" };

/** A channel as amqplib has it, and what was asked of it, in a word each. */
export class FakeChannel extends EventEmitter {
	readonly asked: string[] = [];
	tag = 0;
	private onMessage: ((message: ConsumeMessage | null) => void) | undefined;

	/** @param lost what the connection is told at its end */
	constructor(
		readonly lost: (reason?: Error) => void,
		/** What cancelling and closing it waits for. */
		public answers: Promise<unknown>,
	) {
		super();
	}

	async prefetch(count: number): Promise<void> {
		this.asked.push(`prefetch ${count}`);
		await Promise.resolve();
	}

	async consume(queue: string, onMessage: (message: ConsumeMessage | null) => void): Promise<{ consumerTag: string }> {
		this.asked.push(`consume ${queue}`);
		this.onMessage = onMessage;
		await this.answers;
		return { consumerTag: "a-tag" };
	}

	async cancel(tag: string): Promise<void> {
		this.asked.push(`cancel ${tag}`);
		await this.answers;
	}

	async close(): Promise<void> {
		this.asked.push("close");
		await this.answers;
		this.emit("close");
		this.lost();
	}

	ack({ fields }: ConsumeMessage, allUpTo?: boolean): void {
		this.asked.push(`ack ${allUpTo ? ".." : ""}${fields.deliveryTag}`);
	}

	nack({ fields }: ConsumeMessage): void {
		this.asked.push(`nack ${fields.deliveryTag}`);
	}

	deliver(body = "{}"): void {
		this.onMessage!({
			content: Buffer.from(body),
			fields: { exchange: "orders.events", routingKey: "order.placed", deliveryTag: ++this.tag, redelivered: false },
			properties: { messageId: "an-id", headers: {} },
		} as unknown as ConsumeMessage);
	}

	queueIsGone(): void {
		this.onMessage!(null);
	}
}

/** A consumer on channels that answer as they are told to. */
export interface ConsumerStage {
	channels: FakeChannel[];
	/** The one that was opened last. */
	channel(): FakeChannel;
	handled: Delivery[];
	published: Publication[];
	warned: string[];
	repaired: number;
	/** What its handler says next; it waits where there is nothing. */
	verdicts: (Verdict | Error)[];
	/** What the publisher says next; confirmed where there is nothing. */
	outcomes: PublishOutcome[];
	isUp: boolean;
	/** Resolves when there is a connection; and how often it was waited for. */
	up: Promise<void>;
	waitedForUp: number;
	/** Of opening a channel, the next times. */
	refusals: Error[];
	obstacle: Promise<void> | undefined;
	answers: Promise<unknown>;
	consumer: RabbitmqConsumer;
	/** Ends what its handler waits for. */
	finish(verdict: Verdict): void;
}

const started: RabbitmqConsumer[] = [];
/** Stops them all. */
export async function stopAll(): Promise<void> {
	await Promise.all(started.splice(0).map((each) => each.stop()));
}

export async function consumerStage(
	queue: QueueSpec = spec,
	prepared: Partial<ConsumerStage> = {},
): Promise<ConsumerStage> {
	const waiting: ((verdict: Verdict) => void)[] = [];
	const stage = {
		channels: [],
		channel: () => stage.channels.at(-1)!,
		handled: [],
		published: [],
		warned: [],
		repaired: 0,
		verdicts: [],
		outcomes: [],
		isUp: true,
		up: Promise.resolve(),
		waitedForUp: 0,
		refusals: [],
		obstacle: undefined,
		answers: Promise.resolve(),
		finish: (verdict) => waiting.shift()!(verdict),
		...prepared,
	} as ConsumerStage;
	const connection = {
		isUp: () => stage.isUp,
		up: () => (stage.waitedForUp++, stage.up),
		channel(lost: (reason?: Error) => void) {
			const refusal = stage.refusals.shift();
			if (refusal) return Promise.reject(refusal);
			stage.channels.push(new FakeChannel(lost, stage.answers));
			return Promise.resolve(stage.channel() as unknown as Channel);
		},
	} as unknown as BrokerConnection;
	const handle = async (delivery: Delivery): Promise<Verdict> => {
		stage.handled.push(delivery);
		const verdict = stage.verdicts.shift() ?? (await new Promise<Verdict>((resolve) => waiting.push(resolve)));
		if (verdict instanceof Error) throw verdict;
		return verdict;
	};
	stage.consumer = await startConsumer(queue, handle, {
		connection,
		publisher: {
			isUp: () => true,
			ready: () => Promise.resolve(),
			close: () => Promise.resolve(),
			publish(publications) {
				stage.published.push(...publications);
				return Promise.resolve(publications.map(() => stage.outcomes.shift() ?? { confirmed: true }));
			},
		},
		repair: () => Promise.resolve(void stage.repaired++),
		inTheWay: () => stage.obstacle,
		worker: { node: "node-1", release: undefined },
		log: { info: () => undefined, error: () => undefined, warn: (line) => void stage.warned.push(String(line)) },
	});
	started.push(stage.consumer);
	return stage;
}

/** What RabbitMQ answers only when it is told to. */
export function unanswered(): { channels: FakeChannel[]; answers: Promise<void>; answer: () => void } {
	let answer!: () => void;
	const answers = new Promise<void>((resolve) => (answer = resolve));
	return { channels: [], answers, answer };
}

export const turn = (): Promise<void> => new Promise(setImmediate);

export async function comes(isSo: () => boolean): Promise<void> {
	await until(isSo, { what: String(isSo) });
}
