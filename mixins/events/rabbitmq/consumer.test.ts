import { BODY_BYTES_MAX, type Verdict } from "../transport";
import { comes, consumerStage, DONE, REFUSED, RETRY, spec, stopAll, turn } from "../../../tests/mixins/consumer.stage";

afterEach(stopAll);

describe("a delivery", () => {
	test("that its handler is done with is acknowledged", async () => {
		const stage = await consumerStage(spec, { verdicts: [DONE] });

		stage.channel().deliver();
		await comes(() => stage.channel().asked.length > 2);

		expect(stage.channel().asked).toEqual(["prefetch 10", "consume cart.settle", "ack ..1"]);
		expect(stage.handled).toMatchObject([{ queue: "cart.settle", routingKey: "order.placed", attempt: 1 }]);
		expect(stage.published).toEqual([]);
	});

	test.each<[string, Verdict | Error, string, string]>([
		["shall be tried again", RETRY, "cart.settle.retry.250", "NO_PAPER"],
		["is dead", { ...RETRY, kind: "dead" }, "cart.settle.dlq", "NO_PAPER"],
		["its handler throws at", new RangeError("Too far"), "cart.settle.retry.250", "RangeError"],
	])("that %s goes on, and then it is acknowledged", async (_, verdict, queue, code) => {
		const stage = await consumerStage(spec, { verdicts: [verdict] });

		stage.channel().deliver();
		await comes(() => stage.channel().asked.length > 2);

		expect(stage.published).toMatchObject([{ routingKey: queue, properties: { headers: { "x-error-code": code } } }]);
		expect(stage.channel().asked.at(-1)).toBe("ack ..1");
	});

	test("that is too large is dead, and no handler sees it", async () => {
		const stage = await consumerStage();

		stage.channel().deliver("x".repeat(BODY_BYTES_MAX + 1));
		await comes(() => stage.channel().asked.length > 2);

		expect(stage.handled).toEqual([]);
		expect(stage.published).toMatchObject([{ routingKey: "cart.settle.dlq" }]);
	});

	test("that is left stays unanswered", async () => {
		const stage = await consumerStage(spec, { verdicts: [{ kind: "left" }] });

		stage.channel().deliver();
		await turn();
		await turn();

		expect([stage.handled.length, stage.channel().asked.length, stage.published.length]).toEqual([1, 2, 0]);
	});

	test("is kept until its copy is taken, and what holds it up is said once", async () => {
		const stage = await consumerStage(spec, { verdicts: [RETRY, RETRY], outcomes: [REFUSED, REFUSED, REFUSED] });

		stage.channel().deliver();
		stage.channel().deliver();
		await comes(() => stage.channel().asked.includes("ack ..2") || stage.channel().asked.includes("ack ..1"));
		await comes(() => stage.published.length === 5);

		expect(stage.warned).toEqual([
			"Messages of cart.settle can't be put into cart.settle.retry.250 yet: RabbitMQ refused it",
		]);
		expect(stage.channel().asked.filter((each) => each.startsWith("nack"))).toEqual([]);
	});

	test("that is held up anew is told of anew", async () => {
		const stage = await consumerStage(spec, { verdicts: [RETRY, RETRY], outcomes: [REFUSED] });

		stage.channel().deliver();
		await comes(() => stage.channel().asked.includes("ack ..1"));
		stage.outcomes.push(REFUSED);
		stage.channel().deliver();
		await comes(() => stage.channel().asked.includes("ack ..2"));

		expect(stage.warned).toHaveLength(2);
	});

	test("whose copy nobody takes is given back when the consumer stops", async () => {
		const stage = await consumerStage(spec, { verdicts: [RETRY], outcomes: Array.from({ length: 99 }, () => REFUSED) });

		stage.channel().deliver();
		await comes(() => stage.published.length === 1);
		await stage.consumer.stop();

		expect(stage.channel().asked.slice(2)).toEqual(["cancel a-tag", "nack 1", "close"]);
	});

	test("whose channel is lost meanwhile is left to the next one", async () => {
		const stage = await consumerStage();
		const [channel] = stage.channels;

		channel!.deliver();
		channel!.lost();
		stage.finish(DONE);
		await comes(() => stage.channels.length === 2);
		await turn();

		expect(channel!.asked).toEqual(["prefetch 10", "consume cart.settle"]);
	});

	test("is not tried on with after its channel is lost", async () => {
		const stage = await consumerStage(spec, { verdicts: [RETRY], outcomes: [REFUSED] });

		stage.channel().deliver();
		stage.channel().lost();
		await comes(() => stage.channels.length === 2);
		await turn();

		expect(stage.published).toHaveLength(1);
	});

	test("of a channel that is lost is not begun", async () => {
		const stage = await consumerStage();

		stage.channel().lost();
		stage.channel().deliver();
		await turn();

		expect(stage.handled).toEqual([]);
	});
});
