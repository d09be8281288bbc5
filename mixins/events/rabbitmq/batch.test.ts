import type { PublishOutcome } from "../transport";
import { batchOf } from "./batch";

const CONFIRMED: PublishOutcome = { confirmed: true };
const givenUp = (reason: string): PublishOutcome => ({ confirmed: false, reason });

test("of no messages there is nothing to wait for", async () => {
	expect(await batchOf(0).outcomes).toEqual([]);
});

test("the outcomes are known when the last one is, in the order of the messages", async () => {
	const batch = batchOf(3);
	const known = jest.fn();
	void batch.outcomes.then(known);

	batch.settle(2, CONFIRMED);
	batch.settle(0, givenUp("returned"));
	await new Promise(setImmediate);
	expect(known).not.toHaveBeenCalled();
	batch.settle(1, CONFIRMED);

	expect(await batch.outcomes).toEqual([givenUp("returned"), CONFIRMED, CONFIRMED]);
});

test("of one message the first outcome counts, and does not stand for another's", async () => {
	const batch = batchOf(2);
	const known = jest.fn();
	void batch.outcomes.then(known);

	batch.settle(0, givenUp("too slow"));
	batch.settle(0, CONFIRMED);
	await new Promise(setImmediate);
	expect(known).not.toHaveBeenCalled();
	batch.settle(1, CONFIRMED);

	expect(await batch.outcomes).toEqual([givenUp("too slow"), CONFIRMED]);
});

test("those from one on are given up together, but for what is known already", async () => {
	const batch = batchOf(4);

	batch.settle(0, CONFIRMED);
	batch.settle(2, CONFIRMED);
	batch.giveUpFrom(1, "closed");

	expect(await batch.outcomes).toEqual([CONFIRMED, givenUp("closed"), CONFIRMED, givenUp("closed")]);
});
