import { ServiceBroker } from "moleculer";
import { runCommand, type ReplCommand } from "./command";
import { sagaCommands } from "./sagas";

const asked: { action: string; params: object }[] = [];
const story = {
	sagaId: "5b1f8a52-3d0a-4b8e-9a77-0c3c1a1f7a10",
	saga: "checkout",
	status: "NEEDS_OPERATOR",
	step: "capture the payment",
	direction: "do",
	attempts: 20,
	failureReason: "PAYMENT_UNAVAILABLE",
	lastError: { step: "capture the payment", reason: "PAYMENT_UNAVAILABLE", message: "it answers 503", at: new Date(0) },
	owner: null,
	deadlineAt: new Date(0),
	createdAt: new Date(0),
	correlationId: "c",
	data: { total: 1_999 },
	timeline: [
		{
			at: new Date(0),
			step: "capture the payment",
			direction: "do",
			attempt: 1,
			outcome: "STARTED",
			detail: {},
			node: "n",
		},
		{
			at: new Date(0),
			step: "capture the payment",
			direction: "do",
			attempt: 1,
			outcome: "RETRIED",
			detail: { by: "grace", reason: "the provider is back" },
			node: "n",
		},
	],
};

const broker = new ServiceBroker({ logger: false });
broker.createService({
	name: "orders",
	actions: Object.fromEntries(
		["sagas", "saga", "retrySaga", "skipSagaStep", "completeSaga"].map((action) => [
			action,
			(ctx: { params: object }) => {
				asked.push({ action, params: ctx.params });
				return action === "sagas" ? [story] : story;
			},
		]),
	),
});

beforeAll(() => broker.start());
afterAll(() => broker.stop());
beforeEach(() => asked.splice(0));

const commandOf = (name: string): ReplCommand => sagaCommands.find(({ usage }) => usage.split(" ")[0] === name)!;
const run = (name: string, ...words: string[]) => runCommand(commandOf(name), broker, words);

test("sagas lists those that fail, with their last error", async () => {
	const said = await run("sagas");

	expect(asked).toEqual([{ action: "sagas", params: { filter: "failing" } }]);
	expect(said).toContain("do capture the payment");
	expect(said).toContain("PAYMENT_UNAVAILABLE: it answers 503");
});

test("saga tells the story line by line, and what operators decided", async () => {
	const said = await run("saga", story.sagaId);

	expect(said).toContain('{"total":1999}');
	expect(said).toMatch(/RETRIED +grace: the provider is back/);
});

test.each([
	["saga-retry", "retrySaga", [], {}],
	["saga-skip", "skipSagaStep", ["--step", "capture the payment"], { step: "capture the payment" }],
	["saga-complete", "completeSaga", [], {}],
])("%s says who and why", async (name, action, options, more) => {
	await run(name, story.sagaId, "the", "provider", "is", "back", ...options);

	expect(asked).toEqual([
		{
			action,
			params: { sagaId: story.sagaId, by: expect.stringContaining("@"), reason: "the provider is back", ...more },
		},
	]);
});

test.each([
	["saga-retry", [story.sagaId], "Why?"],
	["saga-complete", [story.sagaId], "Why?"],
	["saga-skip", [story.sagaId, "because"], "Which step?"],
	["saga", [], "Which saga?"],
])("%s with %p is asked back, and nothing is done", async (name, words, question) => {
	await expect(run(name, ...words)).rejects.toThrow(question);
	expect(asked).toEqual([]);
});
