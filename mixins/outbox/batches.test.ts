import { asides } from "./asides";
import { batches } from "./batches";
import { lanes } from "./lanes";
import type { OutboxRow } from "./row";

const WRITTEN = "letters written";
const READ = "letters read";
const row = (seq: number, route = "written"): OutboxRow =>
	({ seq, partition: 0, aggregate_id: `a${seq}`, exchange: "letters", routing_key: route }) as OutboxRow;

/** Batches whose confirms come when the test says so. */
function opened() {
	const held = lanes();
	const aside = asides();
	const sent: { route: string; seqs: number[]; confirm(): void }[] = [];
	const nothingToTry: string[] = [];
	let ended = 0;
	const leaving = batches({
		held,
		aside,
		publish: (route, rows) => new Promise((confirm) => sent.push({ route, seqs: rows.map(({ seq }) => seq), confirm })),
		onEnd: () => ended++,
		onNothingToTry: (route) => nothingToTry.push(route),
	});
	return { held, aside, sent, nothingToTry, leaving, ends: () => ended };
}

test("what is held leaves in a batch for each route", () => {
	const { held, leaving, sent } = opened();
	for (const each of [row(1), row(2, "read"), row(3)]) held.add(each);

	leaving.start();

	expect(sent.map(({ route, seqs }) => [route, seqs])).toEqual([
		[WRITTEN, [1, 3]],
		[READ, [2]],
	]);
});

test("a batch has a thousand events at the most", () => {
	const { held, leaving, sent } = opened();
	for (let seq = 0; seq < 1_001; seq++) held.add(row(seq));

	leaving.start();

	expect(sent.map(({ seqs }) => seqs.length)).toEqual([1_000, 1]);
});

test("where one of eight has ended, one takes its place, and no more", async () => {
	const { held, leaving, sent } = opened();
	for (let seq = 0; seq < 8; seq++) {
		held.add(row(seq));
		leaving.start();
	}
	sent[0]!.confirm();
	await new Promise(setImmediate);

	for (const seq of [8, 9]) {
		held.add(row(seq));
		leaving.start();
	}

	expect(sent.map(({ seqs }) => seqs).at(-1)).toEqual([8]);
});

test("eight batches of one route are under way at once, and what comes meanwhile shares the next one", async () => {
	const { held, leaving, sent, ends } = opened();
	for (let seq = 0; seq < 10; seq++) {
		held.add(row(seq));
		leaving.start();
	}
	held.add(row(10, "read"));
	leaving.start();
	const before = sent.map(({ route }) => route);

	sent[0]!.confirm();
	await new Promise(setImmediate);
	const endsThen = ends();
	leaving.start();

	expect(before).toEqual([...Array.from({ length: 8 }, () => WRITTEN), READ]);
	expect(endsThen).toBe(1);
	expect(sent.at(-1)!.seqs).toEqual([8, 9]);
});

test("those that are under way are waited for", async () => {
	const { held, leaving, sent } = opened();
	held.add(row(1));
	held.add(row(2, "read"));
	leaving.start();
	let isOver = false;
	const over = leaving.ended().then(() => (isOver = true));

	sent[0]!.confirm();
	await new Promise(setImmediate);
	const between = isOver;
	sent[1]!.confirm();
	await over;

	expect([between, isOver]).toEqual([false, true]);
});

test("to a route that is aside nothing goes, and one event is kept for the next try", () => {
	const { held, aside, leaving, sent } = opened();
	aside.refused(WRITTEN);
	for (const each of [row(1), row(2), row(3, "read")]) held.add(each);

	leaving.start();

	expect(sent.map(({ route }) => route)).toEqual([READ]);
	expect(held.has(1)).toBe(true);
	expect(held.has(2)).toBe(false);
});

test("when it is time, one event is tried there", () => {
	const { held, aside, leaving, sent, nothingToTry } = opened();
	aside.refused(WRITTEN);
	held.add(row(1));
	held.add(row(2));

	aside.tryNow(WRITTEN);
	leaving.start();

	expect(sent.map(({ route, seqs }) => [route, seqs])).toEqual([[WRITTEN, [1]]]);
	expect(nothingToTry).toEqual([]);
});

test("while the try is under way, no other one is begun and nothing is kept for it", () => {
	const { held, aside, leaving, sent } = opened();
	aside.refused(WRITTEN);
	held.add(row(1));
	aside.tryNow(WRITTEN);
	leaving.start();

	held.add(row(2));
	leaving.start();

	expect(sent).toHaveLength(1);
	expect(held.has(2)).toBe(false);
});

test("where there is nothing to try a route with, that is told", () => {
	const { aside, leaving, sent, nothingToTry } = opened();
	aside.refused(WRITTEN);
	leaving.start();
	const before = [...nothingToTry];

	aside.tryNow(WRITTEN);
	leaving.start();

	expect(before).toEqual([]);
	expect(nothingToTry).toEqual([WRITTEN]);
	expect(sent).toEqual([]);
});
