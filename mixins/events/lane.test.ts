import { lane, type LaneOptions, type Passenger } from "./lane";
import type { Verdict } from "./transport";

interface Letter extends Passenger {
	text: string;
}

const DONE: Verdict = { kind: "done" };
const failure = { code: "OUT_OF_INK", message: "The pen is dry", stack: undefined };

const letter = (text: string, aggregateId = text, attempt = 1): Letter => ({
	text,
	aggregateId,
	attempt,
	isSuspect: false,
});

/** A lane that remembers its transactions, e.g. ["a", "b c"]. Those with a poisonous letter fail. */
function recorded(options: Partial<LaneOptions<Letter>> & { poison?: Map<string, Verdict[]> } = {}) {
	const { poison = new Map<string, Verdict[]>(), ...rest } = options;
	const transactions: string[] = [];
	const gates: (() => void)[] = [];
	const remember = async (letters: readonly Letter[]): Promise<void> => {
		transactions.push(letters.map(({ text }) => text).join(" "));
		await new Promise<void>((resolve) => gates.push(resolve));
	};
	const on = lane<Letter>({
		batchMax: 50,
		async handleTogether(letters) {
			await remember(letters);
			if (letters.some(({ text }) => poison.has(text))) throw new Error("rolled back");
		},
		async handleAlone(one) {
			await remember([one]);
			return poison.get(one.text)?.shift() ?? DONE;
		},
		...rest,
	});
	return {
		lane: on,
		transactions,
		isWorking: () => gates.length > 0,
		/** Ends the transaction in work, and waits for what follows from that. */
		async commit() {
			gates.shift()!();
			await new Promise(setImmediate);
		},
	};
}

/** Ends transactions until none is in work. */
async function commitAll({ commit, isWorking }: ReturnType<typeof recorded>): Promise<void> {
	while (isWorking()) await commit();
}

test("a lone event waits for nobody; those that come meanwhile share the next transaction", async () => {
	const here = recorded();

	const verdicts = ["a", "b", "c", "d"].map((text) => here.lane.handle(letter(text)));
	expect(here.transactions).toEqual(["a"]);
	await commitAll(here);

	expect(here.transactions).toEqual(["a", "b c d"]);
	expect(await Promise.all(verdicts)).toEqual([DONE, DONE, DONE, DONE]);
});

test("full transactions that go well grow up to the limit", async () => {
	const here = recorded({ batchMax: 20 });

	const verdicts = Array.from({ length: 60 }, (_, n) => here.lane.handle(letter(String(n))));
	await commitAll(here);

	expect(here.transactions.map((texts) => texts.split(" ").length)).toEqual([1, 8, 16, 20, 15]);
	expect(await Promise.all(verdicts)).toHaveLength(60);
});

test("a transaction that fails is made again one by one, and only the guilty one is not done", async () => {
	const refused: Verdict = { kind: "dead", failure };
	const here = recorded({ poison: new Map([["c", [refused]]]) });

	const verdicts = ["a", "b", "c", "d"].map((text) => here.lane.handle(letter(text)));
	await commitAll(here);

	expect(here.transactions).toEqual(["a", "b c d", "b", "c", "d"]);
	expect(await Promise.all(verdicts)).toEqual([DONE, DONE, refused, DONE]);
});

test.each([
	[500, 16],
	[501, 4],
])("after a full transaction that took %d ms the next one has %d", async (ms, next) => {
	let now = 0;
	const clock = jest.spyOn(performance, "now").mockImplementation(() => now);
	const here = recorded();

	for (let n = 0; n < 40; n++) void here.lane.handle(letter(String(n)));
	await here.commit();
	now += ms;
	await here.commit();
	clock.mockRestore();
	await commitAll(here);

	expect(here.transactions.map((texts) => texts.split(" ").length).slice(0, 3)).toEqual([1, 8, next]);
});

test("one that has failed before goes alone", async () => {
	const here = recorded();

	for (const each of [letter("a"), letter("b"), letter("c", "c", 2), letter("d"), letter("e")]) {
		void here.lane.handle(each);
	}
	await commitAll(here);

	expect(here.transactions).toEqual(["a", "b", "c", "d e"]);
});

test("one that has failed before changes nothing for those that come long before it", async () => {
	const here = recorded({ batchMax: 2 });

	for (const text of ["a", "b", "c", "d"]) void here.lane.handle(letter(text));
	void here.lane.handle(letter("e", "e", 2));
	await commitAll(here);

	expect(here.transactions).toEqual(["a", "b c", "d", "e"]);
});

test("after a failed transaction fewer share the next ones", async () => {
	const here = recorded({ poison: new Map([["2", [{ kind: "retry", failure }]]]) });

	for (let n = 0; n < 40; n++) void here.lane.handle(letter(String(n)));
	await commitAll(here);

	const lengths = here.transactions.map((texts) => texts.split(" ").length);
	expect(lengths.slice(0, 11)).toEqual([1, 8, 1, 1, 1, 1, 1, 1, 1, 1, 4]);
});

test("a lane that stops finishes what is in work and leaves the rest", async () => {
	const here = recorded();
	const verdicts = ["a", "b", "c"].map((text) => here.lane.handle(letter(text)));

	here.lane.stop();
	await commitAll(here);
	verdicts.push(here.lane.handle(letter("d")));

	expect(here.transactions).toEqual(["a"]);
	expect(await Promise.all(verdicts)).toEqual([DONE, { kind: "left" }, { kind: "left" }, { kind: "left" }]);
});

