import { IllegalOperationError, type Message } from "amqplib";
import { acknowledgements, type Acknowledgements } from "./acknowledgements";

const delivery = (deliveryTag: number): Message => ({ fields: { deliveryTag } }) as Message;

/** The frames that were sent: "..3" for everything up to 3, "3" for it alone, "-3" for giving it back. */
function recorded(prefetch = 100): { sent: string[]; acks: Acknowledgements } {
	const sent: string[] = [];
	const ack = ({ fields }: Message, allUpTo?: boolean): void =>
		void sent.push(`${allUpTo ? ".." : ""}${fields.deliveryTag}`);
	const nack = ({ fields }: Message): void => void sent.push(`-${fields.deliveryTag}`);
	return { sent, acks: acknowledgements({ ack, nack }, prefetch) };
}

afterEach(() => jest.useRealTimers());

const turn = (): Promise<void> => new Promise(setImmediate);
const done = (acks: Acknowledgements, ...tags: number[]): void => tags.forEach((tag) => acks.done(delivery(tag)));

test("those that follow one another are acknowledged by one frame, however they were finished", async () => {
	const { sent, acks } = recorded();

	done(acks, 2, 1, 3);
	await turn();
	done(acks, 4);
	await turn();

	expect(sent).toEqual(["..3", "..4"]);
});

test("where nothing waits no time is kept", () => {
	jest.useFakeTimers();
	const { sent, acks } = recorded();

	done(acks, 1);
	jest.advanceTimersByTime(1);
	const left = jest.getTimerCount();
	done(acks, 3);
	acks.flush();

	expect(sent).toEqual(["..1", "3"]);
	expect([left, jest.getTimerCount()]).toEqual([0, 0]);
});

test("one that overtakes waits for those before it", async () => {
	const { sent, acks } = recorded();

	done(acks, 1, 3, 4);
	await turn();
	done(acks, 2);
	await turn();

	expect(sent).toEqual(["..1", "..4"]);
});

test("but not for longer than a moment, and is not acknowledged again with those before it", () => {
	jest.useFakeTimers();
	const { sent, acks } = recorded();

	done(acks, 3);
	jest.advanceTimersByTime(49);
	const before = [...sent];
	jest.advanceTimersByTime(2);
	done(acks, 1, 2);
	jest.advanceTimersByTime(1);

	expect(before).toEqual([]);
	expect(sent).toEqual(["3", "..2"]);
});

test("half the prefetch is never kept waiting", async () => {
	const { sent, acks } = recorded(4);

	done(acks, 2, 4);
	await turn();

	expect(sent).toEqual(["2", "4"]);
});

test("what is neither finished nor given back is never among those that a frame acknowledges", async () => {
	const { sent, acks } = recorded();

	done(acks, 1, 2, 4, 5);
	acks.flush();
	acks.giveBack(delivery(3));
	done(acks, 6);
	await turn();

	expect(sent).toEqual(["..2", "4", "5", "-3", "..6"]);
});

test("one that stays in hand makes nobody remember the thousands after it", async () => {
	const { sent, acks } = recorded(10);

	let most = 0;
	for (let tag = 2; tag <= 10_001; tag++) {
		if (tag % 3 === 0) acks.giveBack(delivery(tag));
		else done(acks, tag);
		if (tag % 5 === 0) await turn();
		most = Math.max(most, acks.remembered());
	}
	acks.flush();

	expect(most).toBeLessThanOrEqual(10);
	expect(acks.remembered()).toBe(1);
	expect(sent).toHaveLength(10_000);
	done(acks, 1);
	acks.flush();
	expect(sent.at(-1)).toBe("..1");
	expect(acks.remembered()).toBe(0);
});

test("of a channel that is gone nothing is acknowledged", async () => {
	const { sent, acks } = recorded();

	done(acks, 1, 3);
	const before = acks.remembered();
	acks.end();
	done(acks, 4);
	acks.giveBack(delivery(6));
	acks.flush();
	const after = acks.remembered();
	await turn();

	expect(sent).toEqual([]);
	expect([before, after]).toEqual([3, 3]);
});

test("a channel that is closing already ends it, before anybody is told that it is closed", async () => {
	let tried = 0;
	const refuse = (): never => {
		tried++;
		throw new IllegalOperationError("Channel closing", "");
	};
	const acks = acknowledgements({ ack: refuse, nack: refuse }, 100);

	done(acks, 1, 3);
	await turn();
	done(acks, 2);
	acks.giveBack(delivery(4));
	await turn();

	expect(acks.ended()).toBe(true);
	expect(tried).toBe(1);
});

test("of several that are acknowledged each by itself, the first one is told that the channel is closing", async () => {
	let tried = 0;
	const ack = (): never => {
		tried++;
		throw new IllegalOperationError("Channel closing", "");
	};
	const acks = acknowledgements({ ack, nack: ack }, 4);

	done(acks, 2, 4);
	await turn();

	expect(tried).toBe(1);
});

test("any other error is thrown", () => {
	const nack = (): never => {
		throw new TypeError("no message");
	};
	const acks = acknowledgements({ ack: () => undefined, nack }, 100);

	expect(() => acks.giveBack(delivery(1))).toThrow("no message");
	expect(acks.ended()).toBe(false);
});
