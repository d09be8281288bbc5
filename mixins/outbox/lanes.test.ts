import { lanes } from "./lanes";
import type { OutboxRow } from "./row";

const WRITTEN = "letters written";
const READ = "letters read";
const row = (seq: number, aggregate: string, partition = 0, route = "written"): OutboxRow =>
	({ seq, partition, aggregate_id: aggregate, exchange: "letters", routing_key: route }) as OutboxRow;
const seqs = (rows: readonly OutboxRow[]): number[] => rows.map(({ seq }) => seq);

test("of each aggregate only the first is on its way, and the next goes when it was sent", () => {
	const held = lanes();
	const [a1, a2, b1] = [row(1, "a"), row(2, "a"), row(3, "b")];
	for (const each of [a1, a2, b1]) held.add(each);

	const first = held.take(WRITTEN, 10);
	const meanwhile = held.take(WRITTEN, 10);
	held.sent(a1);
	const next = held.take(WRITTEN, 10);

	expect(first).toEqual([a1, b1]);
	expect(meanwhile).toEqual([]);
	expect(next).toEqual([a2]);
});

test("what comes for an aggregate that has one on its way waits behind it", () => {
	const held = lanes();
	const a1 = row(1, "a");
	held.add(a1);
	held.take(WRITTEN, 10);

	held.add(row(2, "a"));
	const meanwhile = held.take(WRITTEN, 10);
	held.sent(a1);

	expect(meanwhile).toEqual([]);
	expect(seqs(held.take(WRITTEN, 10))).toEqual([2]);
});

test("no more are taken than asked for, those that are ready longest first", () => {
	const held = lanes();
	for (const each of [row(1, "a"), row(2, "b"), row(3, "c")]) held.add(each);

	expect(seqs(held.take(WRITTEN, 2))).toEqual([1, 2]);
	expect(seqs(held.take(WRITTEN, 2))).toEqual([3]);
});

test("an event is held until it is removed, not only until it is sent", () => {
	const held = lanes();
	const a1 = row(1, "a");
	held.add(a1);
	held.take(WRITTEN, 1);

	held.sent(a1);
	const afterSent = held.held();
	held.removed([1]);

	expect(afterSent).toEqual([1]);
	expect(held.size).toBe(0);
});

test("a forgotten lane goes with all that stands in it", () => {
	const held = lanes();
	for (const each of [row(1, "a"), row(2, "a"), row(3, "b")]) held.add(each);
	held.take(WRITTEN, 10);

	expect(seqs(held.forget("a"))).toEqual([1, 2]);
	expect(held.held()).toEqual([3]);
});

test("what is on its way is not forgotten with the rest of its partition, and what stood behind it may be read again", () => {
	const held = lanes();
	const a1 = row(1, "a", 5);
	for (const each of [a1, row(2, "a", 5), row(3, "b", 5), row(4, "c", 6)]) held.add(each);
	held.take(WRITTEN, 1);

	const forgotten = held.forgetIdle((partition) => partition === 5);
	held.add(row(2, "a", 5));
	held.sent(a1);

	expect(seqs(forgotten)).toEqual([2, 3]);
	expect(new Set(seqs(held.take(WRITTEN, 10)))).toEqual(new Set([2, 4]));
});

test("an aggregate of which something was forgotten since a read began is known until the next one", () => {
	const held = lanes();
	held.add(row(1, "a"));
	held.add(row(2, "b", 1));
	held.begin();

	held.forgetIdle((partition) => partition === 0);
	const meanwhile = ["a", "b"].map((aggregate) => held.isForgotten(aggregate));
	held.begin();

	expect(meanwhile).toEqual([true, false]);
	expect(held.isForgotten("a")).toBe(false);
});

test("where an event goes decides with which it is taken, and what stands behind it waits for it all the same", () => {
	const held = lanes();
	const a1 = row(1, "a", 0, "read");
	for (const each of [a1, row(2, "a"), row(3, "b")]) held.add(each);

	const routes = held.routes();
	const written = seqs(held.take(WRITTEN, 10));
	const read = seqs(held.take(READ, 10));
	held.sent(a1);

	expect([routes, written, read]).toEqual([[READ, WRITTEN], [3], [1]]);
	expect(seqs(held.take(WRITTEN, 10))).toEqual([2]);
});

test("what was not sent is the first of its lane again, and of those that wait so many are kept as are asked for", () => {
	const held = lanes();
	const a1 = row(1, "a");
	for (const each of [a1, row(2, "a"), row(3, "b"), row(4, "c", 0, "read")]) held.add(each);
	held.take(WRITTEN, 1);

	held.notSent(a1);
	held.forgetWaiting(WRITTEN, 1);

	expect(held.held()).toEqual([3, 4]);
	expect(held.isForgotten("a")).toBe(true);
	expect(seqs(held.take(WRITTEN, 10))).toEqual([3]);
});

test("of a route for which nothing is ready, nothing is forgotten", () => {
	const held = lanes();
	held.add(row(1, "a"));

	held.forgetWaiting(READ, 0);

	expect(held.held()).toEqual([1]);
});

test("a route is named as long as something is ready for it", () => {
	const held = lanes();
	held.add(row(1, "a"));
	held.add(row(2, "b", 0, "read"));
	const before = held.routes();

	held.take(WRITTEN, 10);

	expect(before).toEqual([WRITTEN, READ]);
	expect(held.routes()).toEqual([READ]);
});

test.each([
	["was not sent", (held: ReturnType<typeof lanes>, first: OutboxRow) => held.notSent(first), [1, 2]],
	["is sent", (held: ReturnType<typeof lanes>, first: OutboxRow) => held.sent(first), [2]],
])(
	"when the first of an aggregate %s, nothing of it is on its way, and what is left can be forgotten",
	(_, end, left) => {
		const held = lanes();
		const [a1, a2] = [row(1, "a"), row(2, "a")];
		for (const each of [a1, a2]) held.add(each);
		held.take(WRITTEN, 10);

		end(held, a1);

		expect(seqs(held.forgetIdle(() => true))).toEqual(left);
	},
);