describe("with retries in place", () => {
	const retry: Verdict = { kind: "retry", failure };

	beforeEach(() => jest.useFakeTimers({ doNotFake: ["setImmediate", "performance"] }));
	afterEach(() => jest.useRealTimers());

	test("an event that fails holds back its aggregate and nothing else", async () => {
		const here = recorded({ retriesInPlaceMs: [10, 20], poison: new Map([["a1", [retry, retry]]]) });

		const verdicts = [
			here.lane.handle(letter("a1", "a")),
			here.lane.handle(letter("a2", "a")),
			here.lane.handle(letter("b1", "b")),
			here.lane.handle(letter("a3", "a")),
		];
		await commitAll(here);
		verdicts.push(here.lane.handle(letter("a4", "a")));
		expect(here.transactions).toEqual(["a1", "b1"]);

		jest.advanceTimersByTime(10);
		await here.commit();
		jest.advanceTimersByTime(20);
		await here.commit();
		await here.commit();

		expect(here.transactions).toEqual(["a1", "b1", "a1", "a1", "a2 a3 a4"]);
		expect(await Promise.all(verdicts)).toEqual([DONE, DONE, DONE, DONE, DONE]);
	});

	test("those that wait behind one that failed are told of, with how long that is, and so is who comes later", async () => {
		const told: [string, number][] = [];
		const here = recorded({
			retriesInPlaceMs: [1_000],
			poison: new Map([["a1", [retry]]]),
			held: (letters, waitMs) => void told.push([letters.map(({ text }) => text).join(" "), waitMs]),
		});

		void here.lane.handle(letter("a1", "a"));
		void here.lane.handle(letter("b1", "b"));
		void here.lane.handle(letter("a2", "a"));
		await here.commit();
		void here.lane.handle(letter("a3", "a"));
		await commitAll(here);

		expect(told).toEqual([
			["a2", 1_000],
			["a3", 1_000],
		]);
	});

	test("where nothing waits behind one that failed, nobody is told", async () => {
		const held = jest.fn();
		const here = recorded({ retriesInPlaceMs: [10], poison: new Map([["a1", [retry]]]), held });

		void here.lane.handle(letter("a1", "a"));
		void here.lane.handle(letter("b1", "b"));
		await commitAll(here);

		expect(held).not.toHaveBeenCalled();
	});

	test("one that is tried again where it stands goes alone", async () => {
		const here = recorded({ retriesInPlaceMs: [10], poison: new Map([["a1", [retry]]]) });

		void here.lane.handle(letter("a1", "a"));
		await here.commit();
		void here.lane.handle(letter("b1", "b"));
		jest.advanceTimersByTime(10);
		void here.lane.handle(letter("c1", "c"));
		await commitAll(here);

		expect(here.transactions).toEqual(["a1", "b1", "a1", "c1"]);
	});

	test("who handles one alone is told how often it has failed where it stands", async () => {
		const failures: number[] = [];
		const verdicts = [retry, retry, DONE];
		const handleAlone = async (_one: Letter, failed: number): Promise<Verdict> => {
			failures.push(failed);
			return verdicts.shift()!;
		};
		const here = recorded({ retriesInPlaceMs: [10, 10], handleAlone });

		const verdict = here.lane.handle(letter("a"));
		await jest.advanceTimersByTimeAsync(20);

		expect(await verdict).toEqual(DONE);
		expect(failures).toEqual([0, 1, 2]);
	});

	test("what no attempt would change is dead at once", async () => {
		const dead: Verdict = { kind: "dead", failure };
		const here = recorded({ retriesInPlaceMs: [10], poison: new Map([["a1", [dead]]]) });

		const verdict = here.lane.handle(letter("a1", "a"));
		await here.commit();

		expect(await verdict).toEqual({ ...dead, inPlace: { attempts: 1, firstFailedAt: new Date() } });
	});

	test("the order survives a transaction that fails in the middle", async () => {
		const here = recorded({ retriesInPlaceMs: [10], poison: new Map([["a1", [retry]]]) });

		for (const text of ["x", "b1", "a1", "b2", "a2"]) void here.lane.handle(letter(text, text[0]));
		await here.commit();
		void here.lane.handle(letter("a3", "a"));
		await commitAll(here);
		jest.advanceTimersByTime(10);
		await here.commit();
		await here.commit();

		expect(here.transactions).toEqual(["x", "b1 a1 b2 a2", "b1", "a1", "b2", "a1", "a2 a3"]);
	});

	test("after the last attempt it is dead with all of them, and the next goes on", async () => {
		const startedAt = new Date();
		const here = recorded({ retriesInPlaceMs: [10], poison: new Map([["a1", [retry, retry]]]) });

		const first = here.lane.handle(letter("a1", "a"));
		const second = here.lane.handle(letter("a2", "a"));
		await here.commit();
		jest.advanceTimersByTime(10);
		await here.commit();
		await here.commit();

		expect(await first).toEqual({ kind: "dead", failure, inPlace: { attempts: 2, firstFailedAt: startedAt } });
		expect(await second).toEqual(DONE);
	});

	test("a lane that stops leaves what waits for its next attempt, and what waits behind it", async () => {
		const here = recorded({ retriesInPlaceMs: [10], poison: new Map([["a1", [retry]]]) });
		const verdicts = [here.lane.handle(letter("a1", "a")), here.lane.handle(letter("a2", "a"))];
		await here.commit();

		here.lane.stop();
		here.lane.stop();

		expect(await Promise.all(verdicts)).toEqual([{ kind: "left" }, { kind: "left" }]);
		expect(jest.getTimerCount()).toBe(0);
	});
});
