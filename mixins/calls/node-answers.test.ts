import { NodeAnswers } from "./node-answers";

test("a node of which nothing is known answers", () => {
	expect(new NodeAnswers().isAnswering("a", 0)).toBe(true);
});

test("a node that owes an answer for a second does not answer, until it has come", () => {
	const answers = new NodeAnswers();
	const tell = answers.asked("a", 100);

	expect(answers.isAnswering("a", 1_099)).toBe(true);
	expect(answers.isAnswering("a", 1_100)).toBe(false);
	expect(answers.isAnswering("b", 1_100)).toBe(true);
	tell("answered", 1_200);
	expect(answers.isAnswering("a", 1_200)).toBe(true);
});

test("who has answered something else since is at work on it", () => {
	const answers = new NodeAnswers();
	answers.asked("a", 0);
	answers.asked("a", 500)("answered", 900);

	expect(answers.isAnswering("a", 1_500)).toBe(true);
	expect(answers.isAnswering("a", 1_900)).toBe(false);
});

test("a node whose time ran out is avoided for a while, and each time for twice as long, up to a bound", () => {
	const answers = new NodeAnswers();
	const avoidedMs: number[] = [];
	let nowMs = 0;
	for (let times = 0; times < 6; times++) {
		answers.asked("a", nowMs)("timed out", nowMs);
		const sinceMs = nowMs;
		while (!answers.isAnswering("a", nowMs)) nowMs += 1_000;
		avoidedMs.push(nowMs - sinceMs);
	}

	expect(avoidedMs).toEqual([5_000, 10_000, 20_000, 40_000, 40_000, 40_000]);
});

test("calls that were made together run out of time together, and count once", () => {
	const answers = new NodeAnswers();
	const tell = [answers.asked("a", 0), answers.asked("a", 1), answers.asked("a", 2)];
	for (const each of tell) each("timed out", 100);

	expect(answers.isAnswering("a", 5_099)).toBe(false);
	expect(answers.isAnswering("a", 5_100)).toBe(true);
});

test("one refusal is nothing, two without an answer between them are", () => {
	const answers = new NodeAnswers();
	const refuse = (nowMs: number): void => answers.asked("a", nowMs)("refused", nowMs);

	refuse(0);
	expect(answers.isAnswering("a", 0)).toBe(true);
	answers.asked("a", 1)("answered", 1);
	refuse(2);
	expect(answers.isAnswering("a", 2)).toBe(true);
	refuse(3);
	expect(answers.isAnswering("a", 3)).toBe(false);
	expect(answers.isAnswering("a", 5_003)).toBe(true);
});

test("an answer clears a node at once", () => {
	const answers = new NodeAnswers();
	const late = answers.asked("a", 0);
	answers.asked("a", 0)("timed out", 500);

	expect(answers.isAnswering("a", 600)).toBe(false);
	late("answered", 700);
	expect(answers.isAnswering("a", 700)).toBe(true);
});

test("a node that has gone is forgotten, with what it owed", () => {
	const answers = new NodeAnswers();
	answers.asked("a", 0)("timed out", 0);
	const late = answers.asked("a", 0);

	answers.forget("a");
	late("timed out", 1);

	expect(answers.isAnswering("a", 2_000)).toBe(true);
});
