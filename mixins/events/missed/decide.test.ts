import { decide, type Decision, type Known, type PublishedEvent } from "./decide";

/** Events a, b, c …, published so many seconds ago. */
const published = (...agesS: number[]): PublishedEvent[] =>
	agesS.map((ageS, index) => ({
		eventId: String.fromCodePoint(97 + index),
		publishedAt: `at ${ageS}`,
		ageMs: ageS * 1_000,
	}));
const known = (about: Partial<Record<"handled" | "failing", string>> & { empty?: boolean } = {}): Known => ({
	handled: new Set(about.handled ?? ""),
	failing: new Set(about.failing ?? ""),
	isQueueEmpty: about.empty ?? false,
});

const named = ({ missed, until }: Decision) => ({ missed: missed.map(({ eventId }) => eventId), until });

test("what is handled is done with", () => {
	expect(named(decide(published(20, 15), known({ handled: "ab" })))).toEqual({
		missed: [],
		until: { publishedAt: "at 15", eventId: "b" },
	});
});

test("an event that a later one has overtaken was missed", () => {
	expect(named(decide(published(20, 15), known({ handled: "b" })))).toEqual({
		missed: ["a"],
		until: { publishedAt: "at 15", eventId: "b" },
	});
});

test("an event beside which another of the same moment is handled may still be in somebody's hands", () => {
	expect(decide(published(15.5, 15), known({ handled: "b" }))).toEqual({ missed: [], until: undefined });
});

test("an event that fails is not missed, however long it takes", () => {
	expect(decide(published(300, 15), known({ handled: "b", failing: "a" }))).toMatchObject({ missed: [] });
});

test("behind a long queue nothing is missed: it waits", () => {
	expect(decide(published(5_000, 4_000), known())).toEqual({ missed: [], until: undefined });
});

test("an old event that is not even in the queue was missed, although nothing has come after it", () => {
	expect(named(decide(published(31), known({ empty: true })))).toMatchObject({ missed: ["a"] });
});

test("a young one in an empty queue may be in somebody's hands", () => {
	expect(decide(published(29), known({ empty: true }))).toEqual({ missed: [], until: undefined });
});

test("nothing is decided behind one that is open: it is looked at again", () => {
	const { missed, until } = decide(published(40, 20, 10), known({ handled: "a" }));

	expect(missed).toEqual([]);
	expect(until).toEqual({ publishedAt: "at 40", eventId: "a" });
});

test("nothing published, nothing decided", () => {
	expect(decide([], known({ empty: true }))).toEqual({ missed: [], until: undefined });
});
