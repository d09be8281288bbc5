import timers from "node:timers/promises";
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

		const stage = await consumerStage(spec, { refusals });
		await comes(() => stage.consumer.isUp());

		const fulls = [100, 200, 400, 800, 1_600, 3_000, 3_000, 3_000];
		expect(pauses.map(([ms], at) => isInUpperHalf(ms, fulls[at]!))).toEqual(fulls.map(() => true));
		expect(pauses.every(([, , options]) => options?.signal instanceof AbortSignal)).toBe(true);
	});

	test("to put a message into its delay queue it pauses, longer each time, and not when it stops", async () => {
		const pauses = pausesOver();
		const stage = await consumerStage(spec, { verdicts: [RETRY], outcomes: [REFUSED, REFUSED, REFUSED] });

		stage.channel().deliver();
		await comes(() => stage.channel().asked.includes("ack ..1"));

		expect(pauses.map(([ms], at) => isInUpperHalf(ms, 100 * 2 ** at))).toEqual([true, true, true]);
		expect(pauses.every(([, , options]) => options?.signal instanceof AbortSignal)).toBe(true);
	});

	test("a consumer of a silent queue waits five seconds for an answer, once, and keeps no process up by it", async () => {
		const stage = await consumerStage();
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
		const stage = await consumerStage();
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
