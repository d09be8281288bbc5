import { areUpTo, pausesOver } from "../../../tests/support/pauses";
import {
	comes,
	consumerStage,
	REFUSED,
	RETRY,
	spec,
	stopAll,
	turn,
	unanswered,
} from "../../../tests/mixins/consumer.stage";

afterEach(stopAll);

describe("between its attempts", () => {
	afterEach(() => jest.restoreAllMocks());

	test("to begin a consumer pauses, longer each time, but not on when it stops", async () => {
		const pauses = pausesOver();
		const refusals = Array.from({ length: 8 }, () => new Error("no queue 'cart.settle'"));

		const stage = await consumerStage(spec, { refusals });
		await comes(() => stage.consumer.isUp());

		expect(areUpTo(pauses, [100, 200, 400, 800, 1_600, 3_000, 3_000, 3_000])).toBe(true);
		expect(pauses.every(({ isStoppable }) => isStoppable)).toBe(true);
	});

	test("to put a message into its delay queue it pauses, longer each time, but not on when it stops", async () => {
		const pauses = pausesOver();
		const stage = await consumerStage(spec, { verdicts: [RETRY], outcomes: [REFUSED, REFUSED, REFUSED] });

		stage.channel().deliver();
		await comes(() => stage.channel().asked.includes("ack ..1"));

		expect(areUpTo(pauses, [100, 200, 400])).toBe(true);
		expect(pauses.every(({ isStoppable }) => isStoppable)).toBe(true);
	});

	test("a consumer of a silent queue waits five seconds for an answer, once, and keeps no process up by it", async () => {
		const stage = await consumerStage();
		const pauses = pausesOver();

		stage.channel().answers = new Promise(() => undefined);
		await stage.consumer.stop();

		expect(stage.channel().asked.slice(2)).toEqual(["cancel a-tag", "close"]);
		expect(pauses.filter(({ value }) => value !== undefined)).toEqual([
			{ ms: 5_000, value: false, isStoppable: false, isKeeping: false },
		]);
	});

	test.each([
		["answered", () => Promise.resolve()],
		["refused", () => Promise.reject(new Error("Channel closed"))],
	])("a consumer whose cancel was %s waits until its channel is over", async (_, answer) => {
		const stage = await consumerStage();
		const { answers, answer: end } = unanswered();
		let isOver = false;

		stage.channel().answers = answer();
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
