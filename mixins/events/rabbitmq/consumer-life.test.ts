import type { RabbitmqConsumer } from "./consumer";
import {
	comes,
	consumerStage,
	DONE,
	ordered,
	spec,
	stopAll,
	turn,
	unanswered,
} from "../../../tests/mixins/consumer.stage";

afterEach(stopAll);

describe("a consumer", () => {
	test("begins anew when its channel is lost, and says why", async () => {
		const stage = await consumerStage();
		const before = stage.consumer.isUp();

		stage.channel().lost(new Error("Channel closed by server: 404"));
		const between = stage.consumer.isUp();
		await comes(() => stage.consumer.isUp());
		stage.channel().lost();
		await comes(() => stage.warned.length === 2);

		expect([before, between, stage.channels.length]).toEqual([true, false, 2]);
		expect(stage.channel().asked).toEqual(["prefetch 10", "consume cart.settle"]);
		expect(stage.warned).toEqual([
			"The consumer of cart.settle begins anew: Channel closed by server: 404",
			"The consumer of cart.settle begins anew: its channel was lost with the connection, or its queue was deleted",
		]);
	});

	test("gives its channel up when the queue is gone", async () => {
		const stage = await consumerStage();

		stage.channel().queueIsGone();

		expect(stage.channel().asked.at(-1)).toBe("close");
		expect(stage.consumer.isUp()).toBe(false);
	});

	test("whose channel ends in the same breath as it begins is not up", async () => {
		const { channels, answers, answer } = unanswered();

		const starting = consumerStage(spec, { channels, answers });
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
		const stage = await consumerStage();
		const { answers, answer } = unanswered();

		stage.answers = answers;
		stage.channel().lost();
		await comes(() => stage.channels.length === 2);
		const over = letGo(stage.consumer);
		answer();
		await over;
		await comes(() => stage.channel().asked.length === 3);

		expect(stage.channel().asked.at(-1)).toBe("close");
		expect(stage.consumer.isUp()).toBe(false);
		expect([stage.warned.length, stage.repaired]).toEqual([1, 0]);
	});

	test("that stops while it begins leaves what it gets meanwhile to others", async () => {
		const stage = await consumerStage();

		stage.answers = new Promise(() => undefined);
		stage.channel().lost();
		await comes(() => stage.channels.length === 2);
		const stopping = stage.consumer.stop();
		stage.channel().deliver();
		await stopping;

		expect(stage.handled).toEqual([]);
	});

	test("that stops while there is no connection opens no channel when there is one", async () => {
		let connect!: () => void;
		const up = new Promise<void>((resolve) => (connect = resolve));
		const stage = await consumerStage();

		stage.up = up;
		stage.channel().lost();
		await comes(() => stage.waitedForUp === 2);
		await stage.consumer.stop();
		connect();
		await turn();

		expect(stage.channels).toHaveLength(1);
	});

	test("keeps its new channel when the end of the old one is told late", async () => {
		const stage = await consumerStage();
		const [old] = stage.channels;

		stage.consumer.pause("database of cart");
		stage.consumer.resume();
		await comes(() => stage.channels.length === 2 && stage.consumer.isUp());
		old!.lost();

		expect(stage.consumer.isUp()).toBe(true);
	});

	test.each([
		[true, 1],
		[false, 0],
	])(
		"that can't begin says so, and what is missing is declared again where RabbitMQ is there: %s",
		async (isUp, times) => {
			const stage = await consumerStage(spec, { refusals: [new Error("no queue 'cart.settle'")], isUp });

			await comes(() => stage.consumer.isUp());

			expect(stage.warned).toEqual(["The consumer of cart.settle can't begin: no queue 'cart.settle'"]);
			expect(stage.repaired).toBe(times);
		},
	);

	test("waits until nothing is in the way", async () => {
		let clear!: () => void;
		const stage = await consumerStage(spec, { obstacle: new Promise<void>((resolve) => (clear = resolve)) });

		const before = [stage.channels.length, stage.consumer.isUp()];
		stage.obstacle = undefined;
		clear();
		await comes(() => stage.consumer.isUp());

		expect(before).toEqual([0, false]);
	});

	test("that pauses answers what it is done with, lets its channel go, and takes nothing until it goes on", async () => {
		const stage = await consumerStage(spec, { verdicts: [DONE] });
		const [channel] = stage.channels;

		channel!.deliver();
		// Its verdict is there then, and its acknowledgement waits for the end of the turn.
		await Promise.resolve();
		await Promise.resolve();
		await Promise.resolve();
		stage.consumer.pause("database of cart");
		stage.consumer.pause("queue cart.settle");
		channel!.deliver();
		const lacking = [stage.consumer.lacking(), stage.consumer.isUp()];
		await turn();
		const opened = stage.channels.length;
		stage.consumer.resume();
		await comes(() => stage.consumer.isUp());

		expect(lacking).toEqual(["database of cart", false]);
		expect(channel!.asked.slice(2)).toEqual(["ack ..1", "close"]);
		expect([stage.handled.length, opened, stage.channels.length]).toEqual([1, 1, 2]);
		expect([stage.consumer.lacking(), stage.warned]).toEqual([undefined, []]);
	});

	test("goes on that never paused", async () => {
		const stage = await consumerStage();

		stage.consumer.resume();

		expect(stage.consumer.isUp()).toBe(true);
	});

	test("that stops answers what is in work first, and takes what comes meanwhile", async () => {
		const stage = await consumerStage();

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
		const stage = await consumerStage(ordered);

		stage.channel().deliver();
		const stopping = stage.consumer.stop();
		stage.channel().deliver();
		stage.finish(DONE);
		await stopping;

		expect(stage.handled).toHaveLength(1);
		expect(stage.channel().asked.slice(2)).toEqual(["ack ..1", "close"]);
	});

	test("that stops while something is in its way, or while it pauses, ends at once", async () => {
		const hindered = await consumerStage(spec, { obstacle: new Promise(() => undefined) });
		const paused = await consumerStage();
		paused.consumer.pause("database of cart");

		await hindered.consumer.stop();
		await paused.consumer.stop();

		expect([hindered.channels.length, paused.channels.length]).toEqual([0, 1]);
	});
});
