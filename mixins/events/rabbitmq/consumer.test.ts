import type { Channel, ConsumeMessage } from "amqplib";
import { EventEmitter } from "node:events";
import timers from "node:timers/promises";
import { BODY_BYTES_MAX, type Delivery, type PublishOutcome, type Verdict } from "../transport";
import type { QueueSpec } from "../topology";
import type { Publication } from "./confirms";
import type { BrokerConnection } from "./connection";
import { startConsumer, type RabbitmqConsumer } from "./consumer";

const spec: QueueSpec = { name: "cart.settle", bindings: [], retryDelaysMs: [250, 4_000], prefetch: 10 };
const ordered: QueueSpec = { ...spec, order: "aggregate" };
const DONE: Verdict = { kind: "done" };
const RETRY: Verdict = { kind: "retry", failure: { code: "NO_PAPER", message: "No paper", stack: undefined } };
const REFUSED: PublishOutcome = { confirmed: false, reason: "RabbitMQ refused it" };

/** A channel as amqplib has it, and what was asked of it, in a word each. */
class FakeChannel extends EventEmitter {
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

interface Stage {
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
	/** Resolves when there is a connection. */
	up: Promise<void>;
	/** Of opening a channel, the next times. */
	refusals: Error[];
	obstacle: Promise<void> | undefined;
	answers: Promise<unknown>;
	consumer: RabbitmqConsumer;
	/** Ends what its handler waits for. */
	finish(verdict: Verdict): void;
}

const started: RabbitmqConsumer[] = [];
afterEach(async () => {
	await Promise.all(started.splice(0).map((each) => each.stop()));
});

async function stageOf(queue: QueueSpec = spec, prepared: Partial<Stage> = {}): Promise<Stage> {
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
		refusals: [],
		obstacle: undefined,
		answers: Promise.resolve(),
		finish: (verdict) => waiting.shift()!(verdict),
		...prepared,
	} as Stage;
	const connection = {
		isUp: () => stage.isUp,
		up: () => stage.up,
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
function unanswered(): { channels: FakeChannel[]; answers: Promise<void>; answer: () => void } {
	let answer!: () => void;
	const answers = new Promise<void>((resolve) => (answer = resolve));
	return { channels: [], answers, answer };
}

const turn = (): Promise<void> => new Promise(setImmediate);

async function until(isSo: () => boolean): Promise<void> {
	while (!isSo()) await turn();
}

describe("a delivery", () => {
	test("that its handler is done with is acknowledged", async () => {
		const stage = await stageOf(spec, { verdicts: [DONE] });

		stage.channel().deliver();
		await until(() => stage.channel().asked.length > 2);

		expect(stage.channel().asked).toEqual(["prefetch 10", "consume cart.settle", "ack ..1"]);
		expect(stage.handled).toMatchObject([{ queue: "cart.settle", routingKey: "order.placed", attempt: 1 }]);
		expect(stage.published).toEqual([]);
	});

	test.each<[string, Verdict | Error, string, string]>([
		["shall be tried again", RETRY, "cart.settle.retry.250", "NO_PAPER"],
		["is dead", { ...RETRY, kind: "dead" }, "cart.settle.dlq", "NO_PAPER"],
		["its handler throws at", new RangeError("Too far"), "cart.settle.retry.250", "RangeError"],
	])("that %s goes on, and then it is acknowledged", async (_, verdict, queue, code) => {
		const stage = await stageOf(spec, { verdicts: [verdict] });

		stage.channel().deliver();
		await until(() => stage.channel().asked.length > 2);

		expect(stage.published).toMatchObject([{ routingKey: queue, properties: { headers: { "x-error-code": code } } }]);
		expect(stage.channel().asked.at(-1)).toBe("ack ..1");
	});

	test("that is too large is dead, and no handler sees it", async () => {
		const stage = await stageOf();

		stage.channel().deliver("x".repeat(BODY_BYTES_MAX + 1));
		await until(() => stage.channel().asked.length > 2);

		expect(stage.handled).toEqual([]);
		expect(stage.published).toMatchObject([{ routingKey: "cart.settle.dlq" }]);
	});

	test("that is left stays unanswered", async () => {
		const stage = await stageOf(spec, { verdicts: [{ kind: "left" }] });

		stage.channel().deliver();
		await turn();
		await turn();

		expect([stage.handled.length, stage.channel().asked.length, stage.published.length]).toEqual([1, 2, 0]);
	});

	test("is kept until its copy is taken, and what holds it up is said once", async () => {
		const stage = await stageOf(spec, { verdicts: [RETRY, RETRY], outcomes: [REFUSED, REFUSED, REFUSED] });

		stage.channel().deliver();
		stage.channel().deliver();
		await until(() => stage.channel().asked.includes("ack ..2") || stage.channel().asked.includes("ack ..1"));
		await until(() => stage.published.length === 5);

		expect(stage.warned).toEqual([
			"Messages of cart.settle can't be put into cart.settle.retry.250 yet: RabbitMQ refused it",
		]);
		expect(stage.channel().asked.filter((each) => each.startsWith("nack"))).toEqual([]);
	});

	test("that is held up anew is told of anew", async () => {
		const stage = await stageOf(spec, { verdicts: [RETRY, RETRY], outcomes: [REFUSED] });

		stage.channel().deliver();
		await until(() => stage.channel().asked.includes("ack ..1"));
		stage.outcomes.push(REFUSED);
		stage.channel().deliver();
		await until(() => stage.channel().asked.includes("ack ..2"));

		expect(stage.warned).toHaveLength(2);
	});

	test("whose copy nobody takes is given back when the consumer stops", async () => {
		const stage = await stageOf(spec, { verdicts: [RETRY], outcomes: [REFUSED, REFUSED] });

		stage.channel().deliver();
		await until(() => stage.published.length === 1);
		await stage.consumer.stop();

		expect(stage.channel().asked.slice(2)).toEqual(["cancel a-tag", "nack 1", "close"]);
	});

	test("whose channel is lost meanwhile is left to the next one", async () => {
		const stage = await stageOf();
		const [channel] = stage.channels;

		channel!.deliver();
		channel!.lost();
		stage.finish(DONE);
		await until(() => stage.channels.length === 2);
		await turn();

		expect(channel!.asked).toEqual(["prefetch 10", "consume cart.settle"]);
	});

	test("is not tried on with after its channel is lost", async () => {
		const stage = await stageOf(spec, { verdicts: [RETRY], outcomes: [REFUSED] });

		stage.channel().deliver();
		stage.channel().lost();
		await until(() => stage.channels.length === 2);
		await turn();

		expect(stage.published).toHaveLength(1);
	});

	test("of a channel that is lost is not begun", async () => {
		const stage = await stageOf();

		stage.channel().lost();
		stage.channel().deliver();
		await turn();

		expect(stage.handled).toEqual([]);
	});
});

describe("a consumer", () => {
	test("begins anew when its channel is lost, and says why", async () => {
		const stage = await stageOf();
		const before = stage.consumer.isUp();

		stage.channel().lost(new Error("Channel closed by server: 404"));
		const between = stage.consumer.isUp();
		await until(() => stage.consumer.isUp());
		stage.channel().lost();
		await until(() => stage.warned.length === 2);

		expect([before, between, stage.channels.length]).toEqual([true, false, 2]);
		expect(stage.channel().asked).toEqual(["prefetch 10", "consume cart.settle"]);
		expect(stage.warned).toEqual([
			"The consumer of cart.settle begins anew: Channel closed by server: 404",
			"The consumer of cart.settle begins anew: its channel was lost with the connection, or its queue was deleted",
		]);
	});

	test("gives its channel up when the queue is gone", async () => {
		const stage = await stageOf();

		stage.channel().queueIsGone();

		expect(stage.channel().asked.at(-1)).toBe("close");
		expect(stage.consumer.isUp()).toBe(false);
	});

	test("whose channel ends in the same breath as it begins is not up", async () => {
		const { channels, answers, answer } = unanswered();

		const starting = stageOf(spec, { channels, answers });
		await turn();
		channels[0]!.lost();
		answer();
		const { consumer } = await starting;

		expect(consumer.isUp()).toBe(false);
	});

	test.each([
		["pauses", async (consumer: RabbitmqConsumer) => consumer.pause("database of cart")],
		["stops", (consumer: RabbitmqConsumer) => consumer.stop()],
	])("that %s while it begins lets its channel go", async (_, letGo) => {
		const stage = await stageOf();
		const { answers, answer } = unanswered();

		stage.answers = answers;
		stage.channel().lost();
		await until(() => stage.channels.length === 2);
		const over = letGo(stage.consumer);
		answer();
		await over;
		await until(() => stage.channel().asked.length === 3);

		expect(stage.channel().asked.at(-1)).toBe("close");
		expect(stage.consumer.isUp()).toBe(false);
		expect([stage.warned.length, stage.repaired]).toEqual([1, 0]);
	});

	test("that stops while it begins leaves what it gets meanwhile to others", async () => {
		const stage = await stageOf();

		stage.answers = new Promise(() => undefined);
		stage.channel().lost();
		await until(() => stage.channels.length === 2);
		const stopping = stage.consumer.stop();
		stage.channel().deliver();
		await stopping;

		expect(stage.handled).toEqual([]);
	});

	test("that stops while there is no connection opens no channel when there is one", async () => {
		let connect!: () => void;
		const up = new Promise<void>((resolve) => (connect = resolve));
		const stage = await stageOf();

		stage.up = up;
		stage.channel().lost();
		await until(() => stage.warned.length === 1);
		await turn();
		await stage.consumer.stop();
		connect();
		await turn();

		expect(stage.channels).toHaveLength(1);
	});

	test("keeps its new channel when the end of the old one is told late", async () => {
		const stage = await stageOf();
		const [old] = stage.channels;

		stage.consumer.pause("database of cart");
		stage.consumer.resume();
		await until(() => stage.channels.length === 2 && stage.consumer.isUp());
		old!.lost();

		expect(stage.consumer.isUp()).toBe(true);
	});

	test.each([
		[true, 1],
		[false, 0],
	])(
		"that can't begin says so, and what is missing is declared again where RabbitMQ is there: %s",
		async (isUp, times) => {
			const stage = await stageOf(spec, { refusals: [new Error("no queue 'cart.settle'")], isUp });

			await until(() => stage.consumer.isUp());

			expect(stage.warned).toEqual(["The consumer of cart.settle can't begin: no queue 'cart.settle'"]);
			expect(stage.repaired).toBe(times);
		},
	);

	test("waits until nothing is in the way", async () => {
		let clear!: () => void;
		const stage = await stageOf(spec, { obstacle: new Promise<void>((resolve) => (clear = resolve)) });

		const before = [stage.channels.length, stage.consumer.isUp()];
		stage.obstacle = undefined;
		clear();
		await until(() => stage.consumer.isUp());

		expect(before).toEqual([0, false]);
	});

	test("that pauses answers what it is done with, lets its channel go, and takes nothing until it goes on", async () => {
		const stage = await stageOf(spec, { verdicts: [DONE] });
		const [channel] = stage.channels;

		channel!.deliver();
		await until(() => stage.handled.length === 1);
		await Promise.resolve();
		await Promise.resolve();
		stage.consumer.pause("database of cart");
		stage.consumer.pause("queue cart.settle");
		channel!.deliver();
		const lacking = [stage.consumer.lacking(), stage.consumer.isUp()];
		await turn();
		const opened = stage.channels.length;
		stage.consumer.resume();
		await until(() => stage.consumer.isUp());

		expect(lacking).toEqual(["database of cart", false]);
		expect(channel!.asked.slice(2)).toEqual(["ack ..1", "close"]);
		expect([stage.handled.length, opened, stage.channels.length]).toEqual([1, 1, 2]);
		expect([stage.consumer.lacking(), stage.warned]).toEqual([undefined, []]);
	});

	test("goes on that never paused", async () => {
		const stage = await stageOf();

		stage.consumer.resume();

		expect(stage.consumer.isUp()).toBe(true);
	});

	test("that stops answers what is in work first, and takes what comes meanwhile", async () => {
		const stage = await stageOf();

		stage.channel().deliver();
		const stopping = stage.consumer.stop();
		stage.channel().deliver();
		stage.finish(DONE);
		stage.finish(DONE);
		await stopping;

		expect(stage.channel().asked.slice(2)).toEqual(["cancel a-tag", "ack ..2", "close"]);
		expect([stage.consumer.isUp(), stage.warned, stage.channels.length]).toEqual([false, [], 1]);
	});

	test("of an ordered queue that stops stays the one in turn until its channel is over, and begins nothing more", async () => {
		const stage = await stageOf(ordered);

		stage.channel().deliver();
		const stopping = stage.consumer.stop();
		stage.channel().deliver();
		stage.finish(DONE);
		await stopping;

		expect(stage.handled).toHaveLength(1);
		expect(stage.channel().asked.slice(2)).toEqual(["ack ..1", "close"]);
	});

	test("that stops while something is in its way, or while it pauses, ends at once", async () => {
		const hindered = await stageOf(spec, { obstacle: new Promise(() => undefined) });
		const paused = await stageOf();
		paused.consumer.pause("database of cart");

		await hindered.consumer.stop();
		await paused.consumer.stop();

		expect([hindered.channels.length, paused.channels.length]).toEqual([0, 1]);
	});
});

describe("between its attempts", () => {
	/** The pauses that were asked for, which are over at once. */
	function pausesOver(): Parameters<typeof timers.setTimeout>[] {
		const asked: Parameters<typeof timers.setTimeout>[] = [];
		jest.spyOn(timers, "setTimeout").mockImplementation(async (...its) => {
			asked.push(its);
			await turn();
			return its[1];
		});
		return asked;
	}

	afterEach(() => jest.restoreAllMocks());

	const isInUpperHalf = (ms: unknown, full: number): boolean => Number(ms) >= full / 2 && Number(ms) <= full;

	test("to begin a consumer pauses, longer each time, and not when it stops", async () => {
		const pauses = pausesOver();
		const refusals = Array.from({ length: 8 }, () => new Error("no queue 'cart.settle'"));

		const stage = await stageOf(spec, { refusals });
		await until(() => stage.consumer.isUp());

		const fulls = [100, 200, 400, 800, 1_600, 3_000, 3_000, 3_000];
		expect(pauses.map(([ms], at) => isInUpperHalf(ms, fulls[at]!))).toEqual(fulls.map(() => true));
		expect(pauses.every(([, , options]) => options?.signal instanceof AbortSignal)).toBe(true);
	});

	test("to put a message into its delay queue it pauses, longer each time, and not when it stops", async () => {
		const pauses = pausesOver();
		const stage = await stageOf(spec, { verdicts: [RETRY], outcomes: [REFUSED, REFUSED, REFUSED] });

		stage.channel().deliver();
		await until(() => stage.channel().asked.includes("ack ..1"));

		expect(pauses.map(([ms], at) => isInUpperHalf(ms, 100 * 2 ** at))).toEqual([true, true, true]);
		expect(pauses.every(([, , options]) => options?.signal instanceof AbortSignal)).toBe(true);
	});

	test("a consumer of a silent queue waits five seconds for an answer, once, and keeps no process up by it", async () => {
		const stage = await stageOf();
		const pauses = pausesOver();

		stage.channel().answers = new Promise(() => undefined);
		await stage.consumer.stop();

		expect(stage.channel().asked.slice(2)).toEqual(["cancel a-tag", "close"]);
		expect(pauses.filter(([, value]) => value !== undefined)).toEqual([[5_000, false, { ref: false }]]);
	});

	test.each([
		["answered", Promise.resolve()],
		["refused", Promise.reject(new Error("Channel closed"))],
	])("a consumer whose cancel was %s waits until its channel is over", async (_, answer) => {
		const stage = await stageOf();
		const { answers, answer: end } = unanswered();
		let isOver = false;

		stage.channel().answers = answer;
		const stopping = stage.consumer.stop().then(() => (isOver = true));
		stage.channel().answers = answers;
		await turn();
		await turn();
		const before = isOver;
		end();
		await stopping;

		expect(before).toBe(false);
		expect(stage.channel().asked.slice(2)).toEqual(["cancel a-tag", "close"]);
	});
});
